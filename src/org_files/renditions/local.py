"""Reading the pieces of a file of this machine where they are, in whichever thread."""

from __future__ import annotations

import io
import os
import stat
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import IO, Any

from org_files.renditions.anatomy.reader import Piece
from org_files.renditions.temporary import reading_and_writing
from org_files.storage.blobs import local_descriptor

__all__ = ["open_pieces"]


def open_pieces(content: IO[bytes] | Any, pieces: Sequence[Piece]) -> IO[bytes] | None:
    """Return ``pieces`` of ``content`` one after the other, as an open file; it is not copied.

    ``None`` where ``content`` is anything but a file of this machine: what a storage puts between
    (a network, a cipher) may only be asked in the thread that it was opened in.
    """
    descriptor = _descriptor(content)
    if descriptor is None:
        return None
    with reading_and_writing():
        return io.BufferedReader(_Pieces(os.dup(descriptor), pieces))


def _descriptor(content: Any) -> int | None:
    descriptor = local_descriptor(content)
    if descriptor is None or not hasattr(os, "pread"):
        return None
    return descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


class _Pieces(io.RawIOBase):
    """Reads by offset: the position of the descriptor is shared with whoever opened the file."""

    def __init__(self, descriptor: int, pieces: Sequence[Piece]) -> None:
        self._descriptor = descriptor
        self._pieces = pieces
        sizes = (len(piece) if isinstance(piece, bytes) else piece[1] for piece in pieces)
        #: Where each piece begins, and where the last one ends.
        self._begins = list(accumulate(sizes, initial=0))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._begins[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        room = memoryview(buffer)
        if self._position >= self._begins[-1]:
            return 0
        number = bisect_right(self._begins, self._position) - 1
        piece, within = self._pieces[number], self._position - self._begins[number]
        if isinstance(piece, bytes):
            read = piece[within : within + len(room)]
        else:
            length = min(len(room), piece[1] - within)
            with reading_and_writing():
                read = os.pread(self._descriptor, length, piece[0] + within)
        room[: len(read)] = read
        self._position += len(read)
        return len(read)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)
