"""Type, size and digest of contents, independent of headers that clients send."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from typing import IO, Any

from org_files import conf
from org_files.delivery import is_listed
from org_files.exceptions import FileTooLarge, TypeNotAllowed
from org_files.picture_types import PICTURE_TYPES, PICTURES, picture_type

UNKNOWN = "application/octet-stream"
BLOCK_SIZE = 256 * 1024
HEAD_SIZE = 32

# The standard library's own table: one that does not change with the machine.
TYPES = mimetypes.MimeTypes()
for _suffix, _type in {
    ".7z": "application/x-7z-compressed",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".md": "text/markdown",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ogg": "audio/ogg",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".webm": "video/webm",
    ".woff2": "font/woff2",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
}.items():
    TYPES.add_type(_type, _suffix)
for _picture in PICTURES.values():
    for _suffix in _picture.suffixes:
        TYPES.add_type(_picture.content_type, _suffix)

ENCODINGS = {
    "br": "application/x-brotli",
    "bzip2": "application/x-bzip2",
    "compress": "application/x-compress",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}


@dataclass(frozen=True)
class Fingerprint:
    """Size, digest and first bytes of a content."""

    #: Bytes.
    size: int
    #: Hexadecimal.
    sha256: str
    #: The first bytes.
    head: bytes


class Fingerprinter:
    """Measures a content block by block, and keeps its first bytes.

    Raises ``FileTooLarge`` as soon as there are more than ``limit``.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.size = 0
        self.head = b""
        self._digest = hashlib.sha256()

    def update(self, block: bytes) -> None:
        """Add the next bytes."""
        self.size += len(block)
        if self.limit is not None and self.size > self.limit:
            raise FileTooLarge
        if len(self.head) < HEAD_SIZE:
            self.head = (self.head + block)[:HEAD_SIZE]
        self._digest.update(block)

    def result(self) -> Fingerprint:
        """Return the fingerprint of the bytes so far."""
        return Fingerprint(self.size, self._digest.hexdigest(), self.head)


def fingerprint(content: IO[bytes] | Any) -> Fingerprint:
    """Return the fingerprint of ``content`` (seekable), read in blocks, and rewind it.

    Raises ``FileTooLarge`` if it has more than ``MAX_FILE_SIZE`` bytes.
    """
    measured = Fingerprinter(conf.max_file_size())
    content.seek(0)
    while block := content.read(BLOCK_SIZE):
        measured.update(block)
    content.seek(0)
    return measured.result()


def content_type_of(name: str, head: bytes) -> str:
    """Return the content type: from the content for pictures, otherwise from the name.

    Raises ``TypeNotAllowed`` if ``ALLOWED_TYPES`` does not list it.
    """
    return _allowed(picture_type(head) or _type_of_name(name))


def renamed_type(content_type: str, name: str) -> str:
    """Return the content type that a file of ``content_type`` has under the new ``name``.

    That of a picture stays. Raises ``TypeNotAllowed`` if it changes to one that ``ALLOWED_TYPES``
    does not list.
    """
    if content_type in PICTURE_TYPES:
        return content_type
    renamed = _type_of_name(name)
    return renamed if renamed == content_type else _allowed(renamed)


def _allowed(content_type: str) -> str:
    allowed = conf.allowed_types()
    if allowed is not None and not is_listed(content_type, allowed):
        raise TypeNotAllowed
    # "image/*" means pictures by their content. Other image types, such as drawings, must be
    # listed by name.
    is_other_image = content_type.startswith("image/") and content_type not in PICTURE_TYPES
    if allowed is not None and is_other_image and content_type not in allowed:
        raise TypeNotAllowed
    return content_type


def _type_of_name(name: str) -> str:
    # guess_type would take a name such as "data:..." for a URL.
    guessed, encoding = TYPES.guess_type(f"x/{name}", strict=False)
    guessed = ENCODINGS.get(encoding, UNKNOWN) if encoding else guessed
    # A picture by its name alone is none.
    return UNKNOWN if guessed is None or guessed in PICTURE_TYPES else guessed
