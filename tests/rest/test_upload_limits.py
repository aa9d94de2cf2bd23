"""MAX_FILE_SIZE: bytes are counted, headers are not believed."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from org_files.rest import multipart
from tests.rest.conftest import Send
from tests.rest.requests import closed, part


@pytest.fixture(autouse=True)
def _maximum(settings: Any) -> None:
    settings.ORG_FILES = {"MAX_FILE_SIZE": 300_000}


def test_file_of_just_that_size__is_stored(upload: Send) -> None:
    assert upload(closed(part("file", b"x" * 300_000, "a.txt"))).status_code == 201


@pytest.mark.usefixtures("unchanged")
def test_one_byte_more__is_413(upload: Send) -> None:
    response = upload(closed(part("file", b"x" * 300_001, "a.txt")))

    assert response.status_code == 413
    assert response.json()["code"] == "file_too_large"


@pytest.mark.parametrize("claimed", ["1", "x"])
def test_content_length_of_the_part__is_not_believed(upload: Send, claimed: str) -> None:
    header = f"Content-Length: {claimed}"

    small = upload(closed(part("file", b"x", "a.txt", header)))
    large = upload(closed(part("file", b"x" * 300_001, "a.txt", header)))

    assert small.status_code == 201
    assert large.status_code == 413


@pytest.mark.usefixtures("unchanged")
def test_file_too_large_in_base64__is_counted_decoded(upload: Send) -> None:
    header = "Content-Transfer-Encoding: base64"

    response = upload(closed(part("file", b64encode(b"x" * 300_001), "a.txt", header)))

    assert response.status_code == 413


def test_file_that_only_base64_makes_too_large__is_stored(upload: Send) -> None:
    header = "Content-Transfer-Encoding: base64"

    response = upload(closed(part("file", b64encode(b"x" * 300_000), "a.txt", header)))

    assert response.status_code == 201


@pytest.mark.usefixtures("unchanged")
def test_much_too_large__is_413_without_reading_it_all(
    upload: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "MAX_DISCARDED", 500_000)

    response = upload(closed(part("file", b"x" * 3_000_000, "a.txt")))

    assert response.status_code == 413
    assert response.json()["code"] == "file_too_large"


@pytest.mark.usefixtures("unchanged")
def test_small_file_behind_one_too_large__is_not_stored(upload: Send) -> None:
    body = closed(part("file", b"x" * 300_001, "a.txt"), part("file", b"x", "b.txt"))

    assert upload(body).status_code == 413


@pytest.mark.usefixtures("unchanged")
def test_too_large_and_cut__is_refused(upload: Send) -> None:
    body = part("file", b"x" * 400_000, "a.txt")

    assert upload(body, content_length=10**6).status_code in (400, 413)
