"""A thread that ends requests which wait for bytes: stalled, slow or superseded ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, connections, router

from org_files.models import Upload
from org_files.uploads.settings import upload_settings

#: Seconds between two looks. A request that has been waiting for one is looked at.
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
        self.is_slow = False
        self._rate = upload_settings().min_rate
        self._since = self.last = time.monotonic()
        self._received = 0

    def received(self, size: int) -> None:
        """Count bytes that have arrived."""
        self.last = time.monotonic()
        self._received += size
        self.measure()

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
    if stop is None:
        yield each
        return
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
    """Look at waiting requests until there is none to watch."""
    global _thread
    alias = router.db_for_read(Upload)
    try:
        while True:
            time.sleep(INTERVAL)
            with _lock:
                if not _watched:
                    _thread = None
                    return
                waiting = [each for each in _watched if time.monotonic() - each.last > INTERVAL]
            if waiting:
                _look_at(waiting)
    finally:
        connections[alias].close()


def _look_at(waiting: list[Watched]) -> None:
    writers: dict[Any, int] = {}
    # A database that does not answer ends no upload.
    with suppress(DatabaseError):
        rows = Upload.objects.filter(pk__in=[each.pk for each in waiting], is_complete=False)
        writers = dict(rows.values_list("pk", "writer"))
        for each in waiting:
            each.measure()
            if (each.is_slow or writers.get(each.pk) != each.writer) and each.stop:
                each.stop()
