"""Pictures to try things on, sound and hostile ones."""

import io
import struct
import zlib

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def file_of(image, kind="JPEG", **options):
    """Return ``image`` as a file."""
    content = io.BytesIO()
    image.save(content, kind, **options)
    content.seek(0)
    return content


def picture(width=64, height=48, kind="JPEG", mode="RGB", **options):
    """Return the file of a picture that is not of one colour."""
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    return file_of(image.convert(mode), kind, **options)


def image_in(content):
    """Return the picture in ``content``, decoded."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def quarters(width=64, height=48):
    """Return red and green above blue and white."""
    image = Image.new("RGB", (width, height))
    for index, colour in enumerate((RED, GREEN, BLUE, WHITE)):
        left, top = index % 2 * width // 2, index // 2 * height // 2
        image.paste(colour, (left, top, left + width // 2, top + height // 2))
    return image


def corners(image):
    """Return the colours of the four quarters, each rounded to what it must have been."""
    image = image.convert("RGB")
    width, height = image.size
    found = []
    for x, y in ((1, 1), (3, 1), (1, 3), (3, 3)):
        colour = image.getpixel((x * width // 4, y * height // 4))
        assert isinstance(colour, tuple)
        red, green, blue = (255 if value > 127 else 0 for value in colour)
        found.append((red, green, blue))
    return found


def chunk(name, data):
    """Return a PNG's chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width,
    height,
    *,
    depth=1,
    colour=0,
    chunks=(),
    after=(),
    rows=None,
):
    """Return a PNG of one colour, with ``rows`` of its rows, made without decoding anything."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = bytes(1 + (width * depth * samples + 7) // 8)
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(row) for _ in range(height if rows is None else rows))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return io.BytesIO(
        b"".join(
            (
                b"\x89PNG\r\n\x1a\n",
                chunk(b"IHDR", header),
                *chunks,
                chunk(b"IDAT", pixels + packer.flush()),
                *after,
                chunk(b"IEND", b""),
            )
        )
    )


def segments(content):
    """Yield the marker and the data of each of a JPEG's segments before its first scan."""
    offset = 2
    while content[offset + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", content, offset + 2)
        yield content[offset + 1], content[offset + 4 : offset + 2 + length]
        offset += 2 + length


def chunks(content):
    """Yield the names of a PNG's chunks."""
    offset = 8
    while offset < len(content):
        (length,) = struct.unpack_from(">I", content, offset)
        yield content[offset + 4 : offset + 8]
        offset += 12 + length


def segment(marker, data):
    """Return a JPEG's segment."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def with_segments(content, *added):
    """Return a JPEG with segments added at its beginning."""
    data = content.getvalue()
    return io.BytesIO(data[:2] + b"".join(added) + data[2:])


def resized_jpeg(width, height, **options):
    """Return a small JPEG whose header claims another size."""
    data = picture(**options).getvalue()
    for marker in (b"\xff\xc0\x00\x11\x08", b"\xff\xc2\x00\x11\x08"):
        if marker in data:
            before, after = data.split(marker, 1)
            return io.BytesIO(before + marker + struct.pack(">HH", height, width) + after[4:])
    raise AssertionError("no frame")


def resized_gif(width, height):
    """Return a GIF of a small frame on a screen of another size."""
    data = picture(kind="GIF").getvalue()
    return io.BytesIO(data[:6] + struct.pack("<HH", width, height) + data[10:])


def extended_webp(width, height, flags=0):
    """Return a WEBP of a small frame whose extended header claims another size."""
    data = picture(kind="WEBP").getvalue()[12:]
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    body = b"WEBP" + struct.pack("<4sII", b"VP8X", 10, flags) + sides + data
    return io.BytesIO(b"RIFF" + struct.pack("<I", len(body)) + body)


def frames(count, kind):
    """Return an animation that begins with a red frame."""
    images = [Image.new("RGB", (32, 24), (255, 0, 0))]
    images += [Image.new("RGB", (32, 24), (0, number % 200 + 1, 255)) for number in range(1, count)]
    return file_of(images[0], kind, save_all=True, append_images=images[1:])
