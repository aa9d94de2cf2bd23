"""Descriptions of pictures, and smaller pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import IO, Any

from org_files.exceptions import ConfigurationError, NotAPicture, PictureTooLarge
from org_files.picture_types import HEAD_SIZE, PICTURES, picture_type
from org_files.renditions import limits
from org_files.renditions.child import disk_errors
from org_files.renditions.pictures import Box, PictureInfo, ScaledPicture
from org_files.renditions.pool import decode

Sizes = Sequence[Box] | Callable[[PictureInfo], Sequence[Box]]


def describe_picture(content: IO[bytes] | Any) -> PictureInfo:
    """Return what the headers of ``content``, an open and seekable file, say; rewind it.

    The pixels are not decoded: a truncated file can pass here and fail in :func:`scale`. Raises
    what :func:`scale` raises.
    """
    info, _ = _decode(content, [])
    return info


def scale(content: IO[bytes] | Any, sizes: Sizes) -> list[ScaledPicture]:
    """Return the picture in ``content``, an open and seekable file, in each of ``sizes``.

    It is decoded once for all of them, its first frame alone; each result has its shape, is
    upright, in sRGB, without metadata, and never larger than the original: a JPEG, or a PNG where
    something of it is transparent. ``content`` is rewound. ``sizes`` may be a function, which is
    called with the description of the picture.

    Raises ``NotAPicture`` for what is no picture or cannot be decoded, such as half of one,
    ``PictureTooLarge`` (a ``NotAPicture`` as well) above 40 megapixels, ``RenditionsBusy`` where
    others are decoded for too long, ``StorageUnavailable`` or ``StorageFull`` where ``content`` or
    the temporary folder fails, and ``ConfigurationError`` without Pillow.
    """
    return _decode(content, sizes)[1]


def _decode(content: IO[bytes], sizes: Sizes) -> tuple[PictureInfo, list[ScaledPicture]]:
    def choose(info: PictureInfo) -> list[tuple[int, int]]:
        boxes = sizes(info) if callable(sizes) else sizes
        return [box.fit(info.width, info.height) for box in boxes]

    with disk_errors():
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        kind = picture_type(content.read(HEAD_SIZE))
        content.seek(0)
    if kind is None:
        raise NotAPicture
    if size > limits.MAX_BYTES:
        raise PictureTooLarge
    if find_spec("PIL") is None:
        raise ConfigurationError('Pictures need Pillow: pip install "django-org-files[images]"')
    try:
        return decode(content, size=size, picture=PICTURES[kind], choose=choose)
    finally:
        with disk_errors():
            content.seek(0)
