"""The table of picture types: content types, signatures, suffixes and Pillow's names."""

import re
from dataclasses import dataclass

__all__ = ["PICTURES", "PICTURE_SUFFIXES", "PICTURE_TYPES", "PictureType", "picture_type"]


#: Bytes of a file that the longest signature takes.
HEAD_SIZE = 12


@dataclass(frozen=True)
class PictureType:
    """One format of pictures."""

    content_type: str
    #: The format's name in Pillow.
    pillow: str
    #: Matches the first bytes.
    signature: re.Pattern[bytes]
    #: Suffixes of names. The first is that of new files.
    suffixes: tuple[str, ...]
    #: Further suffixes, of which a new file has none.
    old_suffixes: tuple[str, ...] = ()


JPEG = re.compile(rb"\xff\xd8\xff")
PNG = re.compile(rb"\x89PNG\r\n\x1a\n")
WEBP = re.compile(rb"(?s)RIFF....WEBP")
GIF = re.compile(rb"GIF8[79]a")

PICTURES = {
    each.content_type: each
    for each in (
        PictureType("image/jpeg", "JPEG", JPEG, (".jpg", ".jpeg"), (".jpe", ".jfif")),
        PictureType("image/png", "PNG", PNG, (".png",)),
        PictureType("image/webp", "WEBP", WEBP, (".webp",)),
        PictureType("image/gif", "GIF", GIF, (".gif",)),
    )
}

#: Content types of pictures. A file has one of these only because its content says so.
PICTURE_TYPES = tuple(PICTURES)

PICTURE_SUFFIXES = tuple(
    suffix for each in PICTURES.values() for suffix in (*each.suffixes, *each.old_suffixes)
)


def picture_type(head: bytes) -> str | None:
    """Return the content type of the picture that begins with ``head``, at least 12 bytes.

    ``None`` for any other content.
    """
    for each in PICTURES.values():
        if each.signature.match(head):
            return each.content_type
    return None
