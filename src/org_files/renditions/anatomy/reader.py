"""Reading the structure of a file without reading what it holds."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import IO

from org_files.exceptions import NotAPicture
from org_files.renditions import limits

__all__ = ["Anatomy", "Piece", "Pieces", "Reader"]

#: Bytes as they are, or an offset and a length within the file.
Piece = bytes | tuple[int, int]


@dataclass(frozen=True)
class Anatomy:
    """What a picture is made of."""

    content_type: str
    #: Pixels as stored, before they are turned upright.
    width: int
    height: int
    #: What a decoder needs and nothing else: one frame, its colours, no other metadata.
    pieces: tuple[Piece, ...]
    #: As EXIF counts: 1 to 8.
    orientation: int = 1
    is_animated: bool = False
    #: Bytes of the colour profile among the pieces.
    profile_size: int = 0
    #: Whether it can be decoded strip by strip, at any scale, in one pass through the file.
    is_sequential: bool = False

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as it is to be shown."""
        return (self.height, self.width) if self.orientation > 4 else (self.width, self.height)

    @property
    def size(self) -> int:
        """Bytes of the pieces."""
        return sum(len(piece) if isinstance(piece, bytes) else piece[1] for piece in self.pieces)


@dataclass
class Pieces:
    """Collects pieces; those next to each other become one."""

    found: list[Piece] = field(default_factory=list)

    def add(self, offset: int, length: int) -> None:
        """Add a part of the file."""
        last = self.found[-1] if self.found else b""
        if isinstance(last, tuple) and sum(last) == offset:
            self.found[-1] = (last[0], last[1] + length)
        else:
            self.found.append((offset, length))


class Reader:
    """Reads ``content``, an open and seekable file, from its beginning.

    Every method raises ``NotAPicture`` where the file ends before, or has more parts than pictures
    have.
    """

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        content.seek(0, 2)
        #: Bytes of the whole file.
        self.size = content.tell()
        content.seek(0)
        #: Offset of the next byte.
        self.position = 0
        self._reads = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.position >= self.size

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        self._reads += 1
        if self._reads > limits.MAX_READS or self.position + length > self.size:
            raise NotAPicture
        parts = []
        while length:
            part = self._content.read(length)
            if not part:
                raise NotAPicture
            parts.append(part)
            length -= len(part)
            self.position += len(part)
        return b"".join(parts)

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def number(self, form: str) -> int:
        """Return the next bytes as the number that ``form`` describes to :mod:`struct`."""
        [value] = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def go(self, position: int) -> None:
        """Go to an offset."""
        if position > self.size:
            raise NotAPicture
        self._content.seek(position)
        self.position = position

    def skip(self, length: int) -> None:
        """Leave out bytes."""
        self.go(self.position + length)
