"""Bodies of forms: what stands around parts is seen wherever the blocks begin that are read."""

from base64 import b64encode
from io import BytesIO

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.http.multipartparser import MultiPartParserError

from org_files.rest.bodies import MultipartBody
from tests.rest.requests import BOUNDARY, closed, part

BASE64 = "Content-Transfer-Encoding: base64"
SIZES = [*range(1, 30), 31, 64, 139]


def read(body, size=-1):
    watched = MultipartBody(BytesIO(body), BOUNDARY.encode())
    while watched.read(size):
        pass
    return watched


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
def test_whole_body__is_closed(body):
    assert all(read(body, size).closed for size in SIZES)


@pytest.mark.parametrize(
    "body", [b"", part("a", b"x"), closed(part("a", b"x"))[:-3], closed(part("a", b"x"))[:-20]]
)
def test_body_without_its_end__is_not_closed(body):
    assert not any(read(body, size).closed for size in SIZES)


@pytest.mark.parametrize(
    "body",
    [
        encoded(b"!!!!"),
        encoded(b64encode(bytes(100))[:-1]),
        encoded(b"YWJj=YWJj"),
        encoded(b"YQ==YQ=="),
        encoded(b"YWJj\x00YWJj"),
        encoded(b"-_-_"),
        closed(part("file", f"text --{BOUNDARY} text", "a.txt")),
        closed(part("file", f"\n--{BOUNDARY}\r\n", "a.txt")),
        f"--{BOUNDARY}\r\nX: y\r\n--{BOUNDARY}--\r\n\r\n".encode(),
        f"--{BOUNDARY}\r\nno header\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nX: a\nb\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
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
    body = closed(part("file", b"x" * 5_000, "a.txt"))

    assert MultipartBody(OneByOne(body), BOUNDARY.encode()).read(5_000) == body[:5_000]


def test_too_many_parts__are_refused_before_the_body_is_read():
    stream = BytesIO(f"--{BOUNDARY}\r\n\r\n".encode() * 100_000)

    with pytest.raises(TooManyFieldsSent):
        MultipartBody(stream, BOUNDARY.encode()).read()
    assert stream.tell() < len(stream.getvalue()) / 10
