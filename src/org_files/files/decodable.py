"""Refusal of pictures that could not be read at all: no original, and no rendition."""

from typing import Any

from org_files.models import AbstractFile
from org_files.renditions import Box, scale
from org_files.tiers import allows_original, heights_of


def refuse_undecodable(file: AbstractFile, upload: Any) -> None:
    """Raise ``NotAPicture`` for a picture that is only read as renditions and cannot be decoded.

    Does nothing where the tier gives the original. Raises what ``scale`` raises.
    """
    heights = heights_of(file)
    if heights and not allows_original(file):
        # The tallest takes most.
        for picture in scale(upload, [Box(height=heights[-1])]):
            picture.content.close()
