"""Parsers that bound what they read, and take no other encoding than UTF-8."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from org_files.rest.errors import LengthRequired

__all__ = ["FormParser", "JSONParser", "MultiPartParser", "check_body"]


#: Levels of arrays and objects in a body. How many Python itself takes depends on its version.
MAX_DEPTH = 64


def check_body(request: HttpRequest) -> None:
    """Raise ``UnsupportedMediaType`` for a compressed body, or one that is not in UTF-8.

    Raises ``LengthRequired`` for a body in chunks, of which Django reads nothing.
    """
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise LengthRequired
    if content_encoding := request.headers.get("Content-Encoding"):
        raise UnsupportedMediaType(f"Content-Encoding: {content_encoding}"[:100])
    charset = (request.content_params or {}).get("charset")
    if charset is None:
        return
    try:
        known = codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        known = False
    if not known:
        raise UnsupportedMediaType(f"{request.content_type}; charset={charset}"[:100])


class JSONParser(parsers.JSONParser):
    """A JSON object (RFC 8259) of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object. Raises ``ParseError`` or ``RequestDataTooBig``."""
        body = _read(stream)
        try:
            value = json.loads(
                body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite
            )
        # Too deep for Python; or no JSON, no UTF-8, or a number out of range.
        except (RecursionError, ValueError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if not isinstance(value, dict):
            raise ParseError(_("The body must be a JSON object."))
        if _is_deeper(value, MAX_DEPTH):
            raise ParseError(_("The body is nested too deeply."))
        return value


class FormParser(parsers.BaseParser):
    """A form without files, of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> QueryDict:
        """Return the fields. Raises ``RequestDataTooBig`` or ``TooManyFieldsSent``."""
        return QueryDict(_read(stream), encoding="utf-8")


class MultiPartParser(parsers.BaseParser):
    """What ``org_files.rest.multipart`` received."""

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> parsers.DataAndFiles[Any, Any]:
        """Return fields and files."""
        request: HttpRequest = stream
        post: QueryDict
        if request.method == "POST":  # which Django may have parsed already
            post, files = request.POST, request.FILES
        else:
            post, files = request.parse_file_upload(request.META, request)
        return parsers.DataAndFiles(post, files)


def _read(stream: IO[bytes]) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is None:
        return stream.read()
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise RequestDataTooBig
    return body


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _level in range(depth + 1):
        containers = [item for item in level if isinstance(item, (dict, list))]
        if not containers:
            return False
        level = [
            child
            for item in containers
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return True


def _finite(text: str) -> float:
    """Return the number, which Python reads as infinity where it is too large for a float."""
    number = float(text)
    if math.isinf(number):
        raise ValueError("The number is out of range.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")
