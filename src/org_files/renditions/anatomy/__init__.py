"""What the files of pictures are made of, found without decoding a pixel.

No decoder sees a file as it was sent: it gets the pieces that it needs. Metadata, further frames
and whatever hides behind the end stay where they are, so none of it can cost memory or crash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from org_files.exceptions import NotAPicture, PictureTooLarge
from org_files.renditions import limits
from org_files.renditions.anatomy import gif, jpeg, png, webp
from org_files.renditions.anatomy.reader import Anatomy, Reader
from org_files.renditions.formats import picture_type

__all__ = ["Anatomy", "dissect"]

DISSECT: dict[str | None, Callable[[Reader], Anatomy]] = {
    "image/gif": gif.dissect,
    "image/jpeg": jpeg.dissect,
    "image/png": png.dissect,
    "image/webp": webp.dissect,
}
HEAD_SIZE = 12


def dissect(content: IO[bytes]) -> Anatomy:
    """Return what ``content``, an open and seekable file, is made of.

    Raises ``NotAPicture`` or ``PictureTooLarge``.
    """
    reader = Reader(content)
    dissect_format = DISSECT.get(picture_type(reader.take(min(HEAD_SIZE, reader.size))))
    if dissect_format is None:
        raise NotAPicture
    anatomy = dissect_format(reader)
    width, height = anatomy.width, anatomy.height
    if not width or not height:
        raise NotAPicture
    if (
        max(width, height) > limits.MAX_SIDE
        or width * height > limits.MAX_PIXELS
        or anatomy.size > limits.MAX_BYTES
    ):
        raise PictureTooLarge
    return anatomy
