"""Log records as rows of the event log's table."""

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

#: Attributes of an event that are columns of the same name.
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

#: Characters of a message, with its traceback.
MAX_MESSAGE = 20_000

#: Errors of a row that the database will never take.
ROW_ERRORS = (DataError, IntegrityError, ValueError, TypeError)


def values_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the values of a row, by column."""
    name = vars(record).get("event")
    # Any library may use the attribute, for instance for a dictionary.
    event = vars(record) if isinstance(name, str) and name in EVENTS else {}
    message = record.getMessage()
    return {
        "created_at": record.created,
        "level": record.levelno,
        "logger": record.name,
        "message": f"{message}\n{record.exc_text}" if record.exc_text else message,
        "details": event.get("details", {}),
        **{name: event.get(name, "") for name in COLUMNS},
    }


def insert(batch: Sequence[dict[str, Any]]) -> int:
    """Insert rows; return how many of them the database will never take.

    Raises ``django.db.Error`` where the database fails, and ``AppRegistryNotReady`` before apps are
    loaded; nothing is inserted then.
    """
    if not apps.ready:
        raise AppRegistryNotReady
    if not apps.is_installed("org_files.eventlog"):
        return 0
    from org_files.eventlog.models import LogEntry

    close_old_connections()
    try:
        entries = [LogEntry(**_storable_row(LogEntry, values)) for values in batch]
        try:
            LogEntry.objects.bulk_create(entries)
        except ROW_ERRORS:
            return _insert_each(entries, router.db_for_write(LogEntry))
        return 0
    finally:
        # DEBUG would keep every statement of the thread.
        reset_queries()
        close_old_connections()


def _insert_each(entries: Sequence[Any], using: str) -> int:
    lost = 0
    with transaction.atomic(using=using):
        for entry in entries:
            try:
                with transaction.atomic(using=using):
                    entry.save(using=using, force_insert=True)
            except ROW_ERRORS:
                lost += 1
    return lost


def _storable_row(model: Any, values: dict[str, Any]) -> dict[str, Any]:
    texts = {
        name: _storable_text(values[name])[: model._meta.get_field(name).max_length]
        for name in ("logger", *COLUMNS)
    }
    return values | {
        "created_at": datetime.fromtimestamp(values["created_at"], UTC),
        "message": _storable_text(values["message"][:MAX_MESSAGE]),
        "details": _storable(values["details"]),
        **texts,
    }


def _storable(value: Any) -> Any:
    """Return a value as JSON without NUL and lone surrogates, which databases refuse."""
    if isinstance(value, dict):
        return {_storable_text(str(key)): _storable(item) for key, item in value.items()}
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
