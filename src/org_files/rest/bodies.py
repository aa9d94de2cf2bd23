"""Check of the raw body of a multipart request, which Django's parser reads through it."""

from __future__ import annotations

import re
from typing import IO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

MAX_PART_HEADERS = 16 * 1024

# Semicolons in the headers of a part: Django's parser takes quadratic time for parameters.
MAX_PARAMETERS = 64

# Bytes of a block in which parts may begin. For each part, Django's parser copies the rest of the
# block several times. Blocks within a long part grow to ``BLOCK_SIZE``.
SMALL_BLOCK = 32 * 1024
BLOCK_SIZE = 256 * 1024

# Whole lines, each with a name (RFC 5322 §2.2). Django's parser skips other lines, and would cut
# off a file name that holds a line end.
PART_HEADERS = re.compile(rb"[ \t]*+(?:\r\n[!-9;-~]++[ \t]*+:[^\r\n]*+)*+")

BASE64_HEADER = re.compile(
    rb"^content-transfer-encoding[ \t]*+:[ \t]*+base64[ \t]*+(?:;|\r?$)", re.I | re.M
)
BASE64 = re.compile(rb"[A-Za-z0-9+/]*+={0,2}+")


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
        #: Bytes read.
        self.received = 0
        self._parts = 0
        limits = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, settings.DATA_UPLOAD_MAX_NUMBER_FILES
        self._max_parts = None if None in limits else sum(limits)
        # Data to check. A body may begin with its first delimiter, as if a line ended before it.
        self._data = b"\r\n"
        # Bytes of it that have been searched for the end of headers.
        self._searched = 0
        self._in_headers = False
        self._base64: _Base64 | None = None
        self._block_size = SMALL_BLOCK

    def read(self, size: int = -1) -> bytes:
        """Return the next block, of at most ``size`` bytes, up to the closing delimiter.

        The epilogue is read and discarded: Django's parser would take parts from it.
        """
        if self.closed:
            while self._receive(SMALL_BLOCK):
                pass
            return b""
        parts = self._parts
        block = self._receive(self._block_size if size < 0 else min(size, self._block_size))
        self._data += block
        end = self._check()
        in_one_part = self._parts == parts
        self._block_size = min(2 * self._block_size, BLOCK_SIZE) if in_one_part else SMALL_BLOCK
        epilogue = len(self._data) - end if self.closed else 0
        self._data = self._data[end:]
        return block[: len(block) - epilogue]

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

    def _check(self) -> int:
        """Check the data. Return the position up to which the check is complete."""
        position, searched = 0, self._searched
        while not self.closed:
            if self._in_headers:
                end = self._end_of_headers(position, searched)
                if end is None:
                    break
                # One line end stays: an empty part's delimiter begins with it.
                position = end + 2
            else:
                position, is_delimiter = self._end_of_content(position)
                if not is_delimiter:
                    break
                searched = position
        self._searched = len(self._data) - position if self._in_headers else 0
        return position

    def _end_of_headers(self, start: int, searched: int) -> int | None:
        """Return the position of the line ends after a part's headers, if they have arrived."""
        data, delimiter = self._data, self.delimiter
        end = data.find(b"\r\n\r\n", max(searched - 3, start))
        until = len(data) if end < 0 else end
        if data.find(delimiter, max(searched - len(delimiter), start), until) >= 0:
            raise MultiPartParserError(_("The headers of a part do not end."))
        if until - start > MAX_PART_HEADERS:
            raise MultiPartParserError(_("The headers of a part are too long."))
        if end < 0:
            return None
        if data.count(b";", start, end) > MAX_PARAMETERS:
            raise MultiPartParserError(_("The headers of a part are too long."))
        if not PART_HEADERS.fullmatch(data, start, end):
            raise MultiPartParserError(_("The headers of a part are malformed."))
        self._base64 = _Base64() if BASE64_HEADER.search(data, start, end + 2) else None
        self._in_headers = False
        return end

    def _end_of_content(self, start: int) -> tuple[int, bool]:
        """Return the position at which content ends so far, or that after a whole delimiter."""
        data = self._data
        found = data.find(self.delimiter, start)
        is_found = found >= 0
        end = found - 2 if is_found else max(start, len(data) - len(self.delimiter) - 2)
        # A delimiter begins a line; Django's parser finds it anywhere, and would cut content.
        if is_found and data[max(end, 0) : found] != b"\r\n":
            raise MultiPartParserError(_("The boundary occurs within a part."))
        if self._base64 is not None:
            self._base64.update(data[start:end])
        behind = found + len(self.delimiter)
        follows = data[behind : behind + 2]
        if not is_found or len(follows) < 2:
            return end, False
        if self._base64 is not None:
            self._base64.end()
            self._base64 = None
        if follows == b"--":
            self.closed = True
            return behind + 2, True
        self._parts += 1
        if self._max_parts is not None and self._parts > self._max_parts:
            raise TooManyFieldsSent
        self._in_headers = True
        return behind, True


class _Base64:
    """A check that the base64 of a part is valid; Django's parser skips other characters."""

    def __init__(self) -> None:
        self.length = 0
        self.padded = False

    def update(self, data: bytes) -> None:
        data = data.translate(None, b" \t\r\n")
        if (self.padded and data.strip(b"=")) or not BASE64.fullmatch(data):
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
        self.length += len(data)
        self.padded = self.padded or data.endswith(b"=")

    def end(self) -> None:
        if self.length % 4:
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
