"""Headers and contents of single parts of a multipart body, checked."""

from __future__ import annotations

import base64
import codecs
import re
from email.message import Message
from urllib.parse import unquote_to_bytes

from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from org_files.exceptions import InvalidField, InvalidUTF8, OrgFilesError
from org_files.http.encoding import REPLACEMENT
from org_files.rest.errors import RefusedUpload

BASE64 = re.compile(rb"[A-Za-z0-9+/]*+={0,2}+")

# Quoted strings, and outside of them the extended file name: whole (RFC 5987), or in sections
# (RFC 2231 §3), which RFC 5987 does without.
EXTENDED_NAME = re.compile(
    r'"(?:\\.?|[^"\\])*+"?|;[ \t]*+filename(\*[0-9*]*+)[ \t]*+=[ \t]*+("[^"]*+"|[^;"]*+)', re.I
)
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: Python's codecs of host names take time in proportion to the square of the length.
HOST_NAME_CODECS = ("idna", "punycode")

# The encodings that leave bytes as they are, and base64 (RFC 2045 §6.1).
TRANSFER_ENCODING = re.compile(rb"(7bit|8bit|binary|base64)[ \t]*+(?:;.*+)?", re.I | re.S)
# Pieces of a value with comments, which may be nested (RFC 822 §3.3).
TOKEN = re.compile(rb"\\.?|[()]|[^()\\]++", re.S)

# At most once in a part.
READ = (b"content-disposition", b"content-encoding", b"content-transfer-encoding")


class PartHeaders:
    """The headers of a part: its name, the name of its file, and how its content is encoded.

    Raises ``MultiPartParserError`` for an encoding that is not decoded here, and ``RefusedUpload``
    for a name of a field that is not UTF-8.
    """

    #: ``None`` for a part that is no field.
    name: str | None = None
    #: The error of one that cannot be decoded; ``None`` for a text.
    file_name: str | OrgFilesError | None = None

    def __init__(self, block: bytes) -> None:
        headers: dict[bytes, bytes] = {}
        for line in block.split(b"\r\n")[1:]:
            name, _colon, value = line.partition(b":")
            name = name.strip().lower()
            if name in READ and name in headers:
                raise MultiPartParserError(_("The headers of a part are malformed."))
            headers[name] = value
        encoding = headers.get(b"content-transfer-encoding", b"binary")
        self.is_base64 = _transfer_encoding(encoding) == b"base64"
        if b"content-encoding" in headers:
            raise MultiPartParserError(_("A part has an encoding that is not supported."))
        if disposition := headers.get(b"content-disposition", b"").strip():
            self._read_names(disposition)

    def _read_names(self, disposition: bytes) -> None:
        text = disposition.decode("utf-8", "replace")
        extended = [found for found in EXTENDED_NAME.finditer(text) if found[1]]
        bare = EXTENDED_NAME.sub(lambda found: "" if found[1] else found[0], text)
        parameters = _parameters(bare)
        self.name = parameters.get("name")
        if self.name is None:
            return
        if REPLACEMENT in self.name:
            raise RefusedUpload(InvalidUTF8(self.name))
        if extended:
            self.file_name = self._decoded(*extended[-1].groups())
        else:
            self.file_name = parameters.get("filename") or None
            is_replaced = self.file_name and REPLACEMENT in self.file_name
            if is_replaced and text.encode() != disposition:
                self.file_name = self._undecoded()

    def _decoded(self, section: str, value: str) -> str | OrgFilesError:
        try:
            charset, _language, name = value.strip().strip('"').split("'", 2)
            is_whole = section == "*" and REPLACEMENT not in value and name
            if is_whole and not BROKEN_ESCAPE.search(name):
                codec = codecs.lookup(charset).name
                if codec not in HOST_NAME_CODECS:
                    return unquote_to_bytes(name).decode(codec)
        except UnicodeDecodeError:
            return self._undecoded()
        except (ValueError, LookupError):
            pass
        return InvalidField("name", _("The name in filename* cannot be decoded."))

    def _undecoded(self) -> OrgFilesError:
        message = _('The file name in the field "%(field)s" is not valid UTF-8.')
        return InvalidUTF8(self.name or "", message)


def _parameters(disposition: str) -> dict[str, str]:
    """Return the parameters of a Content-Disposition, by their names in lower case.

    Raises ``MultiPartParserError`` for one with a charset of its own (RFC 2231 §4).
    """
    message = Message()
    message["Content-Type"] = disposition  # of which Message reads parameters by default
    parameters: dict[str, str] = {}
    for name, value in (message.get_params() or [])[1:]:
        if not isinstance(value, str):
            raise MultiPartParserError(_("The headers of a part are malformed."))
        parameters[name.lower()] = value
    return parameters


def _transfer_encoding(value: bytes) -> bytes:
    """Return the encoding that a Content-Transfer-Encoding names, in lower case.

    Raises ``MultiPartParserError`` for one that is not decoded here.
    """
    kept, depth = [], 0
    for token in TOKEN.findall(value):
        if token == b"(":
            depth += 1
        elif token == b")" and depth:
            depth -= 1
            kept.append(b" ")
        elif not depth:
            kept.append(token)
    known = TRANSFER_ENCODING.fullmatch(b"".join(kept).strip(b" \t"))
    if known is None or depth:
        raise MultiPartParserError(_("A part has an encoding that is not supported."))
    return known[1].lower()


class PartContent:
    """A check of a part's content: of its base64, and of the UTF-8 of the text of ``field``.

    Django's parser skips other characters in base64, and replaces bytes that are not UTF-8.
    """

    def __init__(self, field: str | None, is_base64: bool) -> None:
        self.field = field
        self.is_base64 = is_base64
        self._decoder = None if field is None else codecs.getincrementaldecoder("utf-8")()
        # Characters of base64 that make no whole byte yet.
        self._rest = b""
        self._padded = False
        self._length = 0

    def update(self, data: bytes) -> None:
        """Check the next bytes."""
        if self.is_base64:
            data = self._base64(data)
        self._decode(data)

    def end(self) -> None:
        """Check that the content is whole."""
        if self._length % 4:
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
        self._decode(b"", final=True)

    def _base64(self, data: bytes) -> bytes:
        data = data.translate(None, b" \t\r\n")
        if (self._padded and data.strip(b"=")) or not BASE64.fullmatch(data):
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
        self._length += len(data)
        self._padded = self._padded or data.endswith(b"=")
        if self._decoder is None:
            return b""
        data = self._rest + data
        whole = len(data) // 4 * 4
        self._rest = data[whole:]
        return base64.b64decode(data[:whole])

    def _decode(self, data: bytes, *, final: bool = False) -> None:
        if self._decoder is None or self.field is None:
            return
        try:
            self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise RefusedUpload(InvalidUTF8(self.field)) from error
