"""Bodies of JSON, and the headers of bodies: parsers without HTTP."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.test import RequestFactory
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType

from org_files.rest.parsers import MAX_DEPTH, FormParser, JSONParser, check_body

NO_OBJECTS = {
    "nothing": b" ",
    "cut": b'{"email": "a',
    "array": b"[]",
    "null": b"null",
    "string": b'"text"',
    "NaN": b'{"email": NaN}',
    "minus Infinity": b'{"email": -Infinity}',
    "number that overflows": b'{"email": 1e999}',
    "negative number that overflows": b'{"email": -1E+400}',
    "number that overflows, nested": b'{"email": "a", "more": [{"a": [1.5e309]}]}',
    "depth 1000": b'{"email":' * 1000 + b"1" + b"}" * 1000,
    "depth 65": b'{"email":' * 65 + b"1" + b"}" * 65,
    "depth 65 of a field": b'{"email": "a", "more": ' + b"[" * 64 + b"]" * 64 + b"}",
    "depth 100000": b"[" * 100_000,
    "number of 5000 digits": b'{"email": ' + b"9" * 5000 + b"}",
    "BOM": b'\xef\xbb\xbf{"email": "a"}',
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
    "broken UTF-8": b'{"email": "\xff\xfe"}',
    "surrogates in UTF-8": b'{"email": "\xed\xa0\x80"}',
    "raw control character": b'{"email": "a\x00b"}',
    "trailing comma": b'{"email": "a",}',
    "two values": b"{}{}",
}


def parse(body: bytes) -> Any:
    return JSONParser().parse(BytesIO(body))


@pytest.mark.parametrize("body", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_body_that_is_no_json_object__is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse(body)


def test_largest_float_and_depth__are_json() -> None:
    assert parse(b'{"a": 1.7976931348623157e308, "b": -1e-999}') == {
        "a": 1.7976931348623157e308,
        "b": 0,
    }
    assert parse(b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)["a"]
    assert parse(b'{"x": "x", "x": "y"}') == {"x": "y"}


@pytest.mark.parametrize("parser", [JSONParser, FormParser])
def test_body_beyond_the_limit_of_the_site__is_not_read_whole(settings: Any, parser: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    stream = BytesIO(b"x" * 1000)

    with pytest.raises(RequestDataTooBig):
        parser().parse(stream)
    assert stream.tell() == 101
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    assert FormParser().parse(BytesIO(b"a=" + b"x" * 1000))["a"] == "x" * 1000


def test_form_of_too_many_fields__is_refused() -> None:
    with pytest.raises(TooManyFieldsSent):
        FormParser().parse(BytesIO(b"&".join([b"a=b"] * 1100)))


def checked(content_type: str = "application/json", **headers: str) -> None:
    check_body(RequestFactory().generic("POST", "/", b"{}", content_type, **headers))


@pytest.mark.parametrize(
    "charset", ["bz2_codec", "hex", "rot13", "utf-7", "utf-16", "latin-1", "x", '"', "\xe9"]
)
def test_charset_that_is_not_utf_8__is_refused(charset: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        checked(f"application/json; charset={charset}")


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"', "us-ascii"])
def test_utf_8__is_taken(charset: str) -> None:
    checked(f"application/json; charset={charset}")
    checked()


@pytest.mark.parametrize("encoding", ["gzip", "nonsense", "gzip, gzip"])
def test_compressed_body__is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        checked(HTTP_CONTENT_ENCODING=encoding)


def test_body_in_chunks_without_its_length__is_refused() -> None:
    request = RequestFactory().get("/", HTTP_TRANSFER_ENCODING="chunked")

    with pytest.raises(APIException) as caught:
        check_body(request)
    assert (caught.value.status_code, caught.value.get_codes()) == (411, "length_required")
