"""Uploads as they come in: measured, bounded, and refused where Django's parser would guess.

Django's multipart parser does the work. Around it stands a reader that checks what the parser
lets pass (a missing closing boundary, base64 that is none), and behind it one upload handler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from org_files.exceptions import OrgFilesError
from org_files.files import Fingerprint, Fingerprinter, storage_errors
from org_files.files.temporary import TemporaryUpload

__all__ = ["ReceivedFile", "RefusedUpload", "receive_uploads"]

# What is read and thrown away of a file that is too large, so that the client, which reads no
# answer before it has sent its request, sees the answer and not a closed connection.
MAX_DISCARDED = 64 * 1024 * 1024

MAX_PART_HEADERS = 16 * 1024

# Whole lines, each with a name (RFC 5322 §2.2). Django's parser skips any other, and so would take
# what stands before a line end in a file's name for all of it.
PART_HEADERS = re.compile(rb"[ \t]*(?:\r\n[!-9;-~]+[ \t]*:[^\r\n]*+)*")

BASE64_HEADER = re.compile(
    rb"^content-transfer-encoding[ \t]*:[ \t]*base64[ \t]*(?:;|\r?$)", re.I | re.M
)
BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


class RefusedUpload(MultiPartParserError):
    """One of our errors, in the form that Django expects of its parser."""

    def __init__(self, reason: OrgFilesError) -> None:
        self.reason = reason
        super().__init__(reason.message)


class ReceivedFile(TemporaryUpload):
    """A file on disk, measured while it came in, that disappears with the request."""

    #: The name that the client sent, as it sent it.
    client_name: str
    fingerprint: Fingerprint


def receive_uploads(request: HttpRequest, max_size: int | None) -> None:
    """Have ``request``'s body read by this module, whoever asks for it first.

    Under sessions that is the CSRF check, which comes before any parser of a view. ``max_size`` is
    the largest file accepted, in bytes, or ``None`` for no limit.
    """
    if hasattr(request, "_files"):  # a middleware of the site has read the body
        return
    request.upload_handlers = [_Handler(request, max_size)]
    request.parse_file_upload = partial(_parse, request)  # type: ignore[method-assign]


def _parse(
    request: HttpRequest, META: dict[str, Any], post_data: IO[bytes]
) -> tuple[QueryDict, MultiValueDict[str, Any]]:
    return _Parser(META, post_data, request.upload_handlers, request.encoding).parse()


class _Parser(MultiPartParser):
    # Of the parent, whose stubs leave them out.
    _boundary: bytes
    _content_length: int
    _upload_handlers: list[FileUploadHandler]

    def __init__(self, META: Any, input_data: Any, handlers: Any, encoding: Any) -> None:
        super().__init__(META, input_data, handlers, encoding)
        self._input_data = self.body = _Body(input_data, self._boundary)

    def parse(self) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        """Parse the body; raise ``MultiPartParserError`` unless it is whole."""
        try:
            post, files = super().parse()
        finally:
            # Django tells its handlers of a body that ends too early, not of one that breaks off.
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
        """Leave the name alone: one rule for all names decides, and refuses aloud."""
        return file_name


def _close(files: MultiValueDict[str, Any]) -> None:
    for _name, received in files.lists():
        for file in received:
            file.close()


class _Handler(FileUploadHandler):
    chunk_size = 256 * 1024

    def __init__(self, request: HttpRequest, max_size: int | None) -> None:
        super().__init__(request)
        self.max_size = max_size
        # Not "file", which Django's parser would close, and which is None in between.
        self.receiving: ReceivedFile | None = None
        self.refusal: OrgFilesError | None = None
        self.discarded = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        with self._refusing():
            self.receiving = ReceivedFile()
            # As browsers send quotation marks (HTML, multipart/form-data encoding algorithm).
            self.receiving.client_name = file_name.replace("%22", '"')
            self.measured = Fingerprinter(self.max_size)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._refusing():
            if self.refusal is None and self.receiving is not None:
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
        """Remember an error instead of raising it, and drop the file: the rest is to be read."""
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
    """The raw body, watched as it is read (RFC 2046 §5.1, RFC 7578)."""

    def __init__(self, stream: IO[bytes], boundary: bytes) -> None:
        self.stream = stream
        self.delimiter = b"--" + boundary
        self.closed = False
        #: Bytes read.
        self.received = 0
        # As if a line had ended before: a body may begin with its first delimiter.
        self._rest = b"\r\n"
        self._in_headers = False
        self._base64: _Base64 | None = None

    def read(self, size: int = -1) -> bytes:
        """Read from the stream, and take note."""
        block = self.stream.read(size)
        self.received += len(block)
        if not self.closed:
            self._watch(block)
        return block

    def _watch(self, block: bytes) -> None:
        data = self._rest + block
        while True:
            found = data.find(self.delimiter)
            # A delimiter begins a line. Django's parser takes it anywhere, and would cut a content.
            if found >= 0 and data[max(found - 2, 0) : found] != b"\r\n":
                raise MultiPartParserError(_("The boundary occurs within a part."))
            if self._in_headers:
                end = data.find(b"\r\n\r\n")
                if end < 0 <= found or 0 <= found < end:
                    raise MultiPartParserError(_("The headers of a part do not end."))
                if end < 0:
                    if len(data) > MAX_PART_HEADERS:
                        raise MultiPartParserError(_("The headers of a part are too long."))
                    break
                if not PART_HEADERS.fullmatch(data, 0, end):
                    raise MultiPartParserError(_("The headers of a part are malformed."))
                self._base64 = _Base64() if BASE64_HEADER.search(data[: end + 2]) else None
                # One line end stays: an empty part's delimiter begins with it.
                data = data[end + 2 :]
                self._in_headers = False
                continue
            if found < 0:
                keep = len(self.delimiter) + 2
                self._part(data[:-keep])
                data = data[-keep:]
                break
            follows = data[found + len(self.delimiter) :][:2]
            if len(follows) < 2:
                break
            self._part(data[: found - 2], ends=True)
            if follows == b"--":
                self.closed = True
                return
            data = data[found + len(self.delimiter) :]
            self._in_headers = True
        self._rest = data

    def _part(self, data: bytes, *, ends: bool = False) -> None:
        if self._base64 is not None:
            self._base64.update(data)
            if ends:
                self._base64.end()
                self._base64 = None


class _Base64:
    """Whether a part's base64 can be decoded, all of it, and without guessing."""

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
