"""Parsers of bodies: bounded, strict, and of no encoding but UTF-8.

Django's parser of multipart bodies reads through ``MultipartBody``, which refuses a malformed body,
and writes through ``_Handler``, which takes files only in the fields that a view names.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, QueryDict, multipartparser
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from org_files.exceptions import InvalidField, OrgFilesError, UnexpectedFile
from org_files.files import Fingerprint, Fingerprinter, storage_errors
from org_files.files.temporary import TemporaryUpload
from org_files.rest.bodies import BLOCK_SIZE, MultipartBody
from org_files.rest.errors import RefusedUpload, request_error

#: Levels of arrays and objects in a body. Python's own limit depends on its version.
MAX_DEPTH = 64

# Bytes of a refused file that are read and discarded. Most clients read the answer only after they
# have sent the whole request, and would otherwise see a closed connection.
MAX_DISCARDED = 64 * 1024 * 1024


def check_body(request: HttpRequest) -> None:
    """Raise ``UnsupportedMediaType`` for a compressed body, or one that is not in UTF-8.

    A body in chunks, of which Django reads nothing, is 411 (RFC 9110 §15.5.12).
    """
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise request_error("length_required")
    if content_encoding := request.headers.get("Content-Encoding"):
        raise UnsupportedMediaType(f"Content-Encoding: {content_encoding}"[:100])
    charset = (request.content_params or {}).get("charset", "utf-8")
    try:
        known = codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        known = False
    if not known:
        raise UnsupportedMediaType(f"{request.content_type}; charset={charset}"[:100])


class JSONParser(parsers.JSONParser):
    """A JSON object (RFC 8259) of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes.

    The parent bounds neither size nor depth, and takes any value and numbers out of range.
    """

    def parse(
        self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None
    ) -> dict[str, Any]:
        text = _read(stream)
        try:
            value = json.loads(text.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        # Too deep for Python; or no JSON, no UTF-8, or a number out of range.
        except (RecursionError, ValueError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if not isinstance(value, dict):
            raise ParseError(_("The body must be a JSON object."))
        if _is_deeper(value, MAX_DEPTH):
            raise ParseError(_("The body is nested too deeply."))
        return value


class FormParser(parsers.FormParser):
    """A form without files, of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes."""

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Any:
        return QueryDict(_read(stream), encoding="utf-8")


class MultiPartParser(parsers.MultiPartParser):
    """A form with the files that ``receive_uploads`` lets through."""

    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> parsers.DataAndFiles[Any, Any]:
        request: HttpRequest = stream
        if request.method == "POST":  # which Django may have parsed already
            return parsers.DataAndFiles(request.POST, request.FILES)
        return parsers.DataAndFiles(*request.parse_file_upload(request.META, request))


def _read(stream: IO[bytes]) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = stream.read(-1 if limit is None else limit + 1)
    if limit is not None and len(body) > limit:
        raise RequestDataTooBig
    return body


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _level in range(depth):
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = [each for item in children for each in item if isinstance(each, (dict, list))]
    return bool(level)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON.")


class ReceivedFile(TemporaryUpload):
    """A file on disk, measured while it was received, and removed with the request."""

    #: The name as the client sent it.
    client_name: str
    fingerprint: Fingerprint


def receive_uploads(
    request: HttpRequest, max_size: int | None, file_fields: Sequence[str] | None
) -> None:
    """Let this module read the body of ``request``.

    Under sessions, the CSRF check reads it before any parser of a view. ``max_size`` is the largest
    file accepted, in bytes, or ``None`` for no limit. A file outside ``file_fields`` is refused at
    its headers.
    """
    if hasattr(request, "_files"):  # a middleware of the site has read the body
        return
    request.upload_handlers = [_Handler(request, max_size, file_fields or ())]
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    max_body_size = None if file_fields or limit is None else limit + MAX_DISCARDED

    def parse(META: Any, post_data: Any) -> Any:
        parser = _Parser(META, post_data, request.upload_handlers, request.encoding)
        parser.body.max_size = max_body_size
        return parser.parse()

    request.parse_file_upload = parse  # type: ignore[method-assign]


def refuse_unexpected_files(names: Iterable[str], file_fields: Sequence[str] | None) -> None:
    """Raise ``OrgFilesError`` for a file under a name of ``names`` that is not in ``file_fields``.

    ``UnexpectedFile`` where no file is taken, else ``InvalidField``.
    """
    if all(name in (file_fields or ()) for name in names):
        return
    if not file_fields:
        raise UnexpectedFile
    raise InvalidField(file_fields[0], _("Send the file in this field, and in no other."))


class _Parser(multipartparser.MultiPartParser):
    # Of the parent, whose stubs leave them out.
    _boundary: bytes
    _content_length: int
    _upload_handlers: list[FileUploadHandler]

    def __init__(self, META: Any, input_data: Any, *args: Any) -> None:
        super().__init__(META, input_data, *args)
        self._input_data = self.body = MultipartBody(input_data, self._boundary)

    def parse(self) -> Any:
        [handler] = self._upload_handlers
        try:
            post, files = super().parse()
        except RequestDataTooBig:
            handler.upload_complete()  # raises the error of a file refused before
            raise
        finally:
            # Django calls this for a body that ends too early, but not after an error.
            handler.upload_interrupted()
        message = None
        if self._content_length and not self.body.closed:
            message = _("The closing boundary is missing.")
        elif self.body.received < self._content_length:
            message = _("The request ended before its body did.")
        if message is not None:
            for _name, received in files.lists():
                for file in received:
                    file.close()
            raise multipartparser.MultiPartParserError(message)
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
