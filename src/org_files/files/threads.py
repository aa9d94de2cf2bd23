"""Second threads for a content that is being written: one for its digest, one for its syncs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

#: Bytes of a content after which a second thread makes its digest. For fewer bytes, the thread
#: costs more than it saves.
MIN_SIZE_OF_THREADS = 8 * 1024 * 1024

#: Bytes after which a second thread begins to sync.
SYNC_SIZE = 2 * 1024 * 1024

#: The most bytes that are written and not on disk: a request that ends soon waits for them.
MAX_UNSYNCED = 16 * 1024 * 1024

ThreadT = TypeVar("ThreadT", bound="SecondThread")


class SecondThread:
    """A thread that runs one call at a time. It is created for the first call."""

    def __init__(self) -> None:
        self._executor: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None

    def __enter__(self: ThreadT) -> ThreadT:
        return self

    def __exit__(self, *error: object) -> None:
        if self._executor is not None:
            self._executor.shutdown()

    @property
    def is_busy(self) -> bool:
        """Whether the last call still runs."""
        return self._last is not None and not self._last.done()

    def start(self, function: Callable[[Any], None], argument: Any) -> None:
        """Call ``function`` once the last call has ended. Raises the error of that one."""
        self.wait()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "org_files_upload")
        self._last = self._executor.submit(function, argument)

    def wait(self) -> None:
        """Wait for the last call. Raises its error."""
        if self._last is not None:
            self._last.result()


class Beside(SecondThread):
    """A function that is called with each block of a content: in a second thread, if it is large.

    The digest of a block is then made while the block is written. A call waits for the one before,
    and raises its error.
    """

    def __init__(
        self, function: Callable[[bytes | memoryview], None], min_size: int | None = None
    ) -> None:
        super().__init__()
        self._function = function
        self._min_size = MIN_SIZE_OF_THREADS if min_size is None else min_size
        self._size = 0

    def __call__(self, block: bytes | memoryview) -> None:
        self._size += len(block)
        if self._size < self._min_size:
            self._function(block)
        else:
            self.start(self._function, block)


class Syncs(SecondThread):
    """Syncs of a file in a second thread, while the caller goes on to write to it.

    ``sync`` returns once all that was written before the call is on disk. It is never called twice
    at the same time. The descriptor of the file may be closed after ``__exit__``.
    """

    def __init__(self, sync: Callable[[], object], synced: int = 0) -> None:
        super().__init__()
        self._sync = sync
        #: The end of the bytes that are on disk.
        self.synced = synced

    def wrote(self, end: int) -> None:
        """Begin to sync the bytes before ``end``, if they are many and no sync is running.

        Raises the error of an earlier one.
        """
        if end - self.synced > MAX_UNSYNCED:
            self.wait()
        if end - self.synced >= SYNC_SIZE and not self.is_busy:
            self.start(self._run, end)

    def finish(self, end: int) -> None:
        """Return once all bytes before ``end`` are on disk."""
        self.wait()
        if self.synced < end:
            self._run(end)

    def _run(self, end: int) -> None:
        self._sync()
        self.synced = end
