"""A bounded, strict reader of multipart bodies (RFC 2046 §5.1, RFC 7578)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO

from django.core.exceptions import RequestDataTooBig
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from org_files.rest.multipart_parts import PartHeaders
from org_files.rest.parsers import read_blocks

# Bytes and semicolons in the headers of a part, which take more than linear time.
MAX_PART_HEADERS = 16 * 1024
MAX_PARAMETERS = 64

# Whole lines, each with a name (RFC 5322 §2.2).
PART_HEADERS = re.compile(rb"[ \t]*+(?:\r\n[!-9;-~]++[ \t]*+:[^\r\n]*+)*+")


class MultipartBody:
    """A reader of the parts of a body, in time in proportion to the length of the body.

    Raises ``MultiPartParserError`` for a body that is malformed or shorter than ``length`` bytes,
    and ``RequestDataTooBig`` beyond ``max_size`` bytes.
    """

    #: Bytes of the first block. Each is twice as long as the one before: servers copy less in long
    #: reads.
    block_size = 32 * 1024
    max_block_size = 1024 * 1024

    def __init__(
        self,
        stream: IO[bytes],
        boundary: bytes,
        length: int = 0,
        max_size: int | None = None,
        on_block: Callable[[bytes], None] | None = None,
    ) -> None:
        self.on_block = on_block
        self.stream = stream
        self.length = length
        self.delimiter = b"--" + boundary
        self.max_size = max_size
        self._received = 0
        self._closed = False
        # Data to check. A body may begin with its first delimiter, as if a line ended before it.
        self._data = b"\r\n"
        self._in_part = False

    def __iter__(self) -> Iterator[PartHeaders | memoryview | None]:
        """Yield the headers of each part, then its content in blocks, and ``None`` at its end.

        What precedes the first part and follows the last one is read and discarded.
        """
        size = self.block_size
        while not self._closed:
            blocks = self._receive(size)
            if not blocks:
                raise MultiPartParserError(_("The closing boundary is missing."))
            self._data = b"".join([self._data, *blocks])
            del blocks  # which would stay in memory while their copy is processed
            yield from self._split(self._data)
            size = min(2 * size, self.max_block_size)
        while self._receive(self.block_size):
            pass
        if self._received < self.length:
            raise MultiPartParserError(_("The request ended before its body did."))

    def _receive(self, size: int) -> list[bytes]:
        """Return blocks of ``size`` bytes together, or fewer at the end."""
        blocks = read_blocks(self.stream, size)
        self._received += sum(map(len, blocks))
        if self.on_block is not None:
            for block in blocks:
                self.on_block(block)
        if self.max_size is not None and self._received > self.max_size:
            raise RequestDataTooBig
        return blocks

    def _split(self, data: bytes) -> Iterator[PartHeaders | memoryview | None]:
        """Yield what ``data`` certainly holds, and keep the rest."""
        delimiter, view, end = self.delimiter, memoryview(data), 0
        while (found := data.find(delimiter, end)) >= 0:
            # A delimiter begins a line.
            if found < 2 or data[found - 2 : found] != b"\r\n":
                raise MultiPartParserError(_("The boundary occurs within a part."))
            if self._in_part and end < found - 2:
                yield view[end : found - 2]
            end, behind = found - 2, found + len(delimiter)
            follows = data[behind : behind + 2]
            if len(follows) < 2:
                break
            if self._in_part:
                self._in_part = False
                yield None
            if follows == b"--":
                self._closed = True
                break
            headers_end = self._end_of_headers(data, behind)
            content = headers_end + 4
            if headers_end < 0 or len(data) < content + len(delimiter):
                break
            yield PartHeaders(data[behind:headers_end])
            self._in_part = True
            # The delimiter behind a part without content begins with the end of the empty line.
            end = content - 2 if data.startswith(delimiter, content) else content
        else:
            checked = max(end, len(data) - len(delimiter) - 2)
            if self._in_part and end < checked:
                yield view[end:checked]
            end = checked
        self._data = data[end:]

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
