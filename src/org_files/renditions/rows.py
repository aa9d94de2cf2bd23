"""The rows of PNG, GIF and WebP, which need no end, but must all be there. Knows no Django."""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any

#: Bytes that are read at once.
BLOCK_SIZE = 65_536
#: Bytes of a block of deflate that is not compressed (RFC 1951, 3.2.4).
LONGEST_STORED = 65_535
#: Of zlib, with no compression (RFC 1950, 2.2).
ZLIB_HEADER = b"\x78\x01"
#: Of an animation's frame, before its chunks.
FRAME_HEADER_SIZE = 16


def feed(image: Any, blocks: Iterator[bytes]) -> None:
    """Let ``image``, opened by Pillow, be decoded from ``blocks`` and nothing else.

    Pillow raises ``OSError`` where they end before the last row.
    """
    image.load_read = lambda size: next(blocks, b"")


def feed_rows(image: Any, content: io.BytesIO) -> None:
    """Let a PNG or GIF be decoded from the rows in ``content``, whether or not they are ended."""
    if image.format == "PNG":
        name, _, position, arguments = image.tile[0]
        # Also where an animation says otherwise, whose rows would be made up.
        image.tile = [(name, (0, 0, *image.size), position, arguments)]
        # It would read all other chunks, which may be cut.
        image.load_end = lambda: None
        feed(image, _stored(_png_data(content, position - 8)))
    elif image.format == "GIF":
        feed(image, _gif_blocks(content, image.tile[0][2]))


def is_animated(image: Any) -> bool:
    """Return whether ``image`` has a second frame, of which the beginning is there."""
    try:
        return bool(getattr(image, "is_animated", False))
    except (LookupError, struct.error):
        return False


def _png_data(content: io.BytesIO, position: int) -> Iterator[bytes]:
    content.seek(position)
    while (head := content.read(8))[4:] == b"IDAT":
        left = int.from_bytes(head[:4], "big")
        while data := content.read(min(left, BLOCK_SIZE)):
            left -= len(data)
            yield data
        # The checksum. No viewer needs it.
        content.seek(4, os.SEEK_CUR)


def _stored(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield zlib's ``blocks`` decompressed, as zlib without an end.

    At an end Pillow accepts too few rows. A checksum that is missing or wrong does not matter.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    skipped = len(ZLIB_HEADER)
    yield ZLIB_HEADER
    for block in blocks:
        data, skipped = block[skipped:], max(0, skipped - len(block))
        try:
            while rows := inflater.decompress(data, LONGEST_STORED):
                data = inflater.unconsumed_tail
                yield struct.pack("<BHH", 0, len(rows), len(rows) ^ 0xFFFF) + rows
        except zlib.error:
            return


def _gif_blocks(content: io.BytesIO, position: int) -> Iterator[bytes]:
    """Yield a frame's blocks, the last one as long as it is there."""
    content.seek(position)
    while (size := content.read(1)) and (data := content.read(size[0])):
        yield bytes([len(data)]) + data


def end_webp(content: io.BytesIO) -> None:
    """Let the chunks in ``content`` end where it ends, since libwebp refuses them otherwise.

    A cut chunk behind the pixels is removed; libwebp refuses pixels that lack rows.
    """
    length = content.seek(0, os.SEEK_END)
    content.seek(4)
    (size,) = struct.unpack("<I", content.read(4))
    end = min(length, 8 + size)
    ended = _end_chunks(content, 12, end)
    if ended != 8 + size or ended != end:
        content.truncate(min(ended, end))
        content.seek(0, os.SEEK_END)
        content.write(bytes(max(0, ended - end)))
        content.seek(4)
        content.write(struct.pack("<I", ended - 8))
    content.seek(0)


def _end_chunks(content: io.BytesIO, position: int, end: int) -> int:
    """Return the end of the chunks from ``position`` on. Pixels that are cut get a new size.

    It is ``end + 1`` where the last chunk lacks its padding.
    """
    is_first_frame = True
    while position + 8 <= end:
        content.seek(position)
        name, size = struct.unpack("<4sI", content.read(8))
        begin = position + 8
        if begin + size > end:
            if name == b"ANMF" and is_first_frame:
                size = _end_chunks(content, begin + FRAME_HEADER_SIZE, end) - begin
            elif name in (b"VP8 ", b"VP8L"):
                # Even, as libwebp takes padding for pixels.
                size = (end - begin) // 2 * 2
            else:
                return position
            content.seek(position + 4)
            content.write(struct.pack("<I", size))
        is_first_frame = is_first_frame and name != b"ANMF"
        position = begin + size + size % 2
    return position
