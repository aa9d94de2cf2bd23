"""Parts in base64. Django would store what it can decode of an invalid one."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from django.http.multipartparser import MultiPartParserError

from org_files.rest.bodies import MultipartBody
from tests.rest.conftest import Send, blobs
from tests.rest.requests import BOUNDARY, closed, part

DECLARED = "Content-Transfer-Encoding: base64"


def read(body: bytes) -> MultipartBody:
    stream = MultipartBody(BytesIO(body), BOUNDARY.encode())
    while stream.read():
        pass
    return stream


def test_base64__is_decoded(upload: Send, settings: Any) -> None:
    content = bytes(range(256)) * 3000
    encoded = b64encode(content)
    lines = b"\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))

    response = upload(closed(part("file", lines, "a.bin", DECLARED)))

    assert response.status_code == 201
    assert [path.read_bytes() for path in blobs(settings)] == [content]


@pytest.mark.usefixtures("unchanged")
def test_invalid_base64_of_a_file_or_a_field__is_400(upload: Send) -> None:
    for parts in (
        [part("file", b"!!!!", "a.bin", DECLARED)],
        [part("comment", b"!!!!", None, DECLARED), part("file", b"x", "a.txt")],
    ):
        response = upload(closed(*parts))

        assert (response.status_code, response.json()["code"]) == (400, "malformed_multipart")


@pytest.mark.parametrize(
    "content",
    [
        b"!!!!",
        b"YWJj YWJ",
        b"YWJjZA=",
        b"=",
        b"YWJj=YWJj",
        b"YQ==YQ==",
        b"YWJj\x00YWJj",
        b"-_-_",
        b"YWJj" * 100_000 + b"!",
    ],
)
def test_content_that_is_no_base64__is_refused(content: bytes) -> None:
    with pytest.raises(MultiPartParserError):
        read(closed(part("file", content, "a.bin", DECLARED)))


@pytest.mark.parametrize(
    "header",
    [
        "content-transfer-encoding:BASE64",
        "Content-Transfer-Encoding: base64; charset=utf-8",
        "Content-Transfer-Encoding:  base64 ;",
    ],
)
def test_declaration__is_seen_in_any_form(header: str) -> None:
    with pytest.raises(MultiPartParserError):
        read(closed(part("file", b"!!!!", "a.bin", header)))
