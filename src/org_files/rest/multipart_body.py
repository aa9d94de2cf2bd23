"""A bounded, strict reader of multipart bodies (RFC 2046 §5.1, RFC 7578)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from org_files.exceptions import OrgFilesError
from org_files.rest.multipart_parts import PartContent, PartHeaders

# Bytes and semicolons in the headers of a part: Django's parser takes quadratic time for these.
MAX_PART_HEADERS = 16 * 1024
MAX_PARAMETERS = 64

# Bytes of a block in which parts may begin. For each part, Django's parser copies the rest of the
# block several times. Blocks within a long part grow to ``BLOCK_SIZE``.
SMALL_BLOCK = 32 * 1024
BLOCK_SIZE = 256 * 1024

# Whole lines, each with a name (RFC 5322 §2.2). Django's parser skips other lines, and would cut
# off a file name that holds a line end.
PART_HEADERS = re.compile(rb"[ \t]*+(?:\r\n[!-9;-~]++[ \t]*+:[^\r\n]*+)*+")


class MultipartBody:
    """A stream that raises ``MultiPartParserError`` for a malformed body (RFC 2046 §5.1, RFC 7578).

    It takes time in proportion to the length of the body. Raises ``TooManyFieldsSent`` for more
    parts than the site allows, and ``RequestDataTooBig`` beyond ``max_size`` bytes.
    """

    max_size: int | None = None

    def __init__(self, stream: IO[bytes], boundary: bytes) -> None:
        self.stream = stream
        self.delimiter = b"--" + boundary
        #: Whether the closing delimiter has been read.
        self.closed = False
        self.received = 0
        self._parts = 0
        limits = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, settings.DATA_UPLOAD_MAX_NUMBER_FILES
        self._max_parts = None if None in limits else sum(limits)
        # Data to check. A body may begin with its first delimiter, as if a line ended before it.
        self._data = b"\r\n"
        self._content: PartContent | None = None
        #: Names of file parts, or their errors, by the keys that stand for them in the headers.
        self.file_names: dict[str, str | OrgFilesError] = {}
        self._block_size = SMALL_BLOCK

    def read(self, size: int = -1) -> bytes:
        """Return checked data of at least one block, up to the closing delimiter.

        Headers of parts are rewritten, so that Django's parser reads them as they were checked. The
        epilogue is read and discarded: Django's parser would take parts from it.
        """
        while not self.closed:
            parts = self._parts
            block = self._receive(self._block_size if size < 0 else min(size, self._block_size))
            if not block:
                return b""
            self._data += block
            checked = b"".join(self._check())
            larger = min(2 * self._block_size, BLOCK_SIZE)
            self._block_size = larger if self._parts == parts else SMALL_BLOCK
            if checked:
                return checked
        while self._receive(SMALL_BLOCK):
            pass
        return b""

    def _receive(self, size: int) -> bytes:
        """Return ``size`` bytes, or fewer at the end: Django's parser is slow on small blocks."""
        blocks: list[bytes] = []
        while size and (block := self.stream.read(size)):
            blocks.append(block)
            size -= len(block)
            self.received += len(block)
        if self.max_size is not None and self.received > self.max_size:
            raise RequestDataTooBig
        return b"".join(blocks)

    def _check(self) -> Iterator[bytes]:
        """Yield the data that is checked, and keep the rest."""
        data, delimiter, end = self._data, self.delimiter, 0
        while (found := data.find(delimiter, end)) >= 0:
            # A delimiter begins a line; Django's parser finds it anywhere, and would cut content.
            if found < 2 or data[found - 2 : found] != b"\r\n":
                raise MultiPartParserError(_("The boundary occurs within a part."))
            yield self._checked(data[end : found - 2])
            end, behind = found - 2, found + len(delimiter)
            self._data = data[end:]
            follows = data[behind : behind + 2]
            if len(follows) < 2:
                return
            self._end_part()
            if follows == b"--":
                self.closed = True
                yield b"\r\n" + delimiter + b"--"
                return
            if self._max_parts is not None and self._parts >= self._max_parts:
                raise TooManyFieldsSent
            headers_end = self._end_of_headers(data, behind)
            if headers_end < 0:
                return
            self._parts += 1
            yield b"\r\n" + delimiter + self._begin_part(data[behind:headers_end]) + b"\r\n"
            # One line end stays: an empty part's delimiter begins with it.
            end = headers_end + 2
        checked = max(end, len(data) - len(delimiter) - 2)
        self._data = data[checked:]
        yield self._checked(data[end:checked])

    def _checked(self, content: bytes) -> bytes:
        if self._content is not None:
            self._content.update(content)
        return content

    def _end_part(self) -> None:
        if self._content is not None:
            self._content.end()
        self._content = None

    def _begin_part(self, block: bytes) -> bytes:
        """Return the headers of a part for Django's parser, each with a line end in front."""
        headers = PartHeaders(block)
        if headers.name is None:
            self._content = None
            return b""
        is_file = headers.file_name is not None
        self._content = PartContent(None if is_file else headers.name, headers.is_base64)
        name = re.sub(r'(["\\])', r"\\\1", headers.name).encode()
        lines = b'\r\nContent-Disposition: form-data; name="' + name + b'"'
        if headers.file_name is not None:
            key = str(self._parts)
            self.file_names[key] = headers.file_name
            lines += f'; filename="{key}"'.encode()
        if headers.is_base64:
            lines += b"\r\nContent-Transfer-Encoding: base64"
        return lines

    def _end_of_headers(self, data: bytes, start: int) -> int:
        """Return the position of the line ends after a part's headers, or -1 before they arrive."""
        end = data.find(b"\r\n\r\n", start)
        until = len(data) if end < 0 else end
        if data.find(self.delimiter, start, until) >= 0:
            raise MultiPartParserError(_("The headers of a part do not end."))
        too_many = end >= 0 and data.count(b";", start, end) > MAX_PARAMETERS
        if until - start > MAX_PART_HEADERS or too_many:
            raise MultiPartParserError(_("The headers of a part are too long."))
        if end >= 0 and not PART_HEADERS.fullmatch(data, start, end):
            raise MultiPartParserError(_("The headers of a part are malformed."))
        return end
