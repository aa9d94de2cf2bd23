"""The description of a picture, what is refused by its size, and disks that fail."""

import errno
import io
import tempfile

import pytest
from PIL import Image

from org_files.exceptions import (
    ConfigurationError,
    NotAPicture,
    PictureTooLarge,
    StorageFull,
    StorageUnavailable,
)
from org_files.picture_types import PICTURE_TYPES, PICTURES
from org_files.renditions import Box, child, describe_picture, pool, scale
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
def test_picture__is_described_and_rewound(kind):
    content = picture(97, 33, kind)
    content.seek(3)

    info = describe_picture(content)

    assert (info.format, info.width, info.height, info.is_animated) == (kind, 97, 33, False)
    assert info.content_type == f"image/{kind.lower()}"
    assert content.tell() == 0


def test_table_of_types__names_them_as_pillow_does():
    Image.init()

    for name, each in PICTURES.items():
        assert Image.MIME[each.pillow] == name == each.content_type
        assert {Image.EXTENSION[end] for end in each.suffixes} == {each.pillow}
    assert [*PICTURE_TYPES] == [*PICTURES]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_animation__says_so(kind):
    info = describe_picture(frames(3, kind))

    assert (info.width, info.height, info.is_animated) == (32, 24, True)


def test_photograph_with_a_preview__is_no_animation():
    images = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    content = file_of(images[0], "MPO", save_all=True, append_images=images[1:])

    assert not describe_picture(content).is_animated


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x04\0\0\0WEBP",
        file_of(Image.new("RGB", (8, 8)), "TIFF").getvalue(),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_anything_else__is_no_picture(content):
    with pytest.raises(NotAPicture):
        describe_picture(io.BytesIO(content))


@pytest.mark.parametrize(
    "content",
    [
        png(8000, 5001, rows=0),
        resized_jpeg(16_000, 12_501),
        resized_jpeg(8000, 5001, progressive=True),
        resized_gif(8000, 5001),
        # The longest side that can be written is 65,500.
        png(65_501, 1),
        png(1, 65_501),
    ],
    ids=["PNG", "JPEG", "progressive", "GIF", "wide", "high"],
)
def test_more_pixels_than_can_be_decoded__are_too_large(content):
    with pytest.raises(PictureTooLarge):
        describe_picture(content)


def test_limit_of_pixels__is_a_setting_and_higher_for_baseline_jpeg(settings):
    assert describe_picture(resized_jpeg(16_000, 12_500)).width == 16_000
    assert describe_picture(resized_jpeg(8000, 5000, progressive=True)).width == 8000
    settings.ORG_FILES = {"MAX_PICTURE_PIXELS": 64 * 48 - 1}
    with pytest.raises(PictureTooLarge):
        describe_picture(picture(kind="PNG"))


def test_gif_without_a_screen__is_as_large_as_its_frame():
    info = describe_picture(resized_gif(0, 0))

    assert (info.width, info.height) == (64, 48)


def test_content_that_gives_less_than_asked__is_read_all_the_same():
    class Slow(io.BytesIO):
        def read(self, size=-1, /):
            return super().read(min(size, 12) if size is not None and size >= 0 else 12)

    info = describe_picture(Slow(picture(kind="PNG").getvalue()))

    assert (info.width, info.height) == (64, 48)


def test_site_without_pillow__is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(pool, "find_spec", lambda name: None)

    with pytest.raises(ConfigurationError, match=r'pip install "django-org-files\[images\]"'):
        describe_picture(picture())


class Failing(io.BytesIO):
    """A file that cannot be read behind so many bytes."""

    def __init__(self, data, readable):
        super().__init__(data)
        self.readable_bytes = readable

    def read(self, size=-1, /):
        data = super().read(size)
        if self.tell() > self.readable_bytes:
            raise OSError(errno.EIO, "Input/output error")
        return data


@pytest.mark.parametrize("readable", [8, 2000])
def test_content_that_cannot_be_read__is_the_stores_fault(readable):
    with pytest.raises(StorageUnavailable):
        describe_picture(Failing(picture(320, 240).getvalue(), readable))


def test_full_disk__says_so(monkeypatch):
    class Full(io.BytesIO):
        def write(self, data, /):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(child, "IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)

    with pytest.raises(StorageFull):
        scale(picture(), [Box()])


def test_file_that_is_cut_while_it_is_read__is_no_picture():
    class Cut(io.BytesIO):
        def read(self, size=-1, /):
            return super().read(size) if self.tell() < 100 else b""

    with pytest.raises(NotAPicture):
        describe_picture(Cut(picture().getvalue() + bytes(3_000_000)))
