"""GIF: Graphics Interchange Format, Version 89a."""

from __future__ import annotations

from org_files.exceptions import NotAPicture
from org_files.renditions.anatomy.reader import Anatomy, Pieces, Reader

__all__ = ["dissect"]

HEAD_SIZE = 13
EXTENSION, IMAGE, TRAILER = b"!", b",", b";"
GRAPHIC_CONTROL = 0xF9


def dissect(reader: Reader) -> Anatomy:
    """Return what the GIF is made of: its first frame."""
    pieces = Pieces()
    reader.go(6)
    width, height = reader.number("<H"), reader.number("<H")
    flags = reader.byte()
    reader.go(HEAD_SIZE)
    _skip_palette(flags, reader)
    pieces.add(0, reader.position)
    control = _next_image(reader)
    if control is None:
        raise NotAPicture
    if control[1]:
        pieces.add(*control)
    start = reader.position - 1
    left, top = reader.number("<H"), reader.number("<H")
    # A frame that does not fit makes the picture larger.
    width = max(width, left + reader.number("<H"))
    height = max(height, top + reader.number("<H"))
    _skip_palette(reader.byte(), reader)
    reader.skip(1)
    _skip_blocks(reader)
    pieces.add(start, reader.position - start)
    return Anatomy(
        content_type="image/gif",
        width=width,
        height=height,
        pieces=(*pieces.found, TRAILER),
        is_animated=_next_image(reader) is not None,
    )


def _next_image(reader: Reader) -> tuple[int, int] | None:
    """Go behind the first byte of the next frame, or return ``None`` where there is none.

    Returns offset and length of the block that says what of it is transparent; the length is 0
    where there is no such block.
    """
    control = (0, 0)
    while not reader.at_end:
        start = reader.position
        introducer = reader.take(1)
        if introducer == IMAGE:
            return control
        if introducer != EXTENSION:
            break
        label = reader.byte()
        _skip_blocks(reader)
        if label == GRAPHIC_CONTROL:
            control = (start, reader.position - start)
    return None


def _skip_palette(flags: int, reader: Reader) -> None:
    if flags & 0x80:
        reader.skip(3 << ((flags & 0x07) + 1))


def _skip_blocks(reader: Reader) -> None:
    while length := reader.byte():
        reader.skip(length)
