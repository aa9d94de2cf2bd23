"""PNG: Portable Network Graphics (Third Edition) §5."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from org_files.exceptions import NotAPicture
from org_files.renditions.anatomy import exif
from org_files.renditions.anatomy.reader import Anatomy, Pieces, Reader

__all__ = ["dissect"]

SIGNATURE_SIZE = 8
# The length before a chunk's data with its name, and the checksum after it.
HEAD_SIZE, CHECKSUM_SIZE = 8, 4
HEADER_SIZE = 13
# What pixels and their colours are made of. Frames after the first (fdAT) are not among it.
ESSENTIAL = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
MAX_EXIF = 65_536
#: Bytes of a profile, packed and unpacked: Pillow fails where there are as many of the latter.
MAX_PACKED = 256 * 1024
MAX_PROFILE = 1024 * 1024
BLOCK_SIZE = 64 * 1024


@dataclass
class Chunks:
    """What was found so far."""

    pieces: Pieces = field(default_factory=Pieces)
    has_pixels: bool = False
    orientation: int = 1
    is_animated: bool = False
    profile_size: int = 0


def dissect(reader: Reader) -> Anatomy:
    """Return what the PNG is made of: its default image, without metadata."""
    chunks = Chunks()
    chunks.pieces.add(0, SIGNATURE_SIZE)
    reader.go(SIGNATURE_SIZE)
    width, height = _size(reader)
    reader.go(SIGNATURE_SIZE)
    name = b""
    while name != b"IEND":
        start = reader.position
        length = reader.number(">I")
        name = reader.take(4)
        if not name.isalpha():
            raise NotAPicture
        end = start + HEAD_SIZE + length + CHECKSUM_SIZE
        if name in ESSENTIAL or (name == b"iCCP" and _profile(chunks, length, reader)):
            chunks.pieces.add(start, end - start)
        elif name == b"eXIf" and length <= MAX_EXIF:
            chunks.orientation = exif.orientation(reader.take(length))
        chunks.has_pixels |= name == b"IDAT"
        chunks.is_animated |= name == b"fdAT"
        reader.go(end)
    if not chunks.has_pixels:
        raise NotAPicture
    return Anatomy(
        content_type="image/png",
        width=width,
        height=height,
        orientation=chunks.orientation,
        pieces=tuple(chunks.pieces.found),
        is_animated=chunks.is_animated,
        profile_size=chunks.profile_size,
    )


def _size(reader: Reader) -> tuple[int, int]:
    """Return the width and height, which the first chunk says."""
    if reader.number(">I") != HEADER_SIZE or reader.take(4) != b"IHDR":
        raise NotAPicture
    return reader.number(">I"), reader.number(">I")


def _profile(chunks: Chunks, length: int, reader: Reader) -> bool:
    """Return whether the profile can be unpacked, in bounds: one that cannot is left out."""
    if length > MAX_PACKED or chunks.profile_size:
        return False
    data = reader.take(length)
    name, _, packed = data.partition(b"\0")
    # Behind the name is the method of compression, of which there is one.
    is_sound = len(name) < 80 and packed[:1] == b"\0"
    if is_sound and reader.number(">I") == zlib.crc32(data, zlib.crc32(b"iCCP")):
        chunks.profile_size = _unpacked_size(packed[1:])
    return chunks.profile_size > 0


def _unpacked_size(packed: bytes) -> int:
    """Return the bytes of a profile, without ever holding all of it; 0 where it is broken."""
    stream = zlib.decompressobj()
    size = 0
    try:
        while packed and not stream.eof and size < MAX_PROFILE:
            size += len(stream.decompress(packed, BLOCK_SIZE))
            packed = stream.unconsumed_tail
    except zlib.error:
        return 0
    return size if size < MAX_PROFILE else 0
