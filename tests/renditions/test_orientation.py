"""Pictures are turned upright."""

from __future__ import annotations

import pytest
from PIL import Image

from org_files.renditions import Box, scale
from tests.renditions.pictures import BLUE, GREEN, RED, WHITE, corners, file_of, quarters

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


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photograph_of_any_orientation__is_upright(orientation: int) -> None:
    image = quarters(640, 480)
    if orientation in STORED:
        image = image.transpose(STORED[orientation])
    content = file_of(image, exif=exif_of(orientation), quality=95)

    for picture in scale(content, [Box(height=100), Box(200, 200), Box(width=90), Box()]):
        made = Image.open(picture.content)

        assert made.width > made.height
        assert made.size == (picture.width, picture.height)
        assert corners(made) == UPRIGHT


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_other_formats__are_upright_as_well(kind: str, orientation: int) -> None:
    image = quarters(640, 480).transpose(STORED[orientation])

    [picture] = scale(file_of(image, kind, exif=exif_of(orientation)), [Box(height=120)])

    assert (picture.width, picture.height) == (160, 120)
    assert corners(Image.open(picture.content)) == UPRIGHT


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_orientation_that_means_nothing__turns_nothing(orientation: int) -> None:
    [picture] = scale(file_of(quarters(), exif=exif_of(orientation)), [Box()])

    assert corners(Image.open(picture.content)) == UPRIGHT
