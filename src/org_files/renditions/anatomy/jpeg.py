"""JPEG: ITU-T T.81 Annex B."""

from __future__ import annotations

from dataclasses import dataclass, field

from org_files.exceptions import NotAPicture
from org_files.renditions import limits
from org_files.renditions.anatomy import exif
from org_files.renditions.anatomy.reader import Anatomy, Pieces, Reader

__all__ = ["dissect"]

SOI = b"\xff\xd8"
EOI, SOS = 0xD9, 0xDA
# Huffman coding: baseline, extended, progressive. Browsers show no others either.
FRAMES = (0xC0, 0xC1, 0xC2)
OTHER_FRAMES = (0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
PROGRESSIVE = 0xC2
# DHT, DQT, DRI
TABLES = (0xC4, 0xDB, 0xDD)
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
# Markers without a segment: TEM, RST0 to RST7.
ALONE = (0x01, *range(0xD0, 0xD8))

ICC = b"ICC_PROFILE\0"
# The name, the number of this part and that of all.
ICC_HEAD = len(ICC) + 2


@dataclass
class Header:
    """What was found before the pixels."""

    pieces: Pieces = field(default_factory=Pieces)
    marker: int = 0
    width: int = 0
    height: int = 0
    components: int = 0
    orientation: int = 0
    profile_size: int = 0
    profile: Pieces = field(default_factory=Pieces)
    # Who says how the colours are coded; the first of each counts.
    applications: set[int] = field(default_factory=set)


def dissect(reader: Reader) -> Anatomy:
    """Return what the JPEG is made of: everything up to its first scan, without metadata."""
    reader.go(len(SOI))
    header = Header()
    while True:
        marker = _next_marker(reader)
        if marker in ALONE:
            continue
        start = reader.position - 2
        length = 0 if marker == EOI else reader.number(">H")
        if length < 2 or marker in OTHER_FRAMES:
            raise NotAPicture
        end = start + 2 + length
        if marker == SOS:
            return _anatomy(header, start, reader)
        _segment(header, marker, start, end, reader)
        reader.go(end)


def _next_marker(reader: Reader) -> int:
    # What does not belong there is passed over, as libjpeg does.
    previous = 0
    while True:
        byte = reader.byte()
        if previous == 0xFF and byte not in (0x00, 0xFF):
            return byte
        previous = byte


def _segment(header: Header, marker: int, start: int, end: int, reader: Reader) -> None:
    """Take from the segment of ``marker`` what counts."""
    if marker in FRAMES:
        _frame(header, marker, reader)
        header.pieces.add(start, end - start)
    elif marker in TABLES:
        header.pieces.add(start, end - start)
    elif marker in (APP0, APP14):
        name = reader.take(min(5, end - reader.position))
        if name in (b"JFIF\0", b"Adobe") and marker not in header.applications:
            header.applications.add(marker)
            header.pieces.add(start, end - start)
    elif marker == APP1 and not header.orientation:
        data = reader.take(end - reader.position)
        if data.startswith(exif.PREFIX):
            header.orientation = exif.orientation(data)
    elif marker == APP2 and end - reader.position > ICC_HEAD and reader.take(len(ICC)) == ICC:
        header.profile_size += end - reader.position - 2
        header.profile.add(start, end - start)


def _frame(header: Header, marker: int, reader: Reader) -> None:
    if header.marker:
        raise NotAPicture
    header.marker = marker
    precision = reader.byte()
    header.height = reader.number(">H")
    header.width = reader.number(">H")
    header.components = reader.byte()
    if precision != 8 or header.components not in (1, 3, 4):
        raise NotAPicture


def _anatomy(header: Header, scan: int, reader: Reader) -> Anatomy:
    """Return the anatomy, where the first scan begins at ``scan``."""
    in_scan = reader.byte()
    tables = sum(piece[1] for piece in header.pieces.found if isinstance(piece, tuple))
    if not header.marker or tables > limits.MAX_HEADER:
        raise NotAPicture
    has_profile = 0 < header.profile_size <= limits.MAX_PROFILE
    profile = header.profile.found if has_profile else []
    return Anatomy(
        content_type="image/jpeg",
        width=header.width,
        height=header.height,
        orientation=header.orientation or 1,
        # libjpeg wants the frame after all applications' segments.
        pieces=(SOI, *profile, *header.pieces.found, (scan, reader.size - scan)),
        profile_size=header.profile_size if has_profile else 0,
        # Else libjpeg holds all coefficients, and goes through them once for every scan.
        is_sequential=header.marker != PROGRESSIVE and in_scan == header.components,
    )
