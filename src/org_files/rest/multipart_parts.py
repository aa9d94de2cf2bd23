"""Headers and contents of single parts of a multipart body, checked."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterable, Iterator
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
    #: As of ``Disposition``.
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
            names = Disposition(disposition)
            self.name, self.file_name = names.name, names.file_name

    def decoded(self, blocks: Iterable[bytes | memoryview]) -> Iterable[bytes | memoryview]:
        """Return the content of the part, of which ``blocks`` are sent."""
        return decode_base64(blocks) if self.is_base64 else blocks


class Disposition:
    """The names in a Content-Disposition: of a field, and of a file.

    Raises ``MultiPartParserError`` for a malformed one, and ``RefusedUpload`` for a name of a field
    that is not UTF-8. Of a part, a file without a field has no name.
    """

    name: str | None = None
    #: The error of one that cannot be decoded; ``None`` where there is none.
    file_name: str | OrgFilesError | None = None

    def __init__(self, disposition: bytes, *, is_of_part: bool = True) -> None:
        text = disposition.decode("utf-8", "replace")
        extended = [found for found in EXTENDED_NAME.finditer(text) if found[1]]
        bare = EXTENDED_NAME.sub(lambda found: "" if found[1] else found[0], text)
        parameters = _parameters(bare)
        if "name" in parameters and is_of_part:
            self.name = parameters["name"].strip()
            if REPLACEMENT in self.name:
                raise RefusedUpload(InvalidUTF8(self.name))
        elif is_of_part:
            return
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


def decode_base64(blocks: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield the content of a part in base64. Raises ``MultiPartParserError`` for anything else."""
    rest, padded = b"", False
    for block in blocks:
        data = rest + bytes(block).translate(None, b" \t\r\n")
        cut = len(data) // 4 * 4
        whole, rest = data[:cut], data[cut:]
        if (padded and data) or not BASE64.fullmatch(whole):
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
        padded = padded or whole.endswith(b"=")
        yield base64.b64decode(whole)
    if rest:
        raise MultiPartParserError(_("A part's base64 cannot be decoded."))
