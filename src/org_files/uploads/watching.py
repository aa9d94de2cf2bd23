"""A thread that ends requests that append: slow ones, and those that another one waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, connections, router

from org_files.db.rows import all_rows
from org_files.models import Upload
from org_files.uploads.settings import upload_settings

#: Seconds between two looks.
INTERVAL = 1.0

#: Seconds over which the rate of a request is measured.
WINDOW = 10


class Watched:
    """One request that reads a body.

    ``stop`` makes a read that waits return what has arrived; ``None`` where no server offers that.
    """

    def __init__(self, pk: Any, writer: int, stop: Callable[[], None] | None) -> None:
        self.pk = pk
        self.writer = writer
        self.stop = stop
        #: Whether another request waits, or the session has ended.
        self.is_ended = False
        self.is_slow = False
        self._rate = upload_settings().min_rate
        self._since = time.monotonic()
        self._received = 0

    def received(self, size: int) -> None:
        """Count bytes that have arrived."""
        self._received += size

    def measure(self) -> None:
        """Set ``is_slow`` once a whole window had too few bytes."""
        seconds = time.monotonic() - self._since
        if self._rate is not None and seconds >= WINDOW:
            self.is_slow = self.is_slow or self._received < self._rate * seconds
            self._since, self._received = time.monotonic(), 0


_watched: set[Watched] = set()
_lock = threading.Lock()
_thread: threading.Thread | None = None


@contextmanager
def watch(pk: Any, writer: int, stop: Callable[[], None] | None) -> Iterator[Watched]:
    """Watch the request that is the writer with that number of the session ``pk``."""
    global _thread
    each = Watched(pk, writer, stop)
    with _lock:
        _watched.add(each)
        if _thread is None:
            _thread = threading.Thread(target=_run, name="org_files_uploads", daemon=True)
            _thread.start()
    try:
        yield each
    finally:
        with _lock:
            _watched.discard(each)


def _run() -> None:
    """Look at requests until there is none to watch."""
    global _thread
    alias = router.db_for_write(Upload)
    try:
        while True:
            time.sleep(INTERVAL)
            with _lock:
                if not _watched:
                    _thread = None
                    return
                watched = list(_watched)
            _look_at(watched)
    finally:
        connections[alias].close()


def _look_at(watched: list[Watched]) -> None:
    writers: dict[Any, int] | None = None
    # A database that does not answer ends no upload.
    with suppress(DatabaseError):
        rows = all_rows(Upload).filter(
            pk__in={each.pk for each in watched}, is_complete=False, is_wanted=False
        )
        writers = dict(rows.values_list("pk", "writer"))
    for each in watched:
        each.measure()
        each.is_ended = writers is not None and writers.get(each.pk) != each.writer
        if (each.is_ended or each.is_slow) and each.stop is not None:
            each.stop()
