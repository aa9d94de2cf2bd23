"""Multipart uploads: forms read in place of Django's parser, with files in named fields only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

from org_files.exceptions import InvalidUTF8, OrgFilesError
from org_files.files import Fingerprint, Fingerprinter, storage_errors
from org_files.files.threads import Beside, Syncs
from org_files.files.uploads import TemporaryUpload
from org_files.http.encoding import MULTIPART, REPLACEMENT, refuse_replaced
from org_files.rest.errors import RefusedUpload
from org_files.rest.multipart_body import MultipartBody
from org_files.rest.parsers import refuse_unexpected_files
from org_files.uploads.protocols.digests import Digests, promised_algorithms

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
    # A media type has no case (RFC 9110 §8.3.1); Django's parser compares that of the header.
    media_type, semicolon, parameters = request.META.get("CONTENT_TYPE", "").partition(";")
    request.META["CONTENT_TYPE"] = media_type.lower() + semicolon + parameters
    request.upload_handlers = [_Handler(request, max_size, file_fields)]


def refuse_replaced_earlier(request: HttpRequest) -> None:
    """Raise ``InvalidUTF8`` for a replacement character in a form that a middleware has read."""
    is_ours = any(isinstance(handler, _Handler) for handler in request.upload_handlers)
    if hasattr(request, "_files") and not is_ours and request.content_type == MULTIPART:
        refuse_replaced(request)


def client_name(upload: Any) -> str:
    """Return the name that came with a file. Raises ``InvalidField`` or ``InvalidUTF8``."""
    if isinstance(upload, ReceivedFile):
        return upload.client_name
    if REPLACEMENT in upload.name:  # Django parsed it, for a middleware of the site.
        raise InvalidUTF8("file")
    return str(upload.name)


class _Handler(FileUploadHandler):
    """Reads a form in place of Django's parser, which checks the headers of the request alone."""

    def __init__(
        self, request: HttpRequest, max_size: int | None, file_fields: Sequence[str]
    ) -> None:
        super().__init__(request)
        self.max_size = max_size
        self.file_fields = file_fields

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,
        content_length: int,
        boundary: Any,  # bytes
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        max_body_size = None if self.file_fields or limit is None else limit + MAX_OVERHEAD
        form = Form(self.max_size, self.file_fields)
        request: Any = self.request
        digests = Digests(promised_algorithms(request.headers))
        update = digests.update if digests else None
        form.receive(MultipartBody(input_data, boundary, content_length, max_body_size, update))
        request.org_files_digests = digests.values()
        return form.post, form.files


class Form:
    """Fields and files of a body, within the limits of the site."""

    def __init__(self, max_size: int | None, file_fields: Sequence[str]) -> None:
        self.max_size = max_size
        self.file_fields = file_fields
        self.post = QueryDict(mutable=True)
        self.files: MultiValueDict[str, Any] = MultiValueDict()
        # Bytes of texts that are still accepted.
        self._left = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def receive(self, body: MultipartBody) -> None:
        """Read ``body`` to its end. After an error, no file is left.

        Raises ``MultiPartParserError``, ``RequestDataTooBig``, ``TooManyFieldsSent`` and
        ``TooManyFilesSent``, as Django's parser does, and ``RefusedUpload``.
        """
        try:
            self._receive(iter(body))
        except BaseException:
            for _name, received in self.files.lists():
                for file in received:
                    file.close()
            raise
        self.post._mutable = False

    def _receive(self, events: Iterator[Any]) -> None:
        files = fields = 0
        for headers in events:
            is_file = headers.file_name is not None
            files, fields = files + is_file, fields + (not is_file)
            if _exceeds(fields, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS):
                raise TooManyFieldsSent
            if _exceeds(files, settings.DATA_UPLOAD_MAX_NUMBER_FILES):
                raise TooManyFilesSent
            blocks: Iterator[memoryview] = iter(events.__next__, None)
            if headers.name is None:
                for _block in blocks:
                    pass
            elif is_file:
                self._receive_file(headers, blocks)
            else:
                self.post.appendlist(headers.name, self._text(headers, blocks))

    def _receive_file(self, headers: Any, blocks: Iterator[memoryview]) -> None:
        with _refusing():
            refuse_unexpected_files([headers.name], self.file_fields)
            file = ReceivedFile()
        self.files.appendlist(headers.name, file)
        file.sent_name = headers.file_name
        measured = Fingerprinter(self.max_size)
        is_beside_store = file.is_beside_store
        with Syncs(file.sync) as syncs, Beside(measured.update) as update:
            for block in headers.decoded(blocks):
                with _refusing():
                    update(block)
                    file.write(block)
                    if is_beside_store:
                        # The rest is synced in its place.
                        file.flush()
                        syncs.wrote(file.tell())
            with _refusing():
                update.wait()
                file.flush()
                syncs.wait()
        file.seek(0)
        file.size = measured.size
        file.fingerprint = measured.result()

    def _text(self, headers: Any, blocks: Iterator[memoryview]) -> str:
        self._count(len(headers.name) + 2)  # as Django does, for "=" and "&"
        content = b"".join(headers.decoded(map(self._counted, blocks)))
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise RefusedUpload(InvalidUTF8(headers.name)) from error

    def _counted(self, block: memoryview) -> memoryview:
        self._count(len(block))
        return block

    def _count(self, size: int) -> None:
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise RequestDataTooBig


def _exceeds(number: int, limit: int | None) -> bool:
    return limit is not None and number > limit


@contextmanager
def _refusing() -> Iterator[None]:
    """Raise ``RefusedUpload`` for an error of this package."""
    try:
        with storage_errors():
            yield
    except OrgFilesError as error:
        raise RefusedUpload(error) from error
