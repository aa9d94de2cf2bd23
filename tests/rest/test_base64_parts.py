"""Parts in base64, by token and by session: Django would take what is none for an empty file."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.rest.conftest import Send, blobs
from tests.rest.requests import (
    closed,
    part,
)


def test_base64__is_decoded(upload: Send, settings: Any) -> None:
    content = bytes(range(256)) * 3000
    encoded = b64encode(content)
    lines = b"\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))

    response = upload(closed(part("file", lines, "a.bin", "Content-Transfer-Encoding: base64")))

    assert response.status_code == 201
    assert [path.read_bytes() for path in blobs(settings)] == [content]


@pytest.mark.parametrize(
    "content",
    [
        b"!!!!",
        b"YWJj YWJ",
        b"YWJjZA",
        b"YWJjZA=",
        b"=",
        b"YWJj=YWJj",
        b"YQ==YQ==",
        b"YWJj\x00YWJj",
        b"-_-_",
        b"\xff\xfe\xfd\xfc",
        b"YWJj" * 100_000 + b"!",
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_base64_that_is_none__is_refused(upload: Send, content: bytes) -> None:
    response = upload(closed(part("file", content, "a.bin", "Content-Transfer-Encoding: base64")))

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.parametrize(
    "header",
    [
        "content-transfer-encoding:BASE64",
        "Content-Transfer-Encoding: base64; charset=utf-8",
        "Content-Transfer-Encoding:  base64 ;",
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_base64_that_is_none__is_refused_however_it_is_declared(upload: Send, header: str) -> None:
    response = upload(closed(part("file", b"!!!!", "a.bin", header)))

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.usefixtures("unchanged")
def test_base64_of_a_text_field_that_is_none__is_refused(upload: Send) -> None:
    encoded = part("comment", b"!!!!", None, "Content-Transfer-Encoding: base64")

    response = upload(closed(encoded, part("file", b"some bytes", "a.txt")))

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"
