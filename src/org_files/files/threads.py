"""A second thread for the digest of a content that is being written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

#: Bytes of a content after which a second thread makes its digest. For fewer bytes, the thread
#: costs more than it saves.
MIN_SIZE_OF_THREADS = 8 * 1024 * 1024


class Beside:
    """A function that is called with each block of a content: in a second thread, if it is large.

    The digest of a block is then made while the block is written. A call waits for the one before,
    and raises its error.
    """

    def __init__(
        self, function: Callable[[bytes | memoryview], None], min_size: int | None = None
    ) -> None:
        self._function = function
        self._min_size = MIN_SIZE_OF_THREADS if min_size is None else min_size
        self._size = 0
        self._executor: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *error: object) -> None:
        if self._executor is not None:
            self._executor.shutdown()

    def __call__(self, block: bytes | memoryview) -> None:
        self.wait()
        self._size += len(block)
        if self._size < self._min_size:
            self._function(block)
            return
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "org_files_upload")
        self._last = self._executor.submit(self._function, block)

    def wait(self) -> None:
        """Wait for the last call."""
        if self._last is not None:
            self._last.result()
