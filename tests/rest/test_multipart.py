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


@pytest.mark.parametrize("size", [0, 1, 2, 3, 262_143, 262_144, 262_145, 600_000])
def test_content_of_any_size__is_stored_to_the_byte(upload: Send, settings: Any, size: int) -> None:
    content = (b"\r\n-" * (size // 3 + 1))[:size]

    response = upload(closed(part("file", content, "a.bin")))

    assert response.json()["size"] == size
    assert [path.read_bytes() for path in blobs(settings)] == [content]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(WHOLE[: -len(f"--{BOUNDARY}--\r\n")], id="no closing boundary"),
        pytest.param(WHOLE[: -len("--\r\n")], id="closing boundary without its dashes"),
        pytest.param(WHOLE[: -len("-\r\n")], id="closing boundary with one dash"),
        pytest.param(WHOLE[: len(WHOLE) // 2], id="cut in the content"),
        pytest.param(part("file", b"x", "a.txt")[:40], id="cut in the headers"),
        pytest.param(part("file", b"", "a.txt").rstrip(), id="cut after the headers"),
        pytest.param(WHOLE.replace(b"\r\n--", b"--"), id="delimiters within a line"),
        pytest.param(WHOLE.replace(b"\r\n", b"\n"), id="bare line feeds"),
        pytest.param(b"no multipart at all", id="no delimiter"),
        pytest.param(b"\r\n" * 1000, id="nothing but lines"),
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


@pytest.mark.usefixtures("unchanged")
def test_closing_boundary_within_the_content__does_not_cut_it(upload: Send) -> None:
    # A delimiter stands at the beginning of a line (RFC 2046 §5.1.1); Django takes it anywhere.
    response = upload(closed(part("file", f"text --{BOUNDARY}-- more text", "a.txt")))

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.parametrize("what", ["delimiter", "delimiter and headers"])
@pytest.mark.usefixtures("unchanged")
def test_delimiter_within_a_line__does_not_cut_the_content(upload: Send, what: str) -> None:
    inner = f"text --{BOUNDARY}" + (
        '\r\nContent-Disposition: form-data; name="comment"\r\n\r\nhidden'
        if "headers" in what
        else ""
    )

    response = upload(closed(part("file", inner + " more text", "a.txt")))

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=caf\xe9",
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_missing_or_invalid_boundary__is_refused(upload: Send, content_type: str) -> None:
    response = upload(WHOLE, content_type=content_type)

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_multipart"


@pytest.mark.parametrize("missing", [3, 5, 100_000])
@pytest.mark.usefixtures("unchanged")
def test_client_gone_mid_body__changes_nothing(upload: Send, missing: int) -> None:
    body = closed(part("file", b"x" * 300_000, "a.txt"))

    response = upload(body[:-missing], content_length=len(body))

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


@pytest.mark.parametrize("length", ["0", "", "-1", "x"])
@pytest.mark.usefixtures("unchanged")
def test_content_length_of_nothing__is_a_missing_file(user: Any, length: str) -> None:
    response = signed_in(user).generic(
        "POST", UPLOAD, WHOLE, content_type=MULTIPART, CONTENT_LENGTH=length
    )

    assert response.status_code == 400


@pytest.mark.parametrize(
    "parts",
    [
        [part("file", b"one", "a.txt"), part("file", b"two", "b.txt")],
        [part("file", b"same", "a.txt"), part("file", b"same", "a.txt")],
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_second_file__is_refused(upload: Send, parts: list[bytes]) -> None:
    response = upload(closed(*parts))

    assert response.status_code == 400
    assert list(response.json()) == ["file"]


@pytest.mark.parametrize(
    "epilogue",
    [b"some text", part("file", b"two", "b.txt"), closed(part("file", b"two", "b.txt")), b"-" * 99],
)
def test_what_stands_behind_the_closing_boundary__is_ignored(
    upload: Send, settings: Any, epilogue: bytes
) -> None:
    # The epilogue of RFC 2046 §5.1.1.
    assert upload(WHOLE + epilogue).status_code == 201
    assert [path.read_bytes() for path in blobs(settings)] == [b"some bytes"]


@pytest.mark.usefixtures("unchanged")
def test_file_behind_the_closing_boundary__is_a_missing_file(upload: Send) -> None:
    body = closed(part("comment", b"x")) + closed(part("file", b"two", "b.txt"))

    assert list(upload(body).json()) == ["file"]


def test_text_before_the_first_delimiter__is_ignored(upload: Send) -> None:
    # And its preamble.
    assert upload(b"some preamble\r\n" + WHOLE).status_code == 201


@pytest.mark.usefixtures("unchanged")
def test_file_as_a_text_field__is_refused(upload: Send) -> None:
    response = upload(closed(part("file", b"some bytes")))

    assert response.status_code == 400
    assert list(response.json()) == ["file"]


@pytest.mark.parametrize("name", ["upload", "files", "file[]", "File", ""])
@pytest.mark.usefixtures("unchanged")
def test_file_under_another_name__is_a_missing_file(upload: Send, name: str) -> None:
    response = upload(closed(part(name, b"some bytes", "a.txt")))

    assert response.status_code == 400
    assert list(response.json()) == ["file"]


@pytest.mark.usefixtures("unchanged")
def test_compressed_body__is_415(upload: Send) -> None:
    response = upload(WHOLE, Content_Encoding="gzip")

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "charset", ["bz2_codec", "utf-16", "latin-1", "nonsense", "\xe9", "x" * 999]
)
@pytest.mark.usefixtures("unchanged")
def test_other_charset_than_utf_8__is_415(upload: Send, charset: str) -> None:
    response = upload(WHOLE, content_type=f"{MULTIPART}; charset={charset}")

    assert response.status_code == 415


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "us-ascii"])
def test_utf_8__is_taken(upload: Send, charset: str) -> None:
    assert upload(WHOLE, content_type=f"{MULTIPART}; charset={charset}").status_code == 201


@pytest.mark.usefixtures("unchanged")
def test_fields_too_large_for_the_site__are_413(upload: Send, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000

    response = upload(closed(part("comment", "x" * 10_000), part("file", b"x", "a.txt")))

    assert response.status_code == 413
    assert response.json()["code"] == "request_too_large"


def test_as_many_fields_as_the_site_allows__are_taken(upload: Send, settings: Any) -> None:
    fields = [part(f"field{number}", b"") for number in range(20)]
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = len(fields)

    assert upload(closed(*fields, part("file", b"x", "a.txt"))).status_code == 201


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


def test_body_in_chunks_without_its_length__is_411(client: Client) -> None:
    response = client.get("/api/files/", headers={"Transfer-Encoding": "chunked"})
    assert (response.status_code, response.json()["code"]) == (411, "length_required")
