"""The logging handler that writes records to the table of the event log.

``LOGGING`` names it, so this module is imported before models are.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from contextlib import suppress
from time import sleep
from typing import Any

from django.core.exceptions import AppRegistryNotReady
from django.db import connections

from org_files.eventlog import checks  # noqa: F401, reports a handler without its app
from org_files.eventlog.entries import insert, values_of
from org_files.eventlog.masking import MaskSecrets, mask

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
            self._wait_for_records()
            sleep(delay)
            delay = self.interval if self._write_queue() else min(2 * delay, MAX_RETRY_DELAY)

    def _wait_for_records(self) -> None:
        with self._added:
            if self._added.wait_for(lambda: bool(self._queue), IDLE):
                return
        connections.close_all()
        with self._added:
            self._added.wait_for(lambda: bool(self._queue))

    def _flush(self) -> None:
        try:
            self._write_queue()
        finally:
            connections.close_all()

    def _write_queue(self) -> bool:
        """Insert all records in batches; return whether the database took them."""
        if not self._writing.acquire(timeout=FLUSH_TIMEOUT):
            return False
        try:
            _local.is_writer = True
            is_written = True
            while self._queue and is_written:
                is_written = self._write_batch()
            return is_written
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
