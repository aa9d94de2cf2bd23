"""The decoded rows of a picture decide whether it is one: an end marker alone does not."""

import io
import struct
from base64 import b64decode

import pytest
from PIL import Image

from org_files.exceptions import NotAPicture
from org_files.renditions import Box, describe_picture, pool, scale
from tests.renditions.pictures import chunk, file_of, png, resized_jpeg

BOXES = [Box(height=400), Box(200, 200)]
END = b"\xff\xd9"
#: 24 x 16 pixels with arithmetic coding, which Pillow cannot write.
ARITHMETIC = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQ"
    "c1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/yQALCAAQABgBAREA/8wABgAQEAX/2gAIAQEAAD8A0EzmSf8AFjaGHj3S"
    "ODElBZ4gvoH9rlHzzvcPrzCg0P/Z"
)


def noise(kind, size=(160, 120), mode="RGB", **options):
    """Return the bytes of a picture no part of which is of one colour."""
    shades = Image.effect_noise(size, 60)
    image = Image.merge("RGBA", [shades, shades.rotate(180), shades, shades]).convert(mode)
    return file_of(image, kind, **options).getvalue()


def sized(webp):
    """Return a WEBP, all sizes in which fit: those of the file and of its single chunk."""
    sizes = [struct.pack("<I", len(webp) - begin) for begin in (8, 20)]
    return webp[:4] + sizes[0] + webp[8:16] + sizes[1] + webp[20:]


def animated(kind):
    images = [Image.effect_noise((64, 48), 60).convert("RGB") for _ in range(2)]
    return file_of(images[0], kind, save_all=True, append_images=images[1:]).getvalue()


def made_of(content):
    return [made.content.read() for made in scale(io.BytesIO(content), BOXES)]


PHOTOGRAPHS = [
    {},
    {"progressive": True},
    {"restart_marker_rows": 1},
    {"mode": "CMYK", "optimize": True},
    {"mode": "L", "size": (161, 121)},
    {"size": (161, 121), "subsampling": 2},
    # Decoded once.
    {"size": (1501, 1001)},
]


@pytest.mark.parametrize("options", PHOTOGRAPHS)
def test_photograph_with_all_its_pixels__needs_no_end_marker(options):
    content = noise("JPEG", **options)
    whole = made_of(content)

    # Nothing, a cut marker, and what phones add: a video, another photograph.
    for end in (b"", b"\xff", bytes(100), END + b"a video", END + content):
        assert made_of(content[:-2] + end) == whole


def test_arithmetic_photograph__needs_no_end_marker():
    assert made_of(ARITHMETIC[:-2]) == made_of(ARITHMETIC)

    with pytest.raises(NotAPicture):
        made_of(ARITHMETIC[: len(ARITHMETIC) * 3 // 4] + END)


@pytest.mark.parametrize("options", PHOTOGRAPHS)
def test_half_a_photograph_with_an_end_marker__is_refused(options):
    content = noise("JPEG", **options)
    half = len(content) // 2
    cut = [content[:half] + END, content[:half] + END + content[half:]]
    if "restart_marker_rows" in options:
        # Before and behind a restart marker.
        cut += [content[: content.index(b"\xff\xd4") + length] + END for length in (0, 2)]
    if "progressive" in options:
        first = content.index(b"\xff\xc4", content.index(b"\xff\xda"))
        last = content.rindex(b"\xff\xc4")
        # Without its last scan, and with a part of the first.
        cut += [content[:last] + END, content[: first - 200] + content[first:]]

    for each in cut:
        with pytest.raises(NotAPicture):
            made_of(each)


def interlaced(rows):
    """Return a PNG in seven passes, which have as many bytes as 48.6 rows."""
    content = png(64, 48, depth=8, rows=rows).getvalue()
    return content[:8] + chunk(b"IHDR", content[16:28] + b"\1") + content[33:]


MARKED = b"Exif\0\0II*\0\x08\0\0\0\0\0"

#: A picture, and the lengths of ends without which all pixels are there.
UNENDED = {
    "PNG": (noise("PNG", mode="RGBA"), (4, 12, 16, 20)),
    "palette": (noise("PNG", mode="P"), (20,)),
    "interlaced PNG": (interlaced(49), (12, 16)),
    "text": (png(64, 48, after=[b"\0\0\1\0tEXtcut"]).getvalue(), (12,)),
    "GIF": (noise("GIF"), (1, 2)),
    "interlaced GIF": (noise("GIF", interlace=1), (1, 2)),
    "WEBP": (noise("WEBP", mode="RGBA", exif=MARKED), (1, 8, 18)),
    "lossless WEBP": (noise("WEBP", lossless=True, exif=MARKED), (1, 8, 18)),
}


@pytest.mark.parametrize("name", UNENDED)
def test_picture_with_all_its_rows__needs_no_end(name):
    content, lengths = UNENDED[name]
    whole = made_of(content if name != "text" else content[:-31])

    for length in lengths:
        assert made_of(content[:-length]) == whole


def test_png_with_wrong_checksums_of_its_pixels__is_a_picture():
    content = noise("PNG")

    assert made_of(content[:-20] + b"\0" * 8 + content[-12:]) == made_of(content)


WEBP, GIF = noise("WEBP", mode="RGB"), noise("GIF")

HALVES = {
    "PNG": png(64, 48, depth=8, rows=24).getvalue(),
    "PNG but for a row": png(64, 48, depth=8, colour=2, rows=47).getvalue(),
    "interlaced PNG": interlaced(36),
    "GIF": GIF[: len(GIF) // 2] + b"\0;",
    "WEBP": sized(WEBP[: len(WEBP) // 4 * 2]),
    "WEBP but for its end": sized(WEBP[:-20]),
}


@pytest.mark.parametrize("name", HALVES)
def test_picture_that_is_ended_without_all_its_rows__is_refused(name):
    with pytest.raises(NotAPicture):
        made_of(HALVES[name])


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_animation_that_is_cut__is_its_first_frame(kind):
    content = animated(kind)
    cut = content[: len(content) * 3 // 4]

    assert made_of(cut) == made_of(content)
    assert describe_picture(io.BytesIO(content)).is_animated
    with pytest.raises(NotAPicture):
        made_of(content[: len(content) // 4])


@pytest.mark.sweep
@pytest.mark.parametrize(
    "content",
    [
        *(noise("JPEG", **options) for options in PHOTOGRAPHS),
        *(content for content, _ in UNENDED.values()),
        *(animated(kind) for kind in ("PNG", "GIF", "WEBP")),
    ],
)
def test_picture_cut_anywhere__is_refused_or_the_same(content):
    whole = made_of(content)
    # Of a large photograph the last blocks are not looked at.
    for length in range(0, len(content) - 32, max(1, len(content) // 30)):
        for end in (b"", END):
            try:
                is_same = made_of(content[:length] + end) == whole
            except NotAPicture:
                continue
            assert is_same, (length, end)


def test_photograph_of_200_megapixels__takes_a_quarter_of_the_memory(monkeypatch):
    # Each block of 14 bits has the colour of the one before it, and no details (T.81, Annex K).
    blocks = int("00101000000000" * 4, 2).to_bytes(7, "big")
    data = resized_jpeg(16_000, 12_500, subsampling=0).getvalue()
    begin = data.index(b"\xff\xda") + 14
    photograph = io.BytesIO(data[:begin] + blocks * (2000 * 1563 // 4 + 1) + END)
    monkeypatch.setattr(pool, "CHILD_MEMORY", pool.CHILD_MEMORY // 4)

    (made,) = scale(photograph, [Box(height=1080)])

    assert (made.width, made.height) == (1382, 1080)
