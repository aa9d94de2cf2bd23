"""WEBP: RFC 9649."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from org_files.exceptions import NotAPicture
from org_files.renditions import limits
from org_files.renditions.anatomy import exif
from org_files.renditions.anatomy.reader import Anatomy, Piece, Pieces, Reader

__all__ = ["dissect"]

HEAD_SIZE = 12
CHUNK_HEAD_SIZE = 8
EXTENDED = b"VP8X"
LOSSY, LOSSLESS = b"VP8 ", b"VP8L"
ALPHA, ANIMATION, FRAME, PROFILE = b"ALPH", b"ANIM", b"ANMF", b"ICCP"
# §2.7.1: what the extended header says of the chunks that follow.
HAS_PROFILE, HAS_ALPHA, HAS_ANIMATION = 0x20, 0x10, 0x02
MAX_EXIF = 65_536


@dataclass
class Chunks:
    """What was found so far."""

    pieces: Pieces = field(default_factory=Pieces)
    is_extended: bool = False
    flags: int = 0
    width: int = 0
    height: int = 0
    frames: int = 0
    orientation: int = 1
    profile_size: int = 0


def dissect(reader: Reader) -> Anatomy:
    """Return what the WEBP is made of: its first frame, without metadata."""
    reader.go(4)
    end = reader.number("<I") + CHUNK_HEAD_SIZE
    if end > reader.size:
        raise NotAPicture
    reader.go(HEAD_SIZE)
    chunks = Chunks()
    while reader.position + CHUNK_HEAD_SIZE <= end:
        start = reader.position
        name, length = reader.take(4), reader.number("<I")
        behind = start + CHUNK_HEAD_SIZE + length
        if behind > end:
            raise NotAPicture
        # Chunks begin at even offsets (§2.3). Some writers leave the very last byte out.
        behind = min(behind + length % 2, end)
        if _is_needed(chunks, name, length, reader):
            chunks.pieces.add(start, behind - start)
        reader.go(behind)
    if not chunks.frames:
        raise NotAPicture
    return Anatomy(
        content_type="image/webp",
        width=chunks.width,
        height=chunks.height,
        orientation=chunks.orientation,
        pieces=_file(chunks),
        is_animated=chunks.frames > 1,
        profile_size=chunks.profile_size,
    )


def _is_needed(chunks: Chunks, name: bytes, length: int, reader: Reader) -> bool:
    """Note what a chunk says, and return whether a decoder of the first frame needs it."""
    first = not chunks.frames
    if name == EXTENDED:
        chunks.is_extended = True
        chunks.flags = reader.byte()
        reader.skip(3)
        chunks.width, chunks.height = (1 + _number24(reader) for _ in range(2))
        # Written anew, with the flags of what is left.
        return False
    if name == b"EXIF" and length <= MAX_EXIF:
        chunks.orientation = exif.orientation(reader.take(length))
    elif name == PROFILE and chunks.is_extended and not chunks.profile_size:
        chunks.profile_size = length if length <= limits.MAX_PROFILE else 0
        return chunks.profile_size > 0
    elif name in (LOSSY, LOSSLESS, FRAME):
        chunks.frames += 1
        if not chunks.is_extended:
            chunks.width, chunks.height = _stream_size(name, reader)
        return first
    return first and name in (ALPHA, ANIMATION)


def _number24(reader: Reader) -> int:
    low, high = reader.number("<H"), reader.byte()
    return high << 16 | low


def _stream_size(name: bytes, reader: Reader) -> tuple[int, int]:
    """Return the size that the pixels' own header says, where there is no extended one."""
    if name == FRAME:
        raise NotAPicture
    if name == LOSSLESS:
        bits = reader.number("<xI")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    # RFC 6386 §9.1: behind a tag of three bytes and a start code of three.
    reader.skip(6)
    return reader.number("<H") & 0x3FFF, reader.number("<H") & 0x3FFF


def _file(chunks: Chunks) -> tuple[Piece, ...]:
    """Return a file around the pieces."""
    extended = b""
    # Where there was one, libwebp compares its size with that of the pixels before it decodes.
    if chunks.is_extended:
        flags = chunks.flags & (HAS_ALPHA | HAS_ANIMATION)
        flags |= HAS_PROFILE if chunks.profile_size else 0
        sides = b"".join((side - 1).to_bytes(3, "little") for side in (chunks.width, chunks.height))
        extended = struct.pack("<4sII", EXTENDED, 10, flags) + sides
    size = sum(piece[1] for piece in chunks.pieces.found if isinstance(piece, tuple))
    head = struct.pack("<4sI4s", b"RIFF", len(b"WEBP") + len(extended) + size, b"WEBP")
    return (head + extended, *chunks.pieces.found)
