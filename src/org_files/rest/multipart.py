"""Multipart uploads: a bounded, strict reader of bodies around Django's parser.

Django's parser does the work. It reads through ``_Body``, which refuses what the parser would pass
(a missing closing boundary, invalid base64, too many parts), and writes through ``_Handler``, which
takes files only in the fields that a view names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from org_files.exceptions import InvalidField, OrgFilesError, UnexpectedFile
from org_files.files import Fingerprint, Fingerprinter, storage_errors

__all__ = ["ReceivedFile", "RefusedUpload", "receive_uploads", "refuse_unexpected_files"]

# Bytes of a refused file that are read and discarded. Most clients read the answer only after they
# have sent the whole request, and would otherwise see a closed connection.
MAX_DISCARDED = 64 * 1024 * 1024

MAX_PART_HEADERS = 16 * 1024

# Semicolons in the headers of a part: Django's parser takes quadratic time for parameters.
MAX_PARAMETERS = 64

# Bytes of a block in which parts may begin. For each part, Django's parser copies the rest of the
# block several times. Blocks within a long part grow to the size that the parser asks for.
SMALL_BLOCK = 32 * 1024

# Whole lines, each with a name (RFC 5322 §2.2). Django's parser skips other lines, and would cut
# off a file name that holds a line end.
PART_HEADERS = re.compile(rb"[ \t]*+(?:\r\n[!-9;-~]++[ \t]*+:[^\r\n]*+)*+")

BASE64_HEADER = re.compile(
    rb"^content-transfer-encoding[ \t]*+:[ \t]*+base64[ \t]*+(?:;|\r?$)", re.I | re.M
)
BASE64 = re.compile(rb"[A-Za-z0-9+/]*+={0,2}+")


class RefusedUpload(MultiPartParserError):
    """One of our errors, in the form that Django expects of its parser."""

    def __init__(self, reason: OrgFilesError) -> None:
        self.reason = reason
        super().__init__(reason.message)


class ReceivedFile(TemporaryUploadedFile):
    """A file on disk, measured while it was received, and removed with the request."""

    #: The name as the client sent it.
    client_name: str
    fingerprint: Fingerprint


def receive_uploads(
    request: HttpRequest, max_size: int | None, file_fields: Sequence[str] = ()
) -> None:
    """Have the body of ``request`` read by this module.

    Under sessions the CSRF check reads the body, before any parser of a view does. ``max_size`` is
    the largest file accepted, in bytes, or ``None`` for no limit. A file in another field than
    ``file_fields`` is refused at its headers.
    """
    if hasattr(request, "_files"):  # a middleware of the site has read the body
        return
    request.upload_handlers = [_Handler(request, max_size, file_fields)]
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    max_body_size = None if file_fields or limit is None else limit + MAX_DISCARDED
    request.parse_file_upload = partial(  # type: ignore[method-assign]
        _parse, request, max_body_size
    )


def refuse_unexpected_files(names: Iterable[str], file_fields: Sequence[str]) -> None:
    """Raise ``OrgFilesError`` for a file under a name of ``names`` that is not in ``file_fields``.

    ``UnexpectedFile`` where no file is taken, else ``InvalidField``.
    """
    if all(name in file_fields for name in names):
        return
    if not file_fields:
        raise UnexpectedFile
    raise InvalidField(file_fields[0], _("Send the file in this field, and in no other."))


def _parse(
    request: HttpRequest, max_size: int | None, META: dict[str, Any], post_data: IO[bytes]
) -> tuple[QueryDict, MultiValueDict[str, Any]]:
    return _Parser(META, post_data, request.upload_handlers, request.encoding, max_size).parse()


class _Parser(MultiPartParser):
    # Of the parent, whose stubs leave them out.
    _boundary: bytes
    _content_length: int
    _upload_handlers: list[FileUploadHandler]

    def __init__(
        self, META: Any, input_data: Any, handlers: Any, encoding: Any, max_size: int | None
    ) -> None:
        super().__init__(META, input_data, handlers, encoding)
        self._input_data = self.body = _Body(input_data, self._boundary, max_size)

    def parse(self) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        """Parse the body; raise ``MultiPartParserError`` unless it is whole."""
        try:
            post, files = super().parse()
        except RequestDataTooBig:
            for handler in self._upload_handlers:
                handler.upload_complete()  # raises the error of a file refused before
            raise
        finally:
            # Django calls this for a body that ends too early, but not after an error.
            for handler in self._upload_handlers:
                handler.upload_interrupted()
        if self._content_length and not self.body.closed:
            _close(files)
            raise MultiPartParserError(_("The closing boundary is missing."))
        if self.body.received < self._content_length:
            _close(files)
            raise MultiPartParserError(_("The request ended before its body did."))
        return post, files

    def sanitize_file_name(self, file_name: str) -> str:
        """Return ``file_name`` unchanged: ``clean_name`` is the rule for all names."""
        return file_name


def _close(files: MultiValueDict[str, Any]) -> None:
    for _name, received in files.lists():
        for file in received:
            file.close()


class _Handler(FileUploadHandler):
    chunk_size = 256 * 1024

    def __init__(
        self, request: HttpRequest, max_size: int | None, file_fields: Sequence[str]
    ) -> None:
        super().__init__(request)
        self.max_size = max_size
        self.file_fields = file_fields
        # Not "file": Django's parser would close an attribute of that name, also while it is None.
        self.receiving: ReceivedFile | None = None
        self.refusal: OrgFilesError | None = None
        self.discarded = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        if self.refusal is not None:
            return
        with self._refusing():
            refuse_unexpected_files([field_name], self.file_fields)
            self.receiving = ReceivedFile("upload", "", 0, None)
            # As browsers send quotation marks (HTML, multipart/form-data encoding algorithm).
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
        self._drop()

    def upload_complete(self) -> None:
        self._drop()
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
            self._drop()

    def _drop(self) -> None:
        file, self.receiving = self.receiving, None
        if file is not None:
            file.close()


class _Body:
    """The raw body, checked while it is read (RFC 2046 §5.1, RFC 7578).

    Takes time in proportion to its length, whatever the size of the blocks that it is read in.
    """

    def __init__(self, stream: IO[bytes], boundary: bytes, max_size: int | None = None) -> None:
        self.stream = stream
        self.delimiter = b"--" + boundary
        self.max_size = max_size
        self.closed = False
        #: Bytes read.
        self.received = 0
        self._parts = 0
        self._max_parts = _max_parts()
        # What has been read and not yet checked. A body may begin with its first delimiter, as if a
        # line had ended before it.
        self._data = b"\r\n"
        # How much of that was searched for the end of headers.
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
        self._block_size = SMALL_BLOCK if self._parts > parts else 2 * self._block_size
        self._block_size = min(self._block_size, _Handler.chunk_size)
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
        """Check the data; return the position up to which it needs no further look."""
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
        """Return the position of the line ends behind a part's headers, if they are there."""
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
        """Return up to where the data is content, or the position behind a whole delimiter."""
        data = self._data
        found = data.find(self.delimiter, start)
        if found < 0:
            end = max(start, len(data) - len(self.delimiter) - 2)
            self._check_content(start, end)
            return end, False
        # A delimiter begins a line. Django's parser takes it anywhere, and would cut a content.
        if data[max(found - 2, 0) : found] != b"\r\n":
            raise MultiPartParserError(_("The boundary occurs within a part."))
        behind = found + len(self.delimiter)
        follows = data[behind : behind + 2]
        self._check_content(start, found - 2)
        if len(follows) < 2:
            return found - 2, False
        if self._base64 is not None:
            self._base64.end()
            self._base64 = None
        if follows == b"--":
            self.closed = True
            return behind + 2, True
        self._parts += 1
        if self._max_parts is not None and self._parts > self._max_parts:
            raise TooManyFieldsSent("The body has more parts than the site allows.")
        self._in_headers = True
        return behind, True

    def _check_content(self, start: int, end: int) -> None:
        if self._base64 is not None:
            self._base64.update(self._data[start:end])


def _max_parts() -> int | None:
    """Return how many parts the site's limits allow: Django's parser counts each kind of them."""
    fields = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    files = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    return None if fields is None or files is None else fields + files


class _Base64:
    """A check that all of a part's base64 can be decoded, without guessing."""

    def __init__(self) -> None:
        self.length = 0
        self.padded = False

    def update(self, data: bytes) -> None:
        data = data.translate(None, b" \t\r\n")
        if not data:
            return
        if (self.padded and data.strip(b"=")) or not BASE64.fullmatch(data):
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
        self.length += len(data)
        self.padded = self.padded or data.endswith(b"=")

    def end(self) -> None:
        if self.length % 4:
            raise MultiPartParserError(_("A part's base64 cannot be decoded."))
