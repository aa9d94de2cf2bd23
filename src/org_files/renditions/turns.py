"""A bounded number of turns, shared by the processes of one user on a machine."""

import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from org_files.exceptions import RenditionsBusy

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger("org_files.renditions")

#: Seconds between two looks at what other processes hold.
INTERVAL = 0.02


class Turns:
    """``count`` turns at ``name``: among threads, and, but on Windows, among a user's processes."""

    def __init__(self, name: str, count: int) -> None:
        self.name = name
        self.count = count
        self._threads = threading.BoundedSemaphore(count)
        self._opened: set[int] = set()

    @contextmanager
    def take(self, patience: float) -> Iterator[None]:
        """Hold a turn. Raises ``RenditionsBusy`` if none is free within ``patience`` seconds."""
        until = time.monotonic() + patience
        if not self._threads.acquire(timeout=patience):
            raise RenditionsBusy
        try:
            with ExitStack() as opened:
                if sys.platform != "win32":
                    self._lock(until, opened)
                yield
        finally:
            self._threads.release()

    def close(self) -> None:
        """Close the descriptors that were inherited by a fork. The parent keeps its turns."""
        while self._opened:
            os.close(self._opened.pop())

    if sys.platform != "win32":

        def _lock(self, until: float, opened: ExitStack) -> None:
            try:
                files = [self._open(number, opened) for number in range(self.count)]
            except OSError:
                # Another user's file of that name, or a folder that is not writable.
                logger.warning("Processes do not take turns at decoding pictures.", exc_info=True)
                return
            while True:
                for file in files:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        continue
                    return
                if time.monotonic() >= until:
                    raise RenditionsBusy
                time.sleep(INTERVAL)

        def _open(self, number: int, opened: ExitStack) -> int:
            path = Path(tempfile.gettempdir(), f"{self.name}-{os.getuid()}-{number}.lock")
            # Never through a link that another user put there.
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self._opened.add(file)
            opened.callback(self._close, file)
            return file

        def _close(self, file: int) -> None:
            if file in self._opened:
                self._opened.remove(file)
                # A process forked meanwhile has a copy of the descriptor, which would hold it.
                fcntl.flock(file, fcntl.LOCK_UN)
                os.close(file)
