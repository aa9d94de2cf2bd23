"""Pictures are turned upright."""

import struct

import pytest
from PIL import Image, PngImagePlugin

from org_files.renditions import Box, describe_picture, scale
from tests.renditions.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    chunk,
    corners,
    file_of,
    png,
    quarters,
    segment,
    with_segments,
)

UPRIGHT = [RED, GREEN, BLUE, WHITE]

# How each orientation is stored: what undoes it.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif_of(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photograph_of_any_orientation__is_upright(orientation):
    image = quarters(640, 480)
    if orientation in STORED:
        image = image.transpose(STORED[orientation])
    content = file_of(image, exif=exif_of(orientation), quality=95)

    info = describe_picture(content)
    assert (info.width, info.height) == (640, 480)
    for picture in scale(content, [Box(height=100), Box(width=90), Box()]):
        made = Image.open(picture.content)

        assert made.width > made.height
        assert made.size == (picture.width, picture.height)
        assert corners(made) == UPRIGHT


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats__are_upright_as_well(kind):
    image = quarters(640, 480).transpose(STORED[6])

    [picture] = scale(file_of(image, kind, exif=exif_of(6)), [Box(height=120)])

    assert (picture.width, picture.height) == (160, 120)
    assert corners(Image.open(picture.content)) == UPRIGHT


def tiff(*entries, offset=8, count=None):
    """Return a TIFF structure with one directory."""
    number = len(entries) if count is None else count
    return b"II*\0" + struct.pack("<IH", offset, number) + b"".join(entries)


def entry(tag=0x0112, kind=3, count=1, value=6):
    return struct.pack("<HHII", tag, kind, count, value)


@pytest.mark.parametrize(
    ("data", "is_turned"),
    [
        (tiff(entry()), True),
        (b"MM\0*" + struct.pack(">IHHHIHH", 8, 1, 0x0112, 3, 1, 6, 0), True),
        (b"Exif\0\0" + tiff(entry()), True),
        (tiff(entry(), entry(0x8769, 4, 1, 2**32 - 1)), True),
        (tiff(entry(), entry(0x010E, 2, 2**31, 8)), True),
        (tiff(entry(), entry(0x0131, 99, 1, 1)), True),
        (tiff(entry(value=0)), False),
        (tiff(entry(value=9)), False),
        (tiff(entry(kind=2)), False),
        (tiff(entry(count=0)), False),
        (tiff(entry(), offset=2**32 - 1), False),
        (tiff(count=65_535), False),
        (b"II*\0", False),
        (b"MM*\0" + tiff(entry())[4:], False),
        (b"II+\0" + tiff(entry())[4:], False),
        (b"no EXIF", False),
    ],
    ids=range(16),
)
def test_hostile_exif__turns_a_picture_or_is_ignored(data, is_turned):
    content = with_segments(file_of(quarters()), segment(0xE1, b"Exif\0\0" + data))

    [made] = scale(content, [Box()])

    assert (made.width < made.height) is is_turned


def test_exif_behind_the_pixels_of_a_png__turns_it_without_decoding():
    content = png(64, 48, after=[chunk(b"eXIf", tiff(entry()))], rows=1)

    assert describe_picture(content).width == 48


def test_other_metadata__turns_nothing():
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", "\nexif\n6\n" + (b"Exif\0\0" + tiff(entry())).hex())
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="6"/>'

    contents = [
        file_of(quarters(), "PNG", pnginfo=text),
        file_of(quarters(), "WEBP", xmp=xmp),
        with_segments(file_of(quarters()), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)),
    ]

    for content in contents:
        [made] = scale(content, [Box()])
        assert (made.width, made.height) == (64, 48)
