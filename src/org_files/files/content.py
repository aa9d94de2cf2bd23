"""Names, types, charsets, sizes and digests of contents, independent of what clients say."""

import codecs
import hashlib
import mimetypes
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from org_files import conf
from org_files.delivery import is_listed
from org_files.exceptions import FileTooLarge, InvalidField, TypeNotAllowed
from org_files.picture_types import PICTURE_TYPES, PICTURES, picture_type
from org_files.validators import UNCOMPOSED

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
    **{suffix: each.content_type for each in PICTURES.values() for suffix in each.suffixes},
}.items():
    TYPES.add_type(_type, _suffix)

ENCODINGS = {
    "br": "application/x-brotli",
    "bzip2": "application/x-bzip2",
    "compress": "application/x-compress",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}

#: Of a name; at most 1020 bytes of UTF-8.
MAX_CHARACTERS = 255

# Control characters, lone surrogates, and ends of lines and paragraphs.
REFUSED = ("Cc", "Cs", "Zl", "Zp")

# Bidirectional controls, by which a name looks like another one.
NEVER = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# "name:stream:$TYPE" is a stream of NTFS, also with dots and blanks behind, as in "a.txt::$DATA".
STREAM = re.compile(r":[^:]*:\$[A-Za-z_]+[. ]*\Z")

# Invisible characters beyond the categories C and Z: Unicode's Default_Ignorable_Code_Point, and
# the braille pattern without a dot.
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


@dataclass(frozen=True)
class Fingerprint:
    """Size, digest and first bytes of a content."""

    #: Bytes.
    size: int
    #: Hexadecimal.
    sha256: str
    #: The first bytes.
    head: bytes
    #: ``"utf-8"``, or empty for other encodings and for what is no text; ``None`` if not known.
    charset: str | None = None


class CharsetDetector:
    """Finds out, block by block, whether a content is UTF-8 (RFC 3629).

    A zero byte means UTF-16, UTF-32 or no text, and an escape before ``$`` ISO 2022 (RFC 1468).
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._last = b""
        self._is_utf8 = True

    def update(self, block: bytes | memoryview) -> None:
        """Add the next bytes."""
        if self._is_utf8 and block:
            block = bytes(block)
            has_escape = self._last == b"\x1b" or b"\x1b" in block
            is_other = b"\0" in block or (has_escape and b"\x1b$" in self._last + block)
            self._is_utf8 = not is_other and self._decodes(block)
            self._last = block[-1:]

    def result(self) -> str:
        """Return ``"utf-8"``, or an empty text for any other content."""
        # A character that has begun is not complete.
        is_cut = bool(self._decoder.getstate()[0])
        return "utf-8" if self._is_utf8 and not is_cut else ""

    def _decodes(self, block: bytes) -> bool:
        if block.isascii() and not self._decoder.getstate()[0]:
            return True  # without a copy
        try:
            self._decoder.decode(block)
        except UnicodeDecodeError:
            return False
        return True


class Fingerprinter:
    """Measures a content block by block, and keeps its first bytes.

    Raises ``FileTooLarge`` as soon as there are more than ``limit``.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.size = 0
        self.head = b""
        self._digest = hashlib.sha256()
        self._charset = CharsetDetector()

    def update(self, block: bytes | memoryview) -> None:
        """Add the next bytes."""
        self.size += len(block)
        if self.limit is not None and self.size > self.limit:
            raise FileTooLarge
        if len(self.head) < HEAD_SIZE:
            self.head = (self.head + block[:HEAD_SIZE])[:HEAD_SIZE]
        self._digest.update(block)
        self._charset.update(block)

    def result(self) -> Fingerprint:
        """Return the fingerprint of the bytes so far."""
        charset = self._charset.result()
        return Fingerprint(self.size, self._digest.hexdigest(), self.head, charset)


def fingerprint(content: IO[bytes] | Any, *, is_limited: bool = True) -> Fingerprint:
    """Return the fingerprint of ``content`` (seekable), read in blocks, and rewind it.

    Raises ``FileTooLarge`` if it has more than ``MAX_FILE_SIZE`` bytes and ``is_limited``.
    """
    measured = Fingerprinter(conf.max_file_size() if is_limited else None)
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


def refuse_type_of_name(name: str, *limits: Sequence[str] | None) -> None:
    """Raise ``TypeNotAllowed`` for a name under which no content has a type that is accepted.

    Accepted is what ``ALLOWED_TYPES`` and each of ``limits`` list. A content that is not known yet
    may be a picture under any name.
    """
    for allowed in (conf.allowed_types(), *limits):
        if allowed is not None and not any(is_listed(each, allowed) for each in PICTURE_TYPES):
            refuse_type(_type_of_name(name), allowed)


def renamed_type(content_type: str, name: str) -> str:
    """Return the content type that a file of ``content_type`` has under the new ``name``.

    That of a picture stays. Raises ``TypeNotAllowed`` if it changes to one that ``ALLOWED_TYPES``
    does not list.
    """
    if content_type in PICTURE_TYPES:
        return content_type
    renamed = _type_of_name(name)
    return renamed if renamed == content_type else _allowed(renamed)


def refuse_type(content_type: str, allowed: Sequence[str]) -> None:
    """Raise ``TypeNotAllowed`` unless ``allowed`` lists a content type.

    There ``image/*`` means pictures by their content. Other image types, such as drawings, must be
    listed by name.
    """
    by_name = content_type.startswith("image/") and content_type not in PICTURE_TYPES
    if not (content_type in allowed if by_name else is_listed(content_type, allowed)):
        raise TypeNotAllowed


def _allowed(content_type: str) -> str:
    if (allowed := conf.allowed_types()) is not None:
        refuse_type(content_type, allowed)
    return content_type


def _type_of_name(name: str) -> str:
    # guess_type would take a name such as "data:..." for a URL.
    guessed, encoding = TYPES.guess_type(f"x/{name}", strict=False)
    guessed = ENCODINGS.get(encoding, UNKNOWN) if encoding else guessed
    # A picture by its name alone is none.
    return UNKNOWN if guessed is None or guessed in PICTURE_TYPES else guessed


def clean_name(name: str) -> str:
    """Return ``name`` as it is stored: without directories, in Unicode's form NFC.

    Raises ``InvalidField`` for a name without visible characters, with control characters, lone
    surrogates or bidirectional controls, or with more than 255 characters.
    """
    if any(map(is_refused, name)):
        raise InvalidField("name", _("The name holds control characters."))
    name = normal_form(re.split(r"[/\\]", name)[-1]).strip()
    if name in (".", "..") or not any(map(_is_visible, name)):
        raise InvalidField("name", _("The name is empty."))
    if STREAM.search(name):
        raise InvalidField("name", _("The name is that of a stream, not of a file."))
    if len(name) > MAX_CHARACTERS:
        message = ngettext(
            "The name has more than %(limit)d character.",
            "The name has more than %(limit)d characters.",
            MAX_CHARACTERS,
        )
        raise InvalidField("name", message % {"limit": MAX_CHARACTERS})
    return name


def is_refused(character: str) -> bool:
    """Return whether no name may have ``character``."""
    return unicodedata.category(character) in REFUSED or character in NEVER


def normal_form(text: str) -> str:
    """Return ``text`` in NFC, the form that names are stored in.

    A text too long for any name is returned as it is: sorting a long run of combining characters
    takes quadratic time.
    """
    return text if len(text) > UNCOMPOSED * MAX_CHARACTERS else unicodedata.normalize("NFC", text)


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" and not INVISIBLE.match(character)


def refuse_unreachable(values: Mapping[str, Any]) -> None:
    """Raise ``InvalidField`` for a ``resource`` or ``resource_id`` that no URL path can contain.

    An encoded slash is still a slash, and clients remove ``.`` and ``..`` from a path
    (RFC 3986 §5.2.4).
    """
    for column in ("resource", "resource_id"):
        value = str(values.get(column, ""))
        if "/" in value or value in (".", ".."):
            raise InvalidField(column, _("Takes no slash, and is not . or .. alone."))
