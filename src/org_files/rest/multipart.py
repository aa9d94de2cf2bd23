"""Multipart uploads: a bounded, strict reader of bodies around Django's parser.

Django's parser reads through ``MultipartBody``, which refuses a malformed body, and writes through
``_Handler``, which takes files only in the fields that a view names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext as _

from org_files.exceptions import InvalidUTF8, OrgFilesError
from org_files.files import Fingerprint, Fingerprinter, storage_errors
from org_files.files.uploads import TemporaryUpload
from org_files.http.encoding import MULTIPART, REPLACEMENT, refuse_replaced
from org_files.rest.errors import RefusedUpload
from org_files.rest.multipart_body import BLOCK_SIZE, MultipartBody
from org_files.rest.parsers import refuse_unexpected_files

# Bytes of a form without files beyond its fields: delimiters and headers of parts.
MAX_OVERHEAD = 1024 * 1024


class ReceivedFile(TemporaryUpload):
    """A file on disk, measured while it was received, and removed with the request."""

    #: The name as the client sent it, or the error of one that cannot be decoded.
    sent_name: str | OrgFilesError
    fingerprint: Fingerprint

    @property
    def client_name(self) -> str:
        """The name of the part. Raises ``InvalidField`` or ``InvalidUTF8``."""
        if isinstance(self.sent_name, OrgFilesError):
            raise self.sent_name
        # Browsers send quotation marks so (HTML, multipart/form-data encoding algorithm).
        return self.sent_name.replace("%22", '"')


def receive_uploads(request: HttpRequest, max_size: int | None, file_fields: Sequence[str]) -> None:
    """Let this module read the body of ``request``.

    Under sessions, the CSRF check reads it before any parser of a view. ``max_size`` is the largest
    file accepted, in bytes, or ``None`` for no limit. A file outside ``file_fields`` is refused at
    its headers.
    """
    if hasattr(request, "_files"):  # a middleware of the site has read the body
        return
    # A charset of the body would change how Django reads the query.
    request._encoding = "utf-8"  # type: ignore[attr-defined]
    vars(request).pop("GET", None)
    handler = _Handler(request, max_size, file_fields)
    request.upload_handlers = [handler]
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    max_body_size = None if file_fields or limit is None else limit + MAX_OVERHEAD

    def parse(META: Any, post_data: Any) -> Any:
        parser = _Parser(META, post_data, request.upload_handlers, request.encoding)
        parser.handler, parser.body.max_size = handler, max_body_size
        handler.file_names = parser.body.file_names
        return parser.parse()

    request.parse_file_upload = parse  # type: ignore[method-assign]


def refuse_replaced_earlier(request: HttpRequest) -> None:
    """Raise ``InvalidUTF8`` for a replacement character in a form that a middleware has read."""
    was_read = hasattr(request, "_files") and "parse_file_upload" not in vars(request)
    if was_read and request.content_type == MULTIPART:
        refuse_replaced(request)


def client_name(upload: Any) -> str:
    """Return the name that came with a file. Raises ``InvalidField`` or ``InvalidUTF8``."""
    if isinstance(upload, ReceivedFile):
        return upload.client_name
    if REPLACEMENT in upload.name:  # Django parsed it, for a middleware of the site.
        raise InvalidUTF8("file")
    return str(upload.name)


class _Parser(MultiPartParser):
    handler: _Handler
    # Of the parent, whose stubs leave them out.
    _boundary: bytes
    _content_length: int

    def __init__(self, META: Any, input_data: Any, *args: Any) -> None:
        # A media type has no case (RFC 9110 §8.3.1); Django compares that of the header.
        media_type, semicolon, parameters = META["CONTENT_TYPE"].partition(";")
        content_type = media_type.lower() + semicolon + parameters
        super().__init__(META | {"CONTENT_TYPE": content_type}, input_data, *args)
        self._input_data = self.body = MultipartBody(input_data, self._boundary)

    def parse(self) -> Any:
        try:
            post, files = super().parse()
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
        return file_name  # a key of ``MultipartBody.file_names``


class _Handler(FileUploadHandler):
    chunk_size = BLOCK_SIZE
    #: Names of file parts by the keys that ``MultipartBody`` writes in their place.
    file_names: Mapping[str, str | OrgFilesError]

    def __init__(
        self, request: HttpRequest, max_size: int | None, file_fields: Sequence[str]
    ) -> None:
        super().__init__(request)
        self.max_size = max_size
        self.file_fields = file_fields
        # Django's parser closes an attribute with the name "file", also while it is None.
        self.receiving: ReceivedFile | None = None

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        with _refusing():
            refuse_unexpected_files([field_name], self.file_fields)
            self.receiving = ReceivedFile()
            self.receiving.sent_name = self.file_names[file_name]
            self.measured = Fingerprinter(self.max_size)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with _refusing():
            if self.receiving is not None:
                self.measured.update(raw_data)
                self.receiving.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile | None:
        file = self.receiving
        if file is None:
            return None
        with _refusing():
            file.flush()
        self.receiving = None
        file.seek(0)
        file.size = self.measured.size
        file.fingerprint = self.measured.result()
        return file

    def upload_interrupted(self) -> None:
        file, self.receiving = self.receiving, None
        if file is not None:
            file.close()


@contextmanager
def _refusing() -> Iterator[None]:
    """End Django's parser by an error of this package. The rest of the body is drained later."""
    try:
        with storage_errors():
            yield
    except OrgFilesError as error:
        raise RefusedUpload(error) from error
