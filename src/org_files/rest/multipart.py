"""Multipart uploads: a bounded, strict reader of bodies around Django's parser.

Django's parser reads through ``MultipartBody``, which refuses a malformed body, and writes through
``_Handler``, which takes files only in the fields that a view names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext as _

from org_files.exceptions import OrgFilesError
from org_files.files import Fingerprint, Fingerprinter, storage_errors
from org_files.files.uploads import TemporaryUpload
from org_files.rest.errors import RefusedUpload
from org_files.rest.parsers import refuse_unexpected_files

# Bytes of a refused file that are read and discarded. Most clients read the answer only after they
# have sent the whole request, and would otherwise see a closed connection.
MAX_DISCARDED = 64 * 1024 * 1024

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

BASE64_HEADER = re.compile(
    rb"^content-transfer-encoding[ \t]*+:[ \t]*+base64[ \t]*+(?:;|\r?$)", re.I | re.M
)
BASE64 = re.compile(rb"[A-Za-z0-9+/]*+={0,2}+")


class ReceivedFile(TemporaryUpload):
    """A file on disk, measured while it was received, and removed with the request."""

    #: The name as the client sent it.
    client_name: str
    fingerprint: Fingerprint


def receive_uploads(request: HttpRequest, max_size: int | None, file_fields: Sequence[str]) -> None:
    """Let this module read the body of ``request``.

    Under sessions, the CSRF check reads it before any parser of a view. ``max_size`` is the largest
    file accepted, in bytes, or ``None`` for no limit. A file outside ``file_fields`` is refused at
    its headers.
    """
    if hasattr(request, "_files"):  # a middleware of the site has read the body
        return
    handler = _Handler(request, max_size, file_fields)
    request.upload_handlers = [handler]
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    max_body_size = None if file_fields or limit is None else limit + MAX_DISCARDED

    def parse(META: Any, post_data: Any) -> Any:
        parser = _Parser(META, post_data, request.upload_handlers, request.encoding)
        parser.handler, parser.body.max_size = handler, max_body_size
        return parser.parse()

    request.parse_file_upload = parse  # type: ignore[method-assign]


class _Parser(MultiPartParser):
    handler: _Handler
    # Of the parent, whose stubs leave them out.
    _boundary: bytes
    _content_length: int

    def __init__(self, META: Any, input_data: Any, *args: Any) -> None:
        super().__init__(META, input_data, *args)
        self._input_data = self.body = MultipartBody(input_data, self._boundary)

    def parse(self) -> Any:
        try:
            post, files = super().parse()
        except RequestDataTooBig:
            self.handler.upload_complete()  # raises the error of a file refused before
            raise
        finally:
            # Django calls this for a body that ends too early, but not after an error.
            self.handler.upload_interrupted()
        message = None
        if self._content_length and not self.body.closed:
            message = _("The closing boundary is missing.")
        elif self.body.received < self._content_length:
            message = _("The request ended before its body did.")
        if message is not None:
            for _name, received in files.lists():
                for file in received:
                    file.close()
            raise MultiPartParserError(message)
        return post, files

    def sanitize_file_name(self, file_name: str) -> str:
        return file_name  # ``clean_name`` is the rule for all names


class _Handler(FileUploadHandler):
    chunk_size = BLOCK_SIZE

    def __init__(
        self, request: HttpRequest, max_size: int | None, file_fields: Sequence[str]
    ) -> None:
        super().__init__(request)
        self.max_size = max_size
        self.file_fields = file_fields
        # Django's parser closes an attribute with the name "file", also while it is None.
        self.receiving: ReceivedFile | None = None
        self.refusal: OrgFilesError | None = None
        self.discarded = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        if self.refusal is not None:
            return
        with self._refusing():
            refuse_unexpected_files([field_name], self.file_fields)
            self.receiving = ReceivedFile()
            # Browsers send quotation marks so (HTML, multipart/form-data encoding algorithm).
            self.receiving.client_name = file_name.replace("%22", '"')
            self.measured = Fingerprinter(self.max_size)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._refusing():
            if self.receiving is not None:
                self.measured.update(raw_data)
                self.receiving.write(raw_data)
                return
        self.discarded += len(raw_data)
        if self.discarded > MAX_DISCARDED:
            raise StopUpload(connection_reset=True)

    def file_complete(self, file_size: int) -> ReceivedFile | None:
        file, self.receiving = self.receiving, None
        if file is None:
            return None
        with self._refusing():
            file.flush()
        file.seek(0)
        file.size = self.measured.size
        file.fingerprint = self.measured.result()
        return file

    def upload_interrupted(self) -> None:
        file, self.receiving = self.receiving, None
        if file is not None:
            file.close()

    def upload_complete(self) -> None:
        self.upload_interrupted()
        if self.refusal is not None:
            raise RefusedUpload(self.refusal)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Keep an error instead of raising it, and drop the file: the body is read on."""
        try:
            with storage_errors():
                yield
        except OrgFilesError as error:
            self.refusal = error
            self.upload_interrupted()


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
        data, delimiter, end = self._data, self.delimiter, 0
        while (found := data.find(delimiter, end)) >= 0:
            # A delimiter begins a line; Django's parser finds it anywhere, and would cut content.
            if found < 2 or data[found - 2 : found] != b"\r\n":
                raise MultiPartParserError(_("The boundary occurs within a part."))
            if self._base64 is not None:
                self._base64.update(data[end : found - 2])
            end, behind = found - 2, found + len(delimiter)
            follows = data[behind : behind + 2]
            if len(follows) < 2:
                return end
            if self._base64 is not None:
                self._base64.end()
            if follows == b"--":
                self.closed = True
                return behind + 2
            if self._max_parts is not None and self._parts >= self._max_parts:
                raise TooManyFieldsSent
            headers_end = self._end_of_headers(behind)
            if headers_end < 0:
                return end
            self._parts += 1
            # One line end stays: an empty part's delimiter begins with it.
            end = headers_end + 2
        checked = max(end, len(data) - len(delimiter) - 2)
        if self._base64 is not None:
            self._base64.update(data[end:checked])
        return checked

    def _end_of_headers(self, start: int) -> int:
        """Return the position of the line ends after a part's headers, or -1 before they arrive."""
        data = self._data
        end = data.find(b"\r\n\r\n", start)
        until = len(data) if end < 0 else end
        if data.find(self.delimiter, start, until) >= 0:
            raise MultiPartParserError(_("The headers of a part do not end."))
        too_many = end >= 0 and data.count(b";", start, end) > MAX_PARAMETERS
        if until - start > MAX_PART_HEADERS or too_many:
            raise MultiPartParserError(_("The headers of a part are too long."))
        if end >= 0:
            if not PART_HEADERS.fullmatch(data, start, end):
                raise MultiPartParserError(_("The headers of a part are malformed."))
            self._base64 = _Base64() if BASE64_HEADER.search(data, start, end + 2) else None
        return end


class _Base64:
    """A check that the base64 of a part is valid; Django's parser skips other characters."""

    length = 0
    padded = False

    def update(self, data: bytes) -> None:
        data = data.translate(None, b" \t\r\n")
        if (self.padded and data.strip(b"=")) or not BASE64.fullmatch(data):
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
        self.length += len(data)
        self.padded = self.padded or data.endswith(b"=")

    def end(self) -> None:
        if self.length % 4:
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
