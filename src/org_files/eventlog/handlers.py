"""The logging handler that writes records to the table of the event log.

``LOGGING`` names it, so this module is imported before models are.
"""

import logging
import math
import os
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import sleep
from typing import Any

from django import db
from django.apps import apps
from django.core.exceptions import AppRegistryNotReady
from django.db import connections
from django.db.transaction import atomic

from org_files.eventlog import checks  # noqa: F401, reports a handler without its app
from org_files.eventlog.masking import MaskSecrets, mask
from org_files.events import EVENTS

#: Attributes of an event that are columns of the same name.
COLUMNS = (
    *("event", "outcome", "actor", "object_type", "object_id"),
    *("organization", "address", "request_id"),
)
#: Characters of a message, with its traceback.
MAX_MESSAGE = 20_000
#: Errors of a row that the database will never take.
ROW_ERRORS = (db.DataError, db.IntegrityError, ValueError, TypeError)

#: Rows of one INSERT.
BATCH_SIZE = 500
#: Seconds: the longest pause between two tries, the longest wait of ``flush``, and the time without
#: records after which the thread closes its database connection.
MAX_RETRY_DELAY = 5.0
FLUSH_TIMEOUT = 5.0
IDLE = 10.0

_secrets = MaskSecrets()

# ``is_writer`` is true in a thread that writes: its own records are not taken.
_local = threading.local()


class DatabaseHandler(logging.Handler):
    """Writes records of ``org_files`` and the loggers below it to the event log's table.

    A thread inserts them in batches, after it has collected them for ``interval`` seconds, so that
    no request waits for the table or fails with it. While the database fails, at most ``capacity``
    records are kept; later ones are dropped, and their number is written to stderr. Secrets are
    masked.
    """

    def __init__(
        self, level: int | str = logging.NOTSET, *, capacity: int = 10_000, interval: float = 0.5
    ) -> None:
        super().__init__(level)
        self.capacity = capacity
        self.interval = interval
        self.addFilter(_is_taken)
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        # Records are appended under the handler's lock, and removed under ``_writing``.
        self._queue: deque[dict[str, Any]] = deque()
        # Reentrant: a signal handler may log while this thread notifies.
        self._added = threading.Condition(threading.RLock())
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._dropped = self._reported = 0
        self._error = ""

    def _forget_parent(self) -> None:
        """Start anew in a forked process: the parent writes its own queue."""
        if self._pid != os.getpid():
            self._reset()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record."""
        self._forget_parent()
        _secrets.filter(record)
        if len(self._queue) >= self.capacity:
            self._dropped += 1
            return
        self._queue.append(values_of(record))
        with self._added:
            self._added.notify_all()
        if self._thread is None or not self._thread.is_alive():
            self._thread = _started(self._run)

    def flush(self) -> None:
        """Return when the queue is written, or when the database does not take it."""
        self._forget_parent()
        if not self._queue:
            return
        # A thread, because a database may hang, and because this one may be in a transaction.
        if thread := _started(self._flush):
            thread.join(FLUSH_TIMEOUT)
        else:
            # This thread's connection is the caller's: it stays open.
            self._write_queue()

    def close(self) -> None:
        """Write the queue, and report how many records could not be written."""
        self.flush()
        self._report_lost(len(self._queue))
        super().close()

    def _run(self) -> None:
        delay = self.interval
        while True:
            with self._added:
                is_idle = not self._added.wait_for(lambda: len(self._queue), IDLE)
            if is_idle:
                connections.close_all()
                continue
            sleep(delay)
            delay = self.interval if self._write_queue() else min(2 * delay, MAX_RETRY_DELAY)

    def _flush(self) -> None:
        try:
            self._write_queue()
        finally:
            connections.close_all()

    def _write_queue(self) -> bool:
        """Insert all records in batches; return whether the database took them."""
        if not self._writing.acquire(timeout=FLUSH_TIMEOUT):
            return False
        _local.is_writer = True
        try:
            while self._queue:
                if not self._write_batch():
                    return False
            return True
        finally:
            _local.is_writer = False
            self._writing.release()

    def _write_batch(self) -> bool:
        # By index, because other threads append meanwhile.
        batch = [self._queue[index] for index in range(min(len(self._queue), BATCH_SIZE))]
        lost, before = 0, self._error
        try:
            lost = insert(batch)
        except AppRegistryNotReady:
            return False
        except Exception as error:  # noqa: BLE001, the thread must not end
            self._error = _text_of(error)
            if not before:
                _report(f"entries wait for the database. {self._error}")
            return False
        else:
            self._error = ""
            for _ in batch:
                self._queue.popleft()
            return True
        finally:
            self._report_lost(lost)

    def _report_lost(self, count: int) -> None:
        dropped = self._dropped
        count += dropped - self._reported
        self._reported = dropped
        if count:
            _report(f"{count} entries were lost. {self._error}".rstrip())


def _is_taken(record: logging.LogRecord) -> bool:
    is_ours = record.name.partition(".")[0] == "org_files"
    return is_ours and not getattr(_local, "is_writer", False)


def _started(target: Any) -> threading.Thread | None:
    """Return a thread that runs ``target``; ``None`` while the interpreter is shutting down."""
    thread = threading.Thread(target=target, name="org_files_eventlog", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread


def _text_of(error: Exception) -> str:
    text = ""
    with suppress(Exception):
        text = str(error)
    return mask(f"{type(error).__name__}: {text}".strip())


def _report(text: str) -> None:
    # A daemon may have closed stderr.
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"org_files.eventlog: {text}\n")


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

    db.close_old_connections()
    try:
        entries = [LogEntry(**_storable_row(LogEntry, values)) for values in batch]
        try:
            LogEntry.objects.bulk_create(entries)
        except ROW_ERRORS:
            using = db.router.db_for_write(LogEntry)
            with atomic(using=using):
                return sum(not _is_inserted(entry, using) for entry in entries)
        return 0
    finally:
        # DEBUG would keep every statement of the thread.
        db.reset_queries()
        db.close_old_connections()


def _is_inserted(entry: Any, using: str) -> bool:
    try:
        with atomic(using=using):
            entry.save(using=using, force_insert=True)
    except ROW_ERRORS:
        return False
    return True


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
