"""A thread that ends requests that append: slow ones, and those that another one waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connections, router

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

    def __init__(self, upload: Upload, stop: Callable[[], None] | None) -> None:
        # Primary keys are not the same in each schema, and the thread may see another one.
        self.public_id = upload.public_id
        self.writer = upload.writer
        self.stop = stop
        #: Whether the thread has seen the row, which its connection may not show.
        self.is_known = False
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
def watch(upload: Upload, stop: Callable[[], None] | None) -> Iterator[Watched]:
    """Watch the request that is the writer of ``upload``."""
    global _thread
    each = Watched(upload, stop)
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
        connections[router.db_for_write(Upload)].close()
        with _lock:
            # After an error, the next request begins another thread.
            if _thread is threading.current_thread():
                _thread = None


def _look_at(watched: list[Watched]) -> None:
    writers = _writers({each.public_id for each in watched})
    for each in watched:
        each.measure()
        if writers is not None:
            each.is_known = each.is_known or each.public_id in writers
            each.is_ended = each.is_known and writers.get(each.public_id) != each.writer
        if (each.is_ended or each.is_slow) and each.stop is not None:
            with _lock:
                # The next request of its connection is not to be ended in its place.
                if each in _watched:
                    each.stop()


def _writers(public_ids: set[str]) -> dict[str, int | None] | None:
    """Return the writers of sessions that may go on, ``None`` if the database does not answer."""
    rows = all_rows(Upload).filter(public_id__in=public_ids)
    columns = ("public_id", "writer", "is_complete", "is_wanted")
    try:
        return {
            public_id: None if is_complete or is_wanted else writer
            for public_id, writer, is_complete, is_wanted in rows.values_list(*columns)
        }
    except (DatabaseError, InterfaceError):
        # The next look has a connection of its own.
        connections[rows.db].close()
        return None
