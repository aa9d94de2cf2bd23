"""The description of a picture, and what is refused by its first bytes or its size."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest
from PIL import Image

from org_files.exceptions import NotAPicture, PictureTooLarge
from org_files.picture_types import PICTURE_TYPES, PICTURES
from org_files.renditions import describe_picture
from tests.renditions.pictures import (
    FORMATS,
    file_of,
    frames,
    picture,
    png,
    resized_gif,
    resized_jpeg,
)


@pytest.mark.parametrize("kind", FORMATS)
def test_picture__is_described(kind: str) -> None:
    info = describe_picture(picture(97, 33, kind))

    assert (info.format, info.width, info.height, info.is_animated) == (kind, 97, 33, False)
    assert info.content_type == f"image/{kind.lower()}"


def test_table_of_types__names_them_as_pillow_does() -> None:
    Image.init()

    for name, each in PICTURES.items():
        assert Image.MIME[each.pillow] == name == each.content_type
        assert {Image.EXTENSION[end] for end in each.suffixes} == {each.pillow}
    assert [*PICTURE_TYPES] == [*PICTURES]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_animation__says_so(kind: str) -> None:
    info = describe_picture(frames(3, kind))

    assert (info.width, info.height, info.is_animated) == (32, 24, True)


def test_photograph_with_a_preview__is_no_animation() -> None:
    images = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    content = file_of(images[0], "MPO", save_all=True, append_images=images[1:])

    assert not describe_picture(content).is_animated


@pytest.mark.parametrize("orientation", [1, 3, 6])
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
        b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x04\0\0\0WEBP",
        file_of(Image.new("RGB", (8, 8)), "TIFF").getvalue(),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_anything_else__is_no_picture(content: bytes) -> None:
    with pytest.raises(NotAPicture) as refused:
        describe_picture(io.BytesIO(content))

    assert refused.value.code == "not_a_picture"


@pytest.mark.parametrize(
    "make",
    [lambda width, height: png(width, height, rows=0), resized_jpeg, resized_gif],
    ids=["PNG", "JPEG", "GIF"],
)
def test_more_than_forty_megapixels__are_too_large(
    make: Callable[[int, int], io.BytesIO],
) -> None:
    with pytest.raises(PictureTooLarge) as refused:
        describe_picture(make(8000, 5001))

    assert refused.value.code == "picture_too_large"


def test_forty_megapixels__are_not_too_large() -> None:
    assert describe_picture(resized_jpeg(8000, 5000)).width == 8000


@pytest.mark.parametrize("size", [(65_501, 1), (1, 65_501)])
def test_longer_side_than_can_be_written__is_too_large(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooLarge):
        describe_picture(png(*size))


def test_gif_without_a_screen__is_as_large_as_its_frame() -> None:
    info = describe_picture(resized_gif(0, 0))

    assert (info.width, info.height) == (64, 48)


@pytest.mark.parametrize("content", [picture(), io.BytesIO(b"no picture")], ids=["one", "none"])
def test_content__is_rewound(content: io.BytesIO) -> None:
    content.seek(3)
    with suppress(NotAPicture):
        describe_picture(content)

    assert content.tell() == 0


def test_content_that_gives_less_than_asked__is_read_all_the_same() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size, 12) if size is not None and size >= 0 else 12)

    info = describe_picture(Slow(picture(kind="PNG").getvalue()))

    assert (info.width, info.height) == (64, 48)


def test_site_without_pillow__is_told_what_to_install() -> None:
    text = (
        "import io, sys\nsys.modules['PIL'] = None\nfrom org_files import renditions\n"
        f"renditions.scale(io.BytesIO({picture().getvalue()!r}), [renditions.Box()])\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", text],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stderr=subprocess.PIPE,
        text=True,
    )

    assert 'Pictures need Pillow: pip install "django-org-files[images]"' in ran.stderr
