"""Files that cost a careless decoder its memory, its time or its life. None takes long to make."""

import io
import struct
import zlib
from collections.abc import Callable

import PIL

from org_files.exceptions import NotAPicture, OrgFilesError, PictureTooLarge
from tests.renditions.pictures import (
    FORMATS,
    chunk,
    extended_webp,
    frames,
    picture,
    png,
    resized_gif,
    resized_jpeg,
    segment,
    with_segments,
)

MIB = 1024 * 1024

#: How it is made, and what is raised when it is scaled: ``None`` where it is a picture.
Bomb = tuple[Callable[[], io.BytesIO], type[OrgFilesError] | None]


def packed(size):
    """Return so many zeros, compressed."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush()


def chunks(count, name, data):
    """Return a PNG that begins with so many equal chunks."""
    return png(64, 48, chunks=[chunk(name, data) * count])


def begun_by(data):
    """Return a JPEG with ``data`` at its beginning."""
    return with_segments(picture(), data)


def exif_bomb():
    """Return a JPEG whose EXIF has 4000 values that share the same 60,000 bytes."""
    entries = b"".join(struct.pack("<HHII", tag, 7, 60_000, 8) for tag in range(1, 4001))
    data = b"II*\0" + struct.pack("<IH", 8, 4000) + entries + bytes(4)
    return begun_by(segment(0xE1, b"Exif\0\0" + data.ljust(65_000, b"x")))


def endless_exif():
    """Return a JPEG whose EXIF has more values than bytes."""
    data = b"MM\0*" + struct.pack(">IH", 8, 0xFFFF)
    return begun_by(segment(0xE1, b"Exif\0\0" + data))


def with_metadata(kind, size):
    """Return a picture with so many bytes of metadata."""
    if kind == "JPEG":
        return begun_by(segment(0xE5, bytes(65_000)) * (size // 65_000))
    if kind == "PNG":
        return png(64, 48, chunks=[chunk(b"prVt", bytes(size))])
    if kind == "WEBP":
        body = extended_webp(64, 48, 0x04).getvalue()[8:]
        body += b"XMP " + struct.pack("<I", size) + bytes(size)
        return io.BytesIO(b"RIFF" + struct.pack("<I", len(body)) + body)
    data = picture(kind="GIF").getvalue()
    head = 13 + (3 << ((data[10] & 7) + 1))
    comment = b"!\xfe" + (b"\xff" + b"c" * 255) * (size // 255) + b"\0"
    return io.BytesIO(data[:head] + comment + data[head:])


def scans(count):
    """Return a progressive JPEG whose last scan comes again and again, for which it lacks bits."""
    data = picture(progressive=True).getvalue()
    last = data[data.rindex(b"\xff\xda") : -2]
    return io.BytesIO(data[:-2] + last * count + data[-2:])


def half(content):
    """Return the first half of a file."""
    data = content.getvalue()
    return io.BytesIO(data[: len(data) // 2])


BOMBS = {
    "PNG of 177 megapixels": (lambda: png(13_312, 13_312), PictureTooLarge),
    "PNG of 4 gigapixels": (lambda: png(65_500, 65_500, rows=1), PictureTooLarge),
    "PNG that is too wide": (lambda: png(65_501, 1), PictureTooLarge),
    "PNG without width": (lambda: png(0, 48), NotAPicture),
    "PNG of 39.7 megapixels": (lambda: png(6300, 6300, depth=8, colour=2), None),
    "PNG with one row of many": (lambda: png(6300, 6300, depth=8, colour=6, rows=1), NotAPicture),
    "PNG with 80 MiB of text": (lambda: chunks(80, b"zTXt", b"k\0\0" + packed(MIB)), None),
    "PNG with 80 MiB of text behind": (
        lambda: png(64, 48, after=[chunk(b"iTXt", b"k\0\1\0\0\0" + packed(MIB))] * 80),
        None,
    ),
    "PNG with a text of 64 MiB": (lambda: chunks(1, b"zTXt", b"k\0\0" + packed(64 * MIB)), None),
    "PNG with a profile of 64 MiB": (
        lambda: chunks(1, b"iCCP", b"icc\0\0" + packed(64 * MIB)),
        None,
    ),
    "PNG of empty chunks": (lambda: chunks(60_000, b"prVt", b""), None),
    "JPEG of 4 gigapixels": (lambda: resized_jpeg(65_500, 65_500), PictureTooLarge),
    "JPEG of 39 megapixels in 1 KB": (lambda: resized_jpeg(6300, 6300), NotAPicture),
    "progressive JPEG of 39 megapixels in 1 KB": (
        lambda: resized_jpeg(6300, 6300, progressive=True),
        NotAPicture,
    ),
    "JPEG without height": (lambda: resized_jpeg(64, 0), NotAPicture),
    "JPEG of 2000 scans": (lambda: scans(2000), NotAPicture),
    "JPEG of empty segments": (lambda: begun_by(segment(0xE5, b"") * 60_000), None),
    "JPEG with stray bytes": (lambda: begun_by(bytes(16 * MIB)), NotAPicture),
    "JPEG with escaped bytes": (lambda: begun_by(b"\xff\0" * 500_000), None),
    "JPEG of fill bytes": (
        lambda: io.BytesIO(picture().getvalue()[:-2] + b"\xff" * 4 * MIB + b"\0" + b"\xff\xd9"),
        None,
    ),
    "JPEG with large tables": (
        lambda: begun_by(segment(0xC4, bytes(65_000)) * 400),
        NotAPicture,
    ),
    "JPEG with an EXIF bomb": (exif_bomb, None),
    "JPEG with endless EXIF": (endless_exif, None),
    "GIF of 4 gigapixels": (lambda: resized_gif(65_535, 65_535), PictureTooLarge),
    "GIF of 39 megapixels": (lambda: resized_gif(6300, 6300), None),
    "GIF of 500 frames": (lambda: frames(500, "GIF"), None),
    "GIF of empty blocks": (
        lambda: io.BytesIO(b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\0" * MIB),
        NotAPicture,
    ),
    "WEBP of 281 gigapixels": (
        lambda: extended_webp(2**24, 2**24),
        # Pillow 12 makes the decoder, which refuses it, before it looks at the size.
        NotAPicture if PIL.__version__ < "13" else PictureTooLarge,
    ),
    "WEBP larger than its frame": (lambda: extended_webp(6300, 6300), NotAPicture),
    "WEBP smaller than its frame": (lambda: extended_webp(1, 1), NotAPicture),
    "WEBP of 50 frames": (lambda: frames(50, "WEBP"), None),
} | {
    f"{kind} with 40 MiB of metadata": (lambda f=kind: with_metadata(f, 40 * MIB), None)
    for kind in FORMATS
}
