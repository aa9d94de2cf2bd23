"""Records as rows."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import AppRegistryNotReady
from django.db import (
    DataError,
    IntegrityError,
    close_old_connections,
    reset_queries,
    router,
    transaction,
)

from org_files.events import EVENTS

__all__ = ["insert", "is_installed", "values_of"]

APP = "org_files_eventlog"

#: What of an event becomes a column of the same name.
COLUMNS = (
    "event",
    "outcome",
    "actor",
    "object_type",
    "object_id",
    "organization",
    "address",
    "request_id",
)

#: Characters of a message, a traceback included.
LONGEST_MESSAGE = 20_000

#: What a database says of a row that it will never take.
UNWRITABLE = (DataError, IntegrityError, ValueError, TypeError)


def is_installed() -> bool:
    """Return whether there is a table, or may be one once apps are loaded."""
    return not apps.ready or APP in apps.app_configs


def values_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a row is made of, taken while the record is as it was made."""
    said = record.__dict__
    message = record.getMessage()
    values: dict[str, Any] = {
        "created_at": record.created,
        "level": record.levelno,
        "logger": record.name,
        "message": f"{message}\n{record.exc_text}" if record.exc_text else message,
    }
    if said.get("event") in EVENTS:
        values |= {name: said[name] for name in COLUMNS}
        values["details"] = said["details"]
    return values


def insert(batch: Sequence[dict[str, Any]]) -> int:
    """Insert rows; return how many of them no database would take.

    Raises ``django.db.Error`` where the database fails, and ``AppRegistryNotReady`` where there are
    no models yet; nothing is inserted then.
    """
    if not apps.ready:
        raise AppRegistryNotReady
    if not is_installed():
        return 0
    from org_files.eventlog.models import LogEntry

    meta: Any = LogEntry._meta
    limits = {name: meta.get_field(name).max_length for name in ("logger", *COLUMNS)}
    close_old_connections()
    try:
        entries = [LogEntry(**_row(values, limits)) for values in batch]
        try:
            LogEntry.objects.bulk_create(entries)
        except UNWRITABLE:
            return _insert_each(LogEntry, entries)
        return 0
    finally:
        # Of DEBUG, which would keep every statement of this thread.
        reset_queries()
        close_old_connections()


def _insert_each(model: Any, entries: Sequence[Any]) -> int:
    lost = 0
    using = router.db_for_write(model)
    with transaction.atomic(using=using):
        for entry in entries:
            try:
                with transaction.atomic(using=using):
                    entry.save(using=using, force_insert=True)
            except UNWRITABLE:
                lost += 1
    return lost


def _row(values: dict[str, Any], limits: dict[str, int]) -> dict[str, Any]:
    return {
        "created_at": datetime.fromtimestamp(values["created_at"], UTC),
        "level": values["level"],
        "message": _storable_text(values["message"][:LONGEST_MESSAGE]),
        "details": _storable(values.get("details", {})),
        **{name: _storable_text(values.get(name, ""))[:limit] for name, limit in limits.items()},
    }


def _storable(value: Any) -> Any:
    """Return what every database has a form for: in JSON, and without NUL and lone surrogates."""
    if isinstance(value, dict):
        return {_storable(str(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_storable(item) for item in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _storable_text(str(value))


def _storable_text(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
