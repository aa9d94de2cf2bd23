"""What a picture's headers say, and what is refused for them."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from PIL import Image

from org_files.exceptions import NotAPicture, PictureTooLarge
from org_files.models import PICTURE_TYPES
from org_files.renditions import describe_picture
from org_files.renditions.anatomy import DISSECT
from tests.renditions.pictures import (
    FORMATS,
    extended_webp,
    file_of,
    frames,
    picture,
    png,
    resized_gif,
    resized_jpeg,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
ICO = b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0"


def test_formats__are_those_that_files_are_known_by() -> None:
    assert DISSECT.keys() == set(PICTURE_TYPES)


@pytest.mark.parametrize("kind", FORMATS)
def test_picture__is_described(kind: str) -> None:
    info = describe_picture(picture(97, 33, kind))

    assert (info.format, info.width, info.height, info.is_animated) == (kind, 97, 33, False)
    assert info.content_type == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    "options",
    [
        {"progressive": True},
        {"mode": "L"},
        {"mode": "CMYK"},
        {"restart_marker_rows": 1},
        {"kind": "PNG", "mode": "1"},
        {"kind": "PNG", "mode": "LA"},
        {"kind": "PNG", "mode": "I;16"},
        {"kind": "WEBP", "lossless": True},
        {"kind": "WEBP", "mode": "RGBA"},
        {"kind": "GIF", "interlace": 1},
    ],
    ids=str,
)
def test_variants__are_described(options: dict[str, Any]) -> None:
    info = describe_picture(picture(**options))

    assert (info.width, info.height) == (64, 48)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_animation__says_so(kind: str) -> None:
    info = describe_picture(frames(3, kind))

    assert (info.width, info.height, info.is_animated) == (32, 24, True)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size__is_that_of_the_upright_picture(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    info = describe_picture(picture(64, 48, exif=exif))

    assert (info.width, info.height) == ((48, 64) if orientation > 4 else (64, 48))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        SVG,
        b"<?xml version='1.0'?>" + SVG,
        ICO,
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\x24\0\0\0WEBPANMF\x18\0\0\0" + bytes(24),
        file_of(Image.new("RGB", (8, 8)), "TIFF").getvalue(),
        file_of(Image.new("RGB", (8, 8)), "BMP").getvalue(),
        file_of(Image.new("RGB", (8, 8)), "PPM").getvalue(),
        file_of(Image.new("RGB", (8, 8)), "JPEG2000").getvalue(),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_anything_else__is_no_picture(content: bytes) -> None:
    with pytest.raises(NotAPicture) as refused:
        describe_picture(io.BytesIO(content))

    assert refused.value.code == "not_a_picture"


@pytest.mark.parametrize(
    "make",
    [
        lambda width, height: png(width, height, rows=0),
        resized_jpeg,
        resized_gif,
        extended_webp,
    ],
    ids=["PNG", "JPEG", "GIF", "WEBP"],
)
def test_forty_megapixels__are_the_most(make: Callable[[int, int], io.BytesIO]) -> None:
    describe_picture(make(8000, 5000))

    with pytest.raises(PictureTooLarge) as refused:
        describe_picture(make(8000, 5001))

    assert refused.value.code == "picture_too_large"


@pytest.mark.parametrize("size", [(65_501, 1), (1, 65_501)])
def test_longer_side_than_can_be_written__is_too_large(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooLarge):
        describe_picture(png(*size))


@pytest.mark.parametrize("size", [(0, 48), (64, 0)])
@pytest.mark.parametrize(
    "make", [lambda *size: png(*size, rows=0), resized_jpeg], ids=["PNG", "JPEG"]
)
def test_picture_without_an_area__is_none(
    size: tuple[int, int], make: Callable[[int, int], io.BytesIO]
) -> None:
    with pytest.raises(NotAPicture):
        describe_picture(make(*size))


def test_gif_without_a_screen__is_as_large_as_its_frame() -> None:
    info = describe_picture(resized_gif(0, 0))

    assert (info.width, info.height) == (64, 48)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_cut_picture__is_none(kind: str) -> None:
    content = picture(kind=kind).getvalue()
    for length in range(len(content) - 2):
        with pytest.raises(NotAPicture):
            describe_picture(io.BytesIO(content[:length]))


@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_picture__is_described_or_refused(kind: str) -> None:
    content = picture(kind=kind, exif=Image.Exif()).getvalue()
    chance = random.Random(4)
    for _ in range(500):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(NotAPicture):
            describe_picture(io.BytesIO(bytes(damaged)))


@pytest.mark.parametrize("content", [picture(), io.BytesIO(b"no picture")], ids=["one", "none"])
def test_content__is_rewound(content: io.BytesIO) -> None:
    content.seek(3)
    with suppress(NotAPicture):
        describe_picture(content)

    assert content.tell() == 0


def test_content_that_gives_less_than_asked__is_read_all_the_same() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(3 if size is None or size > 3 or size < 0 else size)

    info = describe_picture(Slow(picture(kind="PNG").getvalue()))

    assert (info.width, info.height) == (64, 48)


def test_describing__needs_no_pillow() -> None:
    program = (
        "import io, sys\n"
        "sys.modules['PIL'] = None\n"
        "from org_files import renditions\n"
        f"info = renditions.describe_picture(io.BytesIO({picture().getvalue()!r}))\n"
        "print(info.width, info.height)\n"
        "try:\n"
        f"    renditions.scale(io.BytesIO({picture().getvalue()!r}), [renditions.Box()])\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout

    assert printed.splitlines() == [
        "64 48",
        'ConfigurationError Pictures need Pillow: pip install "django-org-files[images]"',
    ]
