"""Parsers that bound the size of bodies and accept no encoding but UTF-8."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterable, Sequence
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from org_files.exceptions import InvalidField, InvalidUTF8, UnexpectedFile
from org_files.http.encoding import REPLACEMENT, UNDECODED, refuse_undecodable_pairs
from org_files.rest.errors import request_error

#: Levels of arrays and objects in a body. Python's own limit depends on its version.
MAX_DEPTH = 64


def check_body(request: HttpRequest, *, takes_bytes: bool = False) -> None:
    """Raise ``UnsupportedMediaType`` for a compressed body, or one that is not in UTF-8.

    A body in chunks, of which Django reads nothing, is 411 (RFC 9110 §15.5.12). Bytes may be of any
    type, and in chunks.
    """
    is_chunked = request.headers.get("Transfer-Encoding")
    # Not every server says where such a body ends.
    is_bounded = hasattr(request, "scope") or request.META.get("wsgi.input_terminated")
    is_readable = takes_bytes and is_bounded
    if is_chunked and not request.headers.get("Content-Length") and not is_readable:
        raise request_error("length_required")
    if content_encoding := request.headers.get("Content-Encoding"):
        raise UnsupportedMediaType(f"Content-Encoding: {content_encoding}"[:100])
    if takes_bytes:
        return
    charset = (request.content_params or {}).get("charset", "utf-8")
    try:
        known = codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        known = False
    if not known:
        raise UnsupportedMediaType(f"{request.content_type}; charset={charset}"[:100])


def refuse_unexpected_files(names: Iterable[str], file_fields: Sequence[str]) -> None:
    """Raise ``OrgFilesError`` for a file under a name of ``names`` that is not in ``file_fields``.

    ``UnexpectedFile`` where no file is taken, else ``InvalidField``.
    """
    if all(name in file_fields for name in names):
        return
    if not file_fields:
        raise UnexpectedFile
    raise InvalidField(file_fields[0], _("Send the file in this field, and in no other."))


class JSONParser(parsers.JSONParser):
    """A JSON object (RFC 8259) of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes.

    The parent bounds neither size nor depth, and takes any value and numbers out of range.
    """

    def parse(
        self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None
    ) -> dict[str, Any]:
        text = _read(stream).decode("utf-8", "surrogateescape")
        try:
            value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        # Too deep for Python; or no JSON, no UTF-8, or a number out of range.
        except (RecursionError, ValueError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if not isinstance(value, dict):
            raise ParseError(_("The body must be a JSON object."))
        if _is_deeper(value, MAX_DEPTH):
            raise ParseError(_("The body is nested too deeply."))
        if UNDECODED.search(text):
            _refuse_undecoded(value)
        return value


class FormParser(parsers.FormParser):
    """A form without files, of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes."""

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Any:
        body = _read(stream)
        refuse_undecodable_pairs(body)
        return QueryDict(body, encoding="utf-8")


class MultiPartParser(parsers.MultiPartParser):
    """A form with the files that ``org_files.rest.multipart`` lets through."""

    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> parsers.DataAndFiles[Any, Any]:
        request: HttpRequest = stream
        if request.method == "POST":  # which Django may have parsed already
            return parsers.DataAndFiles(request.POST, request.FILES)
        return parsers.DataAndFiles(*request.parse_file_upload(request.META, request))


def _read(stream: IO[bytes]) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is None:
        return stream.read()
    body = b"".join(read_blocks(stream, limit + 1))
    if len(body) > limit:
        raise RequestDataTooBig
    return body


def read_blocks(stream: IO[bytes], size: int) -> list[bytes]:
    """Return blocks of ``size`` bytes together, or fewer at the end of ``stream``.

    Under ``org_files.http.asgi``, a read returns what has arrived.
    """
    blocks: list[bytes] = []
    while size and (block := stream.read(size)):
        blocks.append(block)
        size -= len(block)
    return blocks


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _level in range(depth):
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = [each for item in children for each in item if isinstance(each, (dict, list))]
    return bool(level)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse_undecoded(value: dict[str, Any]) -> NoReturn:
    for name, item in value.items():
        if UNDECODED.search(name + json.dumps(item, ensure_ascii=False)):
            raise InvalidUTF8(UNDECODED.sub(REPLACEMENT, name))
    raise ParseError(_("The body is not valid JSON."))  # under a name that is given twice


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON.")
