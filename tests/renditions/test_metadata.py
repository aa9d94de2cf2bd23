"""Renditions lose the metadata of a picture and keep its colours."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from org_files.exceptions import NotAPicture
from org_files.renditions import Box, scale
from tests.renditions.pictures import (
    chunk,
    chunks,
    file_of,
    png,
    quarters,
    segment,
    segments,
    with_segments,
)
from tests.renditions.swatches import profile, swapping_profile

SECRET = b"52.5163N 13.3777E at home"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"

# What a decoder needs (T.81 Annex B): JFIF, DQT, SOF0, DHT.
NEEDED = {0xE0, 0xDB, 0xC0, 0xC4}


def exif():
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: (52.0, 30.0, 58.7), 3: "E", 4: (13.0, 22.0, 39.7)})
    return exif


def made_of(content, *sizes):
    return [made.content.read() for made in scale(content, sizes or [Box(height=24), Box()])]


def transparent():
    image = quarters()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def test_jpeg__loses_its_metadata():
    content = with_segments(
        file_of(quarters(), exif=exif(), comment=SECRET, icc_profile=profile(), dpi=(71, 73)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x19" + SECRET),
        segment(0xE5, SECRET),
        segment(0xFE, SECRET),
    )
    content = io.BytesIO(content.getvalue() + SECRET)
    assert content.getvalue().count(SECRET) == 7

    for made in made_of(content):
        assert {marker for marker, _ in segments(made)} == NEEDED
        assert [data for marker, data in segments(made) if marker == 0xE0] == [
            b"JFIF\0\1\1\0\0\1\0\1\0\0"
        ]
        assert SECRET not in made
        assert b"Exif" not in made


@pytest.mark.parametrize("image", [quarters(), transparent()], ids=["opaque", "transparent"])
def test_png__loses_its_metadata(image):
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_text("Packed", SECRET.decode(), zip=True)
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add(b"prVt", SECRET)
    content = file_of(image, "PNG", pnginfo=text, exif=exif(), icc_profile=profile(), dpi=(71, 73))
    assert content.getvalue().count(SECRET) == 4

    for made in made_of(content):
        assert SECRET not in made
        if made.startswith(b"\x89PNG"):
            assert set(chunks(made)) == {b"IHDR", b"IDAT", b"IEND"}
        else:
            assert {marker for marker, _ in segments(made)} == NEEDED


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (file_of(transparent(), "WEBP", exif=exif(), xmp=XMP, icc_profile=profile()), 2),
        (file_of(quarters(), "GIF", comment=SECRET), 1),
    ],
    ids=["WEBP", "GIF"],
)
def test_webp_and_gif__lose_their_metadata(content, count):
    assert content.getvalue().count(SECRET) == count

    for made in made_of(content):
        assert SECRET not in made


def shade_of(made):
    colour = Image.open(io.BytesIO(made)).convert("RGB").getpixel((4, 4))
    assert isinstance(colour, tuple)
    return colour[0], colour[1], colour[2]


def test_profile_in_many_segments__is_applied():
    padded = swapping_profile().ljust(200_000, b"\0")
    size = struct.pack(">I", len(padded))
    red = Image.new("RGB", (64, 48), (255, 0, 0))

    [made] = made_of(file_of(red, icc_profile=size + padded[4:]), Box())

    assert shade_of(made) == pytest.approx((0, 255, 0), abs=6)


def in_segment(profile, number=1, count=1):
    return segment(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + profile)


@pytest.mark.parametrize(
    "content",
    [
        file_of(quarters(), icc_profile=profile()[:300]),
        file_of(quarters().convert("L"), icc_profile=profile()),
        file_of(quarters().convert("CMYK"), icc_profile=profile()),
        with_segments(file_of(quarters()), segment(0xE2, b"ICC_PROFILE\0\1")),
        with_segments(file_of(quarters()), in_segment(b"")),
        with_segments(file_of(quarters()), in_segment(profile(), 1, 2)),
        with_segments(file_of(quarters()), *[in_segment(bytes(65_000), 1, 255)] * 200),
        file_of(quarters(), "PNG", icc_profile=b"no profile at all"),
        png(64, 48, chunks=[chunk(b"iCCP", b"icc\0\0not compressed")]),
        png(64, 48, chunks=[chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(1 << 20)))]),
        png(64, 48, chunks=[chunk(b"iCCP", b"")]),
        png(64, 48, chunks=[chunk(b"iCCP", b"icc\0\0x\x9c\3\0\0\0\0\1")[:-4] + b"\0\0\0\0"]),
        file_of(quarters(), "WEBP", icc_profile=b"no profile at all"),
        with_segments(file_of(quarters()), segment(0xED, b"Photoshop 3.0\x008BIM\4\4")),
        with_segments(file_of(quarters()), segment(0xE0, b"JFIF")),
        with_segments(file_of(quarters()), segment(0xE2, b"MPF\0" + bytes(40))),
        png(64, 48, chunks=[chunk(b"gAMA", b"\0")]),
        png(64, 48, chunks=[chunk(b"zTXt", b"name\0\7method")]),
        png(64, 48, chunks=[chunk(b"tEXt", b"name\0value")[:-4] + b"\0\0\0\0"]),
    ],
    ids=range(19),
)
def test_broken_profile_or_metadata__is_ignored(content):
    [made] = scale(content, [Box()])

    assert (made.width, made.height) == (64, 48)


def test_critical_chunk_with_a_wrong_checksum__is_refused():
    with pytest.raises(NotAPicture):
        scale(png(64, 48, chunks=[chunk(b"PLTE", bytes(3))[:-4] + b"\0\0\0\0"]), [Box()])
