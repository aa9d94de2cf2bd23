"""Multipart bodies as no library would send them, by token and by session.

Under a session the CSRF check reads the body before any parser of a view does.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.test import Client

from org_files import get_file_model
from org_files.rest.multipart import receive_uploads
from tests.rest.conftest import Send, blobs
from tests.rest.requests import (
    BOUNDARY,
    CSRF_TOKEN,
    MULTIPART,
    UPLOAD,
    closed,
    part,
    send,
    signed_in,
)

WHOLE = closed(part("file", b"some bytes", "a.txt"))


def test_whole_body__is_stored_to_the_byte(upload: Send, temporary: Path, settings: Any) -> None:
    content = bytes(range(256)) * 9 + b"\r\n--" + BOUNDARY[:-1].encode() + b"\r\n--\r\n"

    response = upload(closed(part("file", content, "a.bin")))

    assert response.status_code == 201, response.content
    assert [path.read_bytes() for path in blobs(settings)] == [content]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145])
def test_content_of_any_size__is_stored_to_the_byte(upload: Send, settings: Any, size: int) -> None:
    content = (b"\r\n-" * (size // 3 + 1))[:size]

    response = upload(closed(part("file", content, "a.bin")))

    assert response.json()["size"] == size
    assert [path.read_bytes() for path in blobs(settings)] == [content]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(WHOLE[: -len(f"--{BOUNDARY}--\r\n")], id="no closing boundary"),
        pytest.param(WHOLE[: -len("-\r\n")], id="closing boundary with one dash"),
        pytest.param(WHOLE[: len(WHOLE) // 2], id="cut in the content"),
        pytest.param(part("file", b"x", "a.txt")[:40], id="cut in the headers"),
        pytest.param(WHOLE.replace(b"\r\n", b"\n"), id="bare line feeds"),
        pytest.param(b"no multipart at all", id="no delimiter"),
        pytest.param(
            closed(part("file", f"text --{BOUNDARY}-- more text", "a.txt")),
            id="delimiter in a line",
        ),
        pytest.param(
            closed(part("comment", b"x", None, "X-Long: " + "y" * 20_000)), id="long headers"
        ),
        pytest.param(closed(part("comment", b"x", None, "X: y" + "; a" * 65)), id="parameters"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_body_that_is_not_whole__is_refused(upload: Send, body: bytes) -> None:
    response = upload(body)

    assert response.status_code == 400, response.content
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.parametrize("missing", [3, 100_000])
@pytest.mark.usefixtures("unchanged")
def test_client_gone_mid_body__changes_nothing(upload: Send, missing: int) -> None:
    body = closed(part("file", b"x" * 300_000, "a.txt"))

    response = upload(body[:-missing], content_length=len(body))

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.usefixtures("unchanged")
def test_missing_boundary__is_refused(upload: Send) -> None:
    response = upload(WHOLE, content_type="multipart/form-data")

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.usefixtures("unchanged")
def test_connection_reset_mid_body__changes_nothing(upload: Send) -> None:
    body = closed(part("file", b"x" * 600_000, "a.txt"))

    response = upload(body[:-1000], content_length=len(body), cut=True)

    # Under a session, Django's CSRF check swallows the error; then no file came.
    assert response.status_code == 400
    assert response.json().get("code") == "incomplete_body" or "file" in response.json()


@pytest.mark.usefixtures("unchanged")
def test_content_length_below_the_body__cuts_it_off_and_is_refused(upload: Send) -> None:
    response = upload(WHOLE, content_length=len(WHOLE) - 10)

    assert response.status_code == 400


@pytest.mark.usefixtures("unchanged")
def test_second_file__is_refused(upload: Send) -> None:
    response = upload(closed(part("file", b"one", "a.txt"), part("file", b"two", "b.txt")))

    assert response.status_code == 400
    assert list(response.json()) == ["file"]


def test_preamble_and_epilogue__are_ignored(upload: Send, settings: Any) -> None:
    # RFC 2046 §5.1.1.
    epilogue = closed(part("file", b"two", "b.txt"))
    assert upload(b"some preamble\r\n" + WHOLE + epilogue).status_code == 201
    assert [path.read_bytes() for path in blobs(settings)] == [b"some bytes"]


@pytest.mark.usefixtures("unchanged")
def test_fields_too_large_for_the_site__are_413(upload: Send, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000

    response = upload(closed(part("comment", "x" * 10_000), part("file", b"x", "a.txt")))

    assert response.status_code == 413
    assert response.json()["code"] == "request_too_large"


@pytest.mark.usefixtures("unchanged")
def test_one_field_more__is_400(upload: Send, settings: Any) -> None:
    fields = [part(f"field{number}", b"") for number in range(20)]
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = len(fields) - 1

    response = upload(closed(*fields, part("file", b"x", "a.txt")))

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


@pytest.mark.usefixtures("unchanged")
def test_one_file_more_than_the_site_allows__is_400(upload: Send, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3

    response = upload(closed(*[part("file", b"x", "a.txt")] * 4))

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


@pytest.mark.usefixtures("unchanged")
def test_empty_parts__are_refused_before_the_body_is_read(upload: Send) -> None:
    stream = BytesIO(f"--{BOUNDARY}\r\n\r\n".encode() * 100_000)
    size = len(stream.getvalue())

    response = upload(b"", stream=stream, content_length=size)

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert stream.tell() < size / 10


@pytest.mark.usefixtures("unchanged")
def test_session_without_csrf_token__is_403(session: Client) -> None:
    response = send(session, UPLOAD, WHOLE)

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


def test_csrf_token_as_a_field_of_the_form__is_taken(session: Client) -> None:
    token = part("csrfmiddlewaretoken", CSRF_TOKEN)

    response = send(session, UPLOAD, closed(token, part("file", b"x", "a.txt")))

    assert response.status_code == 201


def test_body_read_by_a_middleware__is_stored_all_the_same(
    user: Any, settings: Any, temporary: Path
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.reading_middleware"]

    response = send(signed_in(user), UPLOAD, WHOLE)

    assert response.status_code == 201
    assert get_file_model()._base_manager.get().name == "a.txt"
    assert list(temporary.iterdir()) == []


def reading_middleware(get_response: Any) -> Any:
    """Read the form, as some middleware of some site does."""

    def middleware(request: Any) -> Any:
        assert request.POST is not None
        return get_response(request)

    return middleware


@pytest.mark.parametrize("missing", [1, 5000])
def test_client_gone_behind_the_closing_boundary__is_refused(missing: int) -> None:
    """The test client cannot announce more than it sends, so the parser is asked itself."""
    announced = {"CONTENT_TYPE": MULTIPART, "CONTENT_LENGTH": str(len(WHOLE) + missing)}
    request = HttpRequest()
    request.META = announced
    receive_uploads(request, None, ["file"])

    with pytest.raises(MultiPartParserError, match="ended before"):
        request.parse_file_upload(announced, BytesIO(WHOLE))
