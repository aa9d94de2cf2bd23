"""Parsers of bodies without HTTP."""

from base64 import b64encode
from io import BytesIO

import pytest
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.test import RequestFactory
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType

from org_files.exceptions import InvalidUTF8
from org_files.rest.errors import RefusedUpload
from org_files.rest.multipart import Form, MultipartBody
from org_files.rest.parsers import MAX_DEPTH, FormParser, JSONParser, check_body
from tests.rest.requests import BOUNDARY, MULTIPART, browser_of, closed, part, send, signed_in

BASE64 = "Content-Transfer-Encoding: base64"
SIZES = [*range(1, 30), 31, 64, 139]


def read(body, size=MultipartBody.block_size):
    """Return the form of ``body``, which is received in blocks of ``size`` bytes."""
    multipart = MultipartBody(BytesIO(body), BOUNDARY.encode())
    multipart.block_size = multipart.max_block_size = size
    form = Form(None, ["file", "b", "c"])
    form.receive(multipart)
    return form


def contents(files):
    """Return what is in ``files``, and close them."""
    found = []
    for name, received in files.lists():
        for file in received:
            with file:
                found.append((name, file.read()))
    return found


def encoded(content, header=BASE64):
    return closed(part("file", content, "a.bin", header))


@pytest.mark.parametrize(
    "body",
    [
        closed(),
        closed(part("a", b""), part("b", b"", "b.txt"), part("c", b"x")),
        closed(part("file", b"\r\n--a-bound\r\n-\r\n--", "a.txt")),
        closed(part("file", b"\r" * 50 + b"\n" * 50 + b"-" * 50, "a.txt")),
        closed(part("file", b64encode(bytes(200)), "a.txt", BASE64), part("b", b"!")),
        closed(part("a", b"x")).replace(b'"a"\r\n', b'"a"\r\nX: y\r\n'),
        b"preamble\r\n" + closed(part("a", b"x")) + b"epilogue",
    ],
)
def test_form__is_the_one_that_django_reads(body):
    headers = {"CONTENT_TYPE": MULTIPART, "CONTENT_LENGTH": len(body)}
    handlers = [TemporaryFileUploadHandler()]
    post, files = MultiPartParser(headers, BytesIO(body), handlers, "utf-8").parse()
    expected = contents(files)
    for size in SIZES:
        form = read(body, size)
        assert (form.post, contents(form.files)) == (post, expected)


@pytest.mark.parametrize(
    "body", [b"", part("a", b"x"), closed(part("a", b"x"))[:-3], closed(part("a", b"x"))[:-20]]
)
def test_body_without_its_end__is_refused(body):
    for size in SIZES:
        with pytest.raises(MultiPartParserError, match="closing boundary"):
            read(body, size)


@pytest.mark.parametrize(
    "body",
    [
        encoded(b"!!!!"),
        encoded(b64encode(bytes(100))[:-1]),
        encoded(b"YWJj=YWJj"),
        encoded(b"YQ==YQ=="),
        encoded(b"YWJj\x00YWJj"),
        encoded(b"-_-_"),
        encoded(b"a=3D", "Content-Transfer-Encoding: quoted-printable"),
        encoded(b"a", "Content-Transfer-Encoding: x-uuencode"),
        encoded(b"a", "Content-Transfer-Encoding:"),
        encoded(b"a", "Content-Transfer-Encoding : quoted-printable"),
        encoded(b"YWJj", BASE64 + "\r\n" + BASE64),
        encoded(b"a", "Content-Encoding: gzip"),
        closed(part("a", b"x", None, "Content-Encoding: br")),
        closed(part("file", f"text --{BOUNDARY} text", "a.txt")),
        closed(part("file", f"\n--{BOUNDARY}\r\n", "a.txt")),
        f"--{BOUNDARY}\r\nX: y\r\n--{BOUNDARY}--\r\n\r\n".encode(),
        f"--{BOUNDARY}\r\nno header\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nX: a\nb\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
        # Python's codecs of host names would take seconds for a long one.
        closed(part("a", b"x").replace(b'name="a"', b"name*=punycode''a")),
        f"--{BOUNDARY}x\r\nX: a\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
    ],
)
def test_malformed_body__is_refused(body):
    for size in SIZES:
        with pytest.raises(MultiPartParserError):
            read(body, size)


@pytest.mark.parametrize(
    "body",
    [
        encoded(b"YWJj" * 100_000 + b"!"),
        closed(part("a", b"x", None, "X-Long: " + "y" * 20_000)),
        closed(part("a", b"x", None, "X: y" + "; a" * 65)),
        encoded(b"!!!!", "content-transfer-encoding:BASE64"),
        encoded(b"!!!!", "Content-Transfer-Encoding: base64; charset=utf-8"),
        encoded(b"!!!!", "Content-Transfer-Encoding:  base64 ;"),
        encoded(b"!!!!", "Content-Transfer-Encoding : (as in MIME) Base64"),
        encoded(b"!!!!", r"Content-Transfer-Encoding: base64 (\) (nested (comments)) ; here)"),
        encoded(b"a", "Content-Transfer-Encoding: (quoted-printable) 8bit quoted-printable"),
        encoded(b"a", "Content-Transfer-Encoding: base64 (without an end"),
        encoded(b"YWJj", "Content-Transfer-Encoding: base64" + "(" * 200 + ")" * 199),
        encoded(b"a", 'Content-Transfer-Encoding: "base64"'),
    ],
)
def test_long_part_or_odd_header__is_checked(body):
    with pytest.raises(MultiPartParserError):
        read(body)


class OneByOne(BytesIO):
    """A stream that gives one byte at a time, however many are asked for."""

    def read(self, size=-1):
        return super().read(1)


def test_small_blocks_of_the_server__are_joined():
    body = MultipartBody(OneByOne(closed(part("file", b"x" * 5_000, "a.txt"))), BOUNDARY.encode())

    assert [len(event) for event in body if isinstance(event, memoryview)] == [5_000]


def test_too_large_body__is_refused_before_more_of_it_arrives(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    stream = OneByOne(b" " * 20)

    with pytest.raises(RequestDataTooBig):
        JSONParser().parse(stream)
    assert stream.tell() == 11


def test_too_many_parts__are_refused_before_the_body_is_read():
    stream = BytesIO(f"--{BOUNDARY}\r\n\r\n".encode() * 100_000)

    with pytest.raises(TooManyFieldsSent):
        Form(None, []).receive(MultipartBody(stream, BOUNDARY.encode()))
    assert stream.tell() < len(stream.getvalue()) / 10


# JSON, plain forms, and the headers of bodies

NO_OBJECTS = {
    "nothing": b" ",
    "cut": b'{"email": "a',
    "array": b"[]",
    "null": b"null",
    "NaN": b'{"email": NaN}',
    "minus Infinity": b'{"email": -Infinity}',
    "number that overflows": b'{"email": 1e999}',
    "negative number that overflows, nested": b'{"more": [{"a": [-1.5E+309]}]}',
    "depth 65": b'{"email":' * 65 + b"1" + b"}" * 65,
    "depth 65 of a field": b'{"email": "a", "more": ' + b"[" * 64 + b"]" * 64 + b"}",
    "depth 100000": b"[" * 100_000,
    "number of 5000 digits": b'{"email": ' + b"9" * 5000 + b"}",
    "BOM": b'\xef\xbb\xbf{"email": "a"}',
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
    "broken UTF-8": b'{"email": \xff\xfe}',
    "raw control character": b'{"email": "a\x00b"}',
    "two values": b"{}{}",
}


def parse(body):
    return JSONParser().parse(BytesIO(body))


@pytest.mark.parametrize("body", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_body_that_is_no_json_object__is_refused(body):
    with pytest.raises(ParseError):
        parse(body)


CYRILLIC = "\u043f\u0430\u0440\u043e\u043b\u044c".encode("cp1251")


@pytest.mark.parametrize(
    "body",
    [
        part("email", CYRILLIC),
        part("email", b"a\xc3"),
        part("email", b64encode(CYRILLIC), None, BASE64),
        part("email", b64encode(b"ab\xc3"), None, BASE64),
        part("email", CYRILLIC, None, "Content-Type: text/plain; charset=windows-1251"),
    ],
)
def test_text_of_a_part_that_is_not_utf_8__is_refused_by_name(body):
    for size in SIZES:
        with pytest.raises(RefusedUpload) as caught:
            read(closed(part("other", "\u043f"), body), size)
        assert (caught.value.reason.code, caught.value.reason.field) == ("invalid_utf8", "email")


@pytest.mark.parametrize(
    ("parser", "body"),
    [
        (JSONParser, b'{"a": "b", "email": ["\xff\xfe"]}'),
        (JSONParser, b'{"email": "\xed\xa0\x80"}'),
        (JSONParser, b'{"email\xff": "a"}'),
        (FormParser, b"a=b&email=" + CYRILLIC),
        (FormParser, b"a=%D0%BF&email=%EF+%E0"),
        (FormParser, b"email=%ED%A0%80&a=b"),
    ],
)
def test_text_of_a_body_that_is_not_utf_8__is_refused_by_name(parser, body):
    with pytest.raises(InvalidUTF8) as caught:
        parser().parse(BytesIO(body))
    assert caught.value.field.strip("\ufffd") == "email"


def test_largest_float_and_depth__are_json():
    largest = {"a": 1.7976931348623157e308, "b": 0}
    assert parse(b'{"a": 1.7976931348623157e308, "b": -1e-999}') == largest
    assert parse(b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)["a"]


@pytest.mark.parametrize("parser", [JSONParser, FormParser])
def test_body_beyond_the_limit_of_the_site__is_not_read_whole(settings, parser):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    stream = BytesIO(b"x" * 1000)

    with pytest.raises(RequestDataTooBig):
        parser().parse(stream)
    assert stream.tell() == 101
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    assert FormParser().parse(BytesIO(b"a=" + b"x" * 1000))["a"] == "x" * 1000


def test_form_of_too_many_fields__is_refused():
    with pytest.raises(TooManyFieldsSent):
        FormParser().parse(BytesIO(b"&".join([b"a=b"] * 1100)))


@pytest.mark.parametrize("kind", [browser_of, signed_in])
def test_form_with_too_much__is_413(user, kind):
    form = b"comment=" + b"x" * 3_000_000
    content_type = "application/x-www-form-urlencoded"

    assert send(kind(user), "/api/files/", form, content_type=content_type).status_code == 413


def checked(content_type="application/json", **headers):
    check_body(RequestFactory().generic("POST", "/", b"{}", content_type, **headers))


@pytest.mark.parametrize("charset", ["bz2_codec", "utf-16", "latin-1", "x", '"', "\xe9"])
def test_charset_that_is_not_utf_8__is_refused(charset):
    with pytest.raises(UnsupportedMediaType):
        checked(f"application/json; charset={charset}")


def test_utf_8_that_is_not_compressed__is_taken():
    checked()
    for charset in ("utf-8", "UTF8", '"utf-8"', "us-ascii"):
        checked(f"application/json; charset={charset}")
    with pytest.raises(UnsupportedMediaType):
        checked(HTTP_CONTENT_ENCODING="gzip")


def test_body_in_chunks_without_its_length__is_refused():
    with pytest.raises(APIException) as caught:
        check_body(RequestFactory().get("/", HTTP_TRANSFER_ENCODING="chunked"))
    assert (caught.value.status_code, caught.value.get_codes()) == (411, "length_required")
