"""Bombs and damaged files: each is refused or made, and costs its own picture alone."""

import io
import random
import resource

import pytest
from PIL import Image

from org_files.exceptions import NotAPicture, OrgFilesError
from org_files.renditions import Box, scale
from tests.renditions.bombs import BOMBS
from tests.renditions.pictures import FORMATS, picture

BOXES = [Box(height=400), Box(200, 200)]
MOST = 64 * 1024  # KiB

#: One for each defence: of pixels, sides, text, profile, metadata, scans. The others are a sweep.
TYPICAL = {
    "PNG of 4 gigapixels",
    "PNG that is too wide",
    "PNG with a text of 64 MiB",
    "PNG with one row of many",
    "JPEG of 39 megapixels in 1 KB",
    "JPEG with stray bytes",
    "JPEG with an EXIF bomb",
    "GIF of 39 megapixels",
    "WEBP of 281 gigapixels",
    "WEBP with 40 MiB of metadata",
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in TYPICAL else pytest.mark.sweep) for name in BOMBS],
)
def test_bomb__costs_this_process_little(name):
    make, expected = BOMBS[name]
    content = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = None
    try:
        for made in scale(content, BOXES):
            made.content.close()
    except OrgFilesError as error:
        refused = type(error)

    assert refused is expected
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST


@pytest.mark.sweep
@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_picture__is_refused_or_made(kind):
    content = picture(160, 120, kind).getvalue()
    chance = random.Random(7)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 5)):
            damaged[chance.randrange(12, len(damaged))] = chance.randrange(256)
        try:
            made = scale(io.BytesIO(bytes(damaged)), BOXES)
        except NotAPicture:
            continue
        assert max(Image.open(made[1].content).size) <= 200
