"""Multipart bodies as no library would send them, by token and by session.

Under a session the CSRF check reads the body before any parser of a view does.
"""

from base64 import b64encode
from io import BytesIO

import pytest
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from org_files import get_file_model
from org_files.rest import parsers
from tests.rest.conftest import blobs
from tests.rest.requests import BOUNDARY, CSRF_TOKEN, MULTIPART, UPLOAD, closed, code_of, part, send

WHOLE = closed(part("file", b"some bytes", "a.txt"))
BASE64 = "Content-Transfer-Encoding: base64"
MALFORMED = (400, "malformed_multipart")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(range(256)) * 9 + b"\r\n--" + BOUNDARY[:-1].encode() + b"\r\n--\r\n",
        (b"\r\n-" * 100_000)[:262_145],
    ],
    ids=len,
)
def test_content__is_stored_to_the_byte(upload, temporary, settings, content):
    response = upload(closed(part("file", content, "a.bin")))

    assert (response.status_code, response.json()["size"]) == (201, len(content))
    assert [path.read_bytes() for path in blobs(settings)] == [content]
    assert list(temporary.iterdir()) == []


def test_base64__is_decoded(upload, settings):
    content = bytes(range(256)) * 3000
    encoded = b64encode(content)
    lines = b"\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))

    assert upload(closed(part("file", lines, "a.bin", BASE64))).status_code == 201
    assert [path.read_bytes() for path in blobs(settings)] == [content]


def test_preamble_and_epilogue__are_ignored(upload, settings):
    # RFC 2046 §5.1.1.
    epilogue = closed(part("file", b"two", "b.txt"))
    assert upload(b"some preamble\r\n" + WHOLE + epilogue).status_code == 201
    assert [path.read_bytes() for path in blobs(settings)] == [b"some bytes"]


@pytest.mark.parametrize(
    "body",
    [
        WHOLE[: -len(f"--{BOUNDARY}--\r\n")],
        part("file", b"x", "a.txt")[:40],
        WHOLE.replace(b"\r\n", b"\n"),
        b"no multipart at all",
        closed(part("file", f"text --{BOUNDARY}-- more text", "a.txt")),
        closed(part("file", b"!!!!", "a.bin", BASE64)),
        closed(part("comment", b"!!!!", None, BASE64), part("file", b"x", "a.txt")),
    ],
    ids=["no closing boundary", "cut headers", "bare LF", "no delimiter", "line", "file", "field"],
)
@pytest.mark.usefixtures("unchanged")
def test_body_that_is_not_whole__is_refused(upload, body):
    assert code_of(upload(body)) == MALFORMED


@pytest.mark.usefixtures("unchanged")
def test_client_gone_mid_body__changes_nothing(upload):
    body = closed(part("file", b"x" * 600_000, "a.txt"))

    assert code_of(upload(body[:-3], content_length=len(body))) == MALFORMED
    # Under a session, Django's CSRF check swallows the error; then no file came.
    reset = upload(body[:-1000], content_length=len(body), cut=True)
    assert reset.status_code == 400
    assert reset.json().get("code") == "incomplete_body" or "file" in reset.json()


@pytest.mark.usefixtures("unchanged")
def test_headers_unlike_the_body__are_refused(upload):
    assert code_of(upload(WHOLE, content_type="multipart/form-data")) == MALFORMED
    assert upload(WHOLE, content_length=len(WHOLE) - 10).status_code == 400


def test_client_gone_behind_the_closing_boundary__is_refused():
    """The test client cannot announce more than it sends, so the parser is asked itself."""
    request = HttpRequest()
    request.META = {"CONTENT_TYPE": MULTIPART, "CONTENT_LENGTH": str(len(WHOLE) + 1)}
    parsers.receive_uploads(request, None, ["file"])

    with pytest.raises(MultiPartParserError, match="ended before"):
        request.parse_file_upload(request.META, BytesIO(WHOLE))


@pytest.mark.usefixtures("unchanged")
def test_second_file__is_refused(upload, settings):
    parts = part("file", b"one", "a.txt"), part("file", b"two", "b.txt")
    assert list(upload(closed(*parts)).json()) == ["file"]
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    assert code_of(upload(closed(*parts))) == (400, "bad_request")


def test_csrf_token_as_a_field_of_the_form__is_taken(session):
    body = closed(part("csrfmiddlewaretoken", CSRF_TOKEN), part("file", b"x", "a.txt"))

    assert send(session, UPLOAD, body).status_code == 201


def reading_middleware(get_response):
    """Read the form, as some middleware of some site does."""

    def middleware(request):
        assert request.POST is not None
        return get_response(request)

    return middleware


def test_body_read_by_a_middleware__is_stored_all_the_same(client, settings, temporary):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.reading_middleware"]

    assert send(client, UPLOAD, WHOLE).status_code == 201
    assert get_file_model()._base_manager.get().name == "a.txt"
    assert list(temporary.iterdir()) == []


# MAX_FILE_SIZE: bytes are counted, headers are not believed.


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"x" * 100_000, ["Content-Length: x"], 201),
        (b"x" * 100_001, ["Content-Length: 1"], 413),
        (b64encode(b"x" * 100_000), [BASE64], 201),
        (b64encode(b"x" * 100_001), [BASE64], 413),
    ],
    ids=["largest", "too large", "largest in base64", "too large in base64"],
)
def test_size__is_that_of_the_decoded_content(upload, settings, content, headers, status):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 100_000}

    assert upload(closed(part("file", content, "a.txt", *headers))).status_code == status


@pytest.mark.usefixtures("unchanged")
def test_file_that_is_too_large__is_refused_whatever_follows(upload, settings, monkeypatch):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 100_000}
    large = part("file", b"x" * 200_000, "a.txt")
    assert upload(closed(large, part("file", b"x", "b.txt"))).status_code == 413
    assert upload(large, content_length=10**6).status_code in (400, 413)

    monkeypatch.setattr(parsers, "MAX_DISCARDED", 500_000)
    stream = BytesIO(closed(part("file", b"x" * 3_000_000, "a.txt")))
    assert code_of(upload(b"", stream=stream)) == (413, "file_too_large")
    assert stream.tell() < 1_500_000
