"""The handler that writes records to the table, beside the requests that they are of.

A site's LOGGING names it, so this module is imported before there are any models.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import Any
from weakref import WeakSet

from django.core.exceptions import AppRegistryNotReady
from django.db import Error as DatabaseFailure
from django.db import connections

from org_files.eventlog.entries import insert, is_installed, values_of
from org_files.eventlog.masking import MaskSecrets, mask

__all__ = ["DatabaseHandler"]

#: Rows that one statement inserts.
BATCH_SIZE = 500

#: Seconds: the longest wait between two tries, of the thread for work, and of ``flush``.
RETRY_AFTER = 5.0
IDLE = 5.0
FLUSH_TIMEOUT = 5.0

_secrets = MaskSecrets()

# Whether the thread that asks is one that writes: what it logs meanwhile is not for the table.
_local = threading.local()


class DatabaseHandler(logging.Handler):
    """Writes what ``org_files`` and the loggers below it say to the table, within a second.

    A thread of its own does, in batches, so that no request waits for it or fails with it; it
    collects for ``interval`` seconds. While the database takes nothing, ``capacity`` records are
    kept; what comes then is dropped, and stderr is told how many. Secrets are masked. Records of
    other loggers are not taken.
    """

    def __init__(
        self, level: int | str = logging.NOTSET, *, capacity: int = 10_000, interval: float = 0.5
    ) -> None:
        super().__init__(level)
        self.capacity = capacity
        self.interval = interval
        self.begin()
        _handlers.add(self)

    def begin(self) -> None:
        """Forget everything: in a process forked from another, whose thread writes it there."""
        self._changed = threading.Condition()
        self._waiting: deque[dict[str, Any]] = deque()
        self._thread: threading.Thread | None = None
        self._taken = self._written = self._dropped = 0
        self._failures = self._flushing = 0
        self._error = ""

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record, without the lock that other handlers need."""
        is_ours = record.name == "org_files" or record.name.startswith("org_files.")
        if not is_ours or getattr(_local, "writes", False):
            return False
        passed = self.filter(record)
        if passed:
            # From Python 3.12 on a filter may put another record in the place of this one.
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Put a record where the thread finds it."""
        if not is_installed():  # a system check says so
            return
        # Whatever filters of the site's have made of it.
        _secrets.filter(record)
        values = values_of(record)
        with self._changed:
            if len(self._waiting) >= self.capacity:
                self._dropped += 1
                return
            self._waiting.append(values)
            self._taken += 1
            # Not for each: the thread would come between the request's own work each time.
            if self._thread is None or len(self._waiting) in (1, BATCH_SIZE):
                self._wake()

    def flush(self) -> None:
        """Return when what is waiting has been written, or when it cannot be."""
        if getattr(_local, "writes", False):
            return
        with self._changed:
            if not self._waiting:
                return
            has_thread = self._wake()
            if has_thread:
                goal, failures = self._taken, self._failures
                self._flushing += 1
                self._changed.wait_for(
                    lambda: self._written >= goal or self._failures > failures, FLUSH_TIMEOUT
                )
                self._flushing -= 1
        if not has_thread:
            self._write_here()

    def close(self) -> None:
        """Write what is waiting, and say how much of it could not be."""
        self.flush()
        with self._changed:
            lost = len(self._waiting) + self._take_dropped()
        self._say_lost(lost)
        super().close()

    def _wake(self) -> bool:
        """Have the thread look; return whether there is one. Needs the lock."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="org_files_eventlog", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # Python is at its end, and begins none
                return False
            self._thread = thread
        self._changed.notify_all()
        return True

    def _run(self) -> None:
        """Write, until nothing has come for a while: an idle site has no thread of this kind."""
        _local.writes = True
        delay = self.interval
        try:
            while self._collect(delay):
                delay = self.interval if self._write() else min(2 * delay, RETRY_AFTER)
        finally:
            with self._changed:
                if self._thread is threading.current_thread():  # not as planned
                    self._thread = None
                    self._failures += 1
                    self._changed.notify_all()
            connections.close_all()

    def _write_here(self) -> None:
        _local.writes = True
        try:
            while self._waiting and self._write():
                pass
        finally:
            _local.writes = False

    def _collect(self, delay: float) -> bool:
        """Wait for records, and then for more of them; return whether there are any."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._waiting), IDLE):
                # With the lock: whoever adds one now begins another thread.
                self._thread = None
                return False
            is_retry = delay > self.interval
            self._changed.wait_for(
                lambda: bool(self._flushing) or (not is_retry and len(self._waiting) >= BATCH_SIZE),
                delay,
            )
            return True

    def _write(self) -> bool:
        """Write the oldest records; return whether the database took them."""
        with self._changed:
            batch = list(islice(self._waiting, BATCH_SIZE))
        lost = 0
        failure: Exception | None = None
        try:
            lost = insert(batch)
        except (DatabaseFailure, AppRegistryNotReady) as error:
            failure = error
        before, is_down = self._error, isinstance(failure, DatabaseFailure)
        with self._changed:
            if failure is None:
                for _ in batch:
                    self._waiting.popleft()
                self._written += len(batch)
                self._error = ""
            else:
                self._failures += 1
                self._error = _text_of(failure) if is_down else ""
            lost += self._take_dropped()
            self._changed.notify_all()
        # Without the lock, which requests want: stderr may be slow.
        if is_down and not before:
            _say(f"entries wait for the database. {self._error}")
        self._say_lost(lost)
        return failure is None

    def _take_dropped(self) -> int:
        dropped, self._dropped = self._dropped, 0
        return dropped

    def _say_lost(self, count: int) -> None:
        if count:
            _say(f"{count} entries were lost. {self._error}".rstrip())


def _text_of(error: Exception) -> str:
    return mask(f"{type(error).__name__}: {error}".strip())


def _say(text: str) -> None:
    # Where a daemon has none, or has closed it, nobody can be told.
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"org_files.eventlog: {text}\n")


_handlers: WeakSet[DatabaseHandler] = WeakSet()


def _after_fork() -> None:
    for handler in _handlers:
        handler.begin()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_after_fork)
