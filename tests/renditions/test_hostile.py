"""Cut and damaged files are refused, or are pictures. Bombs are in test_memory."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from org_files.exceptions import NotAPicture
from org_files.renditions import Box, scale
from tests.renditions.bombs import half
from tests.renditions.pictures import FORMATS, picture

BOXES = [Box(200, 200)]


@pytest.mark.parametrize("kind", FORMATS)
def test_half_a_picture__is_refused(kind: str) -> None:
    with pytest.raises(NotAPicture):
        scale(half(picture(640, 480, kind)), BOXES)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_photograph_cut_anywhere__is_refused(options: dict[str, int], all_in_worker: None) -> None:
    content = picture(160, 120, **options).getvalue()
    for length in range(0, len(content) - 2, 23):
        with pytest.raises(NotAPicture):
            scale(io.BytesIO(content[:length]), BOXES)


@pytest.mark.load
@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_picture__is_refused_or_made(kind: str) -> None:
    content = picture(160, 120, kind).getvalue()
    chance = random.Random(7)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 5)):
            damaged[chance.randrange(12, len(damaged))] = chance.randrange(256)
        try:
            [made] = scale(io.BytesIO(bytes(damaged)), BOXES)
        except NotAPicture:
            continue
        assert max(Image.open(made.content).size) <= 200
