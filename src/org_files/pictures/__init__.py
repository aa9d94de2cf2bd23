"""Heights of pictures, each made once."""

from org_files.pictures.services import (
    after_storing,
    discard_rendition,
    get_rendition,
    make_renditions,
)

__all__ = ["after_storing", "discard_rendition", "get_rendition", "make_renditions"]
