"""Refusal of pictures that could not be read at all: no original, and no rendition."""

from typing import Any

from org_files.exceptions import NotAPicture, PictureTooLarge
from org_files.models import AbstractFile
from org_files.renditions import Box, scale
from org_files.tiers import allows_original, has_pillow, heights_of


def refuse_undecodable(file: AbstractFile, upload: Any) -> None:
    """Raise ``NotAPicture`` for a picture that is only read as renditions and cannot be decoded.

    Does nothing where the tier gives the original. Raises what ``scale`` raises, without the code
    of a picture that is too large: clients see one code for all.
    """
    if file.is_picture and not allows_original(file) and has_pillow():
        # The tallest takes most. A tier without heights may get some later.
        height = max(heights_of(file), default=1)
        try:
            pictures = scale(upload, [Box(height=height)])
        except PictureTooLarge as error:
            raise NotAPicture(str(error)) from error
        for picture in pictures:
            picture.content.close()
