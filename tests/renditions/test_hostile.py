"""Bombs, cut and damaged files: each is refused or made, and costs its own picture alone."""

import io
import random
import resource

import pytest
from PIL import Image

from org_files.exceptions import NotAPicture, OrgFilesError
from org_files.renditions import Box, scale
from tests.renditions.bombs import BOMBS, half
from tests.renditions.pictures import FORMATS, file_of, picture

BOXES = [Box(height=400), Box(200, 200)]
MOST = 64 * 1024  # KiB
END = b"\xff\xd9"

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


@pytest.mark.parametrize("kind", FORMATS)
def test_half_a_picture__is_refused(kind):
    with pytest.raises(NotAPicture):
        scale(half(picture(640, 480, kind)), BOXES)


PHOTOGRAPHS = [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}]


def photograph(size=(640, 480), **options):
    """Return the bytes of a JPEG that is not of one colour in any block."""
    return file_of(Image.effect_noise(size, 60).convert("RGB"), **options).getvalue()


@pytest.mark.parametrize("options", PHOTOGRAPHS)
@pytest.mark.parametrize("end", [b"", b"\xff", b"\0" * 100, END + b"a video"])
def test_photograph_with_all_its_pixels__needs_no_end_marker(options, end):
    content = photograph(**options)

    whole, unended = (scale(io.BytesIO(each), BOXES) for each in (content, content[:-2] + end))

    for one, other in zip(whole, unended, strict=True):
        assert one.content.read() == other.content.read()


@pytest.mark.parametrize("options", PHOTOGRAPHS)
def test_half_a_photograph_with_an_end_marker__is_refused(options):
    content = photograph(**options)
    halves = [len(content) // 2]
    if "restart_marker_rows" in options:
        # Before and behind a restart marker.
        halves += [content.index(b"\xff\xd4"), content.rindex(b"\xff\xd4") + 2]

    for length in halves:
        with pytest.raises(NotAPicture):
            scale(io.BytesIO(content[:length] + END), BOXES)


@pytest.mark.sweep
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_photograph_cut_anywhere__is_refused(options):
    content = picture(160, 120, **options).getvalue()
    for length in range(0, len(content) - 2, 101):
        with pytest.raises(NotAPicture):
            scale(io.BytesIO(content[:length]), BOXES)


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
