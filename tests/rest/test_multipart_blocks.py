"""What stands around a body is seen wherever the blocks that it is read in begin."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import pytest
from django.http.multipartparser import MultiPartParserError

from org_files.rest.bodies import MultipartBody
from tests.rest.requests import BOUNDARY, closed, part

BASE64 = "Content-Transfer-Encoding: base64"
SIZES = [*range(1, 30), 31, 64, 139]


def read(body: bytes, size: int) -> MultipartBody:
    watched = MultipartBody(BytesIO(body), BOUNDARY.encode())
    while watched.read(size):
        pass
    return watched


@pytest.mark.parametrize(
    "body",
    [
        closed(),
        closed(part("a", b"")),
        closed(part("a", b""), part("b", b"", "b.txt"), part("c", b"x")),
        closed(part("file", b"\r\n--a-bound\r\n-\r\n--", "a.txt")),
        closed(part("file", b"\r" * 50 + b"\n" * 50 + b"-" * 50, "a.txt")),
        closed(part("file", b64encode(bytes(200)), "a.txt", BASE64), part("b", b"!")),
        closed(part("a", b"x")).replace(b'"a"\r\n', b'"a"\r\nX: y\r\n'),
        b"preamble\r\n" + closed(part("a", b"x")) + b"epilogue",
    ],
)
def test_whole_body__is_closed(body: bytes) -> None:
    assert all(read(body, size).closed for size in SIZES)


class OneByOne(BytesIO):
    """A stream that gives one byte at a time, however many are asked for."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1)


def test_small_blocks_of_the_server__are_joined() -> None:
    body = closed(part("file", b"x" * 5_000, "a.txt"))

    assert MultipartBody(OneByOne(body), BOUNDARY.encode()).read(5_000) == body[:5_000]


@pytest.mark.parametrize(
    "body", [b"", part("a", b"x"), closed(part("a", b"x"))[:-3], closed(part("a", b"x"))[:-20]]
)
def test_body_without_its_end__is_not_closed(body: bytes) -> None:
    assert not any(read(body, size).closed for size in SIZES)


@pytest.mark.parametrize(
    "body",
    [
        closed(part("file", b"!!!!", "a.txt", BASE64)),
        closed(part("file", b64encode(bytes(100))[:-1], "a.txt", BASE64)),
        closed(part("file", f"text --{BOUNDARY} text", "a.txt")),
        closed(part("file", f"\n--{BOUNDARY}\r\n", "a.txt")),
        f"--{BOUNDARY}\r\nX: y\r\n--{BOUNDARY}--\r\n\r\n".encode(),
        f"--{BOUNDARY}\r\nno header\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nX: a\nb\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}x\r\nX: a\r\n\r\n\r\n--{BOUNDARY}--\r\n".encode(),
    ],
)
def test_malformed_body__is_refused(body: bytes) -> None:
    for size in SIZES:
        with pytest.raises(MultiPartParserError):
            read(body, size)
