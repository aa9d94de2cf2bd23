"""Multipart bodies as no library would send them, by token and by session.

Under a session the CSRF check reads the body before any parser of a view does.
"""

from base64 import b64encode
from hashlib import sha256
from io import BytesIO

import pytest
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.test import Client

from org_files import get_file_model
from org_files.files import threads
from org_files.http import draining
from org_files.rest import multipart
from tests.rest.conftest import blobs
from tests.rest.requests import BOUNDARY, CSRF_TOKEN, MULTIPART, UPLOAD, closed, code_of, part, send
from tests.rest.routes import CHANGES, PROTECTED, ROUTES

WHOLE = closed(part("file", b"some bytes", "a.txt"))
TRANSFER = "Content-Transfer-Encoding"
BASE64 = f"{TRANSFER}: base64"
MALFORMED = (400, "malformed_multipart")


@pytest.fixture(params=[0, threads.MIN_SIZE_OF_THREADS], ids=["two threads", "one thread"])
def _threads(request, monkeypatch):
    monkeypatch.setattr(threads, "MIN_SIZE_OF_THREADS", request.param)


@pytest.mark.usefixtures("_threads")
def test_content__is_stored_to_the_byte(upload, temporary, settings):
    content = bytes(range(256)) * 3000 + b"\r\n--" + BOUNDARY[:-1].encode() + b"\r\n--\r\n"
    encoded = b64encode(content)
    lines = b"\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))
    # RFC 2046 §5.1.1.
    epilogue = closed(part("file", b"two", "b.txt"))
    for body, stored in (
        (closed(part("file", b"", "a.bin")), b""),
        (closed(part("file", content, "a.bin")), content),
        (closed(part("file", lines, "a.bin", BASE64)), content),
        (closed(part("file", content, "a.bin", f"{TRANSFER}: (left) 8BIT (as (it) is)")), content),
        (b"some preamble\r\n" + WHOLE + epilogue, b"some bytes"),
    ):
        response = upload(body)
        assert (response.status_code, response.json()["size"]) == (201, len(stored))
        assert response.json()["sha256"] == sha256(stored).hexdigest()
        [path] = blobs(settings)
        assert path.read_bytes() == stored
        path.unlink()
    assert list(temporary.iterdir()) == []


def test_media_type_of_a_body__has_no_case(client):
    upper = MULTIPART.replace("multipart/form-data", "Multipart/Form-Data")

    assert send(client, UPLOAD, WHOLE, content_type=upper).status_code == 201


@pytest.mark.usefixtures("unchanged")
def test_body_that_is_not_whole__is_refused(upload):
    for body in (
        WHOLE[: -len(f"--{BOUNDARY}--\r\n")],
        part("file", b"x", "a.txt")[:40],
        WHOLE.replace(b"\r\n", b"\n"),
        b"no multipart at all",
        closed(part("file", f"text --{BOUNDARY}-- more text", "a.txt")),
        closed(part("file", b"!!!!", "a.bin", BASE64)),
        closed(part("comment", b"!!!!", None, BASE64), part("file", b"x", "a.txt")),
    ):
        assert code_of(upload(body)) == MALFORMED, body
    body = closed(part("file", b"x" * 600_000, "a.txt"))
    assert code_of(upload(body[:-3], content_length=len(body))) == MALFORMED
    # Under a session, Django's CSRF check swallows the error; then no file came.
    reset = upload(body[:-1000], content_length=len(body), cut=True)
    assert reset.status_code == 400
    assert reset.json().get("code") == "incomplete_body" or "file" in reset.json()
    # Headers unlike the body.
    assert code_of(upload(WHOLE, content_type="multipart/form-data")) == MALFORMED
    assert upload(WHOLE, content_length=len(WHOLE) - 10).status_code == 400


def test_client_gone_behind_the_closing_boundary__is_refused():
    """The test client cannot announce more than it sends, so the parser is asked itself."""
    request = HttpRequest()
    request.META = {"CONTENT_TYPE": MULTIPART, "CONTENT_LENGTH": str(len(WHOLE) + 1)}
    multipart.receive_uploads(request, None, ["file"])

    with pytest.raises(MultiPartParserError, match="ended before"):
        request.parse_file_upload(request.META, BytesIO(WHOLE))


@pytest.mark.usefixtures("unchanged")
def test_text_that_is_not_utf_8__is_refused_by_name(upload):
    file = part("file", b"x", "a.txt")
    for parts in ((file, part("comment", b"\xef")), (part("comment", b"\xef"), file)):
        response = upload(closed(*parts))
        assert code_of(response) == (400, "invalid_utf8")
        assert '"comment"' in response.json()["detail"]
    assert code_of(upload(closed(part(b"comment\xef", b"x"), file))) == (400, "invalid_utf8")


@pytest.mark.usefixtures("unchanged")
def test_second_file__is_refused(upload, settings):
    parts = part("file", b"one", "a.txt"), part("file", b"two", "b.txt")
    assert list(upload(closed(*parts)).json()) == ["file"]
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    assert code_of(upload(closed(*parts))) == (400, "bad_request")


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
    undecodable = part("file", b"x").replace(b'"file"', b"\"file\"; filename*=UTF-8''%EF.txt")
    for parts in ((part("file", b"x", "a.txt"), part("comment", b"\xef")), (undecodable,)):
        assert code_of(send(client, UPLOAD, closed(*parts))) == (400, "invalid_utf8")
    assert list(temporary.iterdir()) == []


# MAX_FILE_SIZE: bytes are counted, headers are not believed.


def test_size__is_that_of_the_decoded_content(upload, settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 100_000}
    for content, header, status in (
        (b"x" * 100_000, "Content-Length: x", 201),
        (b"x" * 100_001, "Content-Length: 1", 413),
        (b64encode(b"x" * 100_000), BASE64, 201),
        (b64encode(b"x" * 100_001), BASE64, 413),
    ):
        assert upload(closed(part("file", content, "a.txt", header))).status_code == status


@pytest.mark.usefixtures("unchanged", "_threads")
def test_file_that_is_too_large__is_refused_whatever_follows(upload, settings, monkeypatch):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 100_000}
    large = part("file", b"x" * 200_000, "a.txt")
    assert upload(closed(large, part("file", b"x", "b.txt"))).status_code == 413
    assert upload(large, content_length=10**6).status_code in (400, 413)

    monkeypatch.setattr(draining, "MAX_BYTES", 500_000)
    stream = BytesIO(closed(part("file", b"x" * 3_000_000, "a.txt")))
    assert code_of(upload(b"", stream=stream)) == (413, "file_too_large")
    assert stream.tell() < 1_500_000


# Files where a call takes none: refused at the headers of their part, nothing on disk

FILE = part("file", b"x" * 700_000, "a.txt")
UNEXPECTED = (400, "unexpected_file")

#: Takes JSON alone; and a session alone, which a test below has.
ELSEWHERE = ("auth/login/", "auth/logout/")


class Watched(BytesIO):
    """A body that looks at the folder of uploads each time that some of it is read."""

    def __init__(self, body, folder):
        super().__init__(body)
        self.folder = folder
        self.seen = set()

    def read(self, size=-1):
        self.seen |= {*self.folder.iterdir()}
        return super().read(size)


@pytest.fixture
def watched(temporary):
    return lambda *parts: Watched(closed(*parts), temporary)


#: Every call that takes no file, and has a body read before anything is looked up.
CALLS = [
    (route, method)
    for route in ROUTES
    for method in sorted({*CHANGES} & route.methods)
    if not route.view.file_fields.get(method)
    and route.view.reads_body_first
    and route.text not in ELSEWHERE
]


@pytest.mark.usefixtures("unchanged")
def test_file_to_a_call_that_takes_none__is_refused_and_never_on_disk(client, watched):
    assert len(CALLS) > 20
    for route, method in CALLS:
        stream = watched(part("file", b"x" * 300_000, "a.txt"), part("name", "Globex"))

        response = send(client, route.path(), method=method, stream=stream)

        assert code_of(response) == UNEXPECTED, (route, method)
        assert stream.tell()
        assert not stream.seen


@pytest.mark.usefixtures("unchanged")
def test_file_in_a_session__is_refused_by_every_route_before_its_csrf_token_is_asked_for(
    session, watched
):
    for route in PROTECTED:
        if not (route.view.file_fields.get("POST") or route.view.takes_bytes):
            stream = watched(part("csrfmiddlewaretoken", CSRF_TOKEN), part("", b"x", "a.txt"))

            assert code_of(send(session, route.path(), stream=stream)) == UNEXPECTED, route
            assert not stream.seen


@pytest.mark.usefixtures("unchanged")
def test_body_of_an_anonymous_request__is_discarded_where_a_login_is_needed(watched):
    for route in PROTECTED:
        stream = watched(FILE)

        assert send(Client(), route.path(), stream=stream).status_code == 401
        assert stream.tell() == len(stream.getvalue())
        assert not stream.seen


@pytest.mark.parametrize("first", ["thumbnail", "file"])
@pytest.mark.usefixtures("unchanged")
def test_second_file_under_another_name__is_refused_and_nothing_is_kept(upload, watched, first):
    parts = [FILE, part("thumbnail", b"y" * 700_000, "b.txt")]
    stream = watched(*(parts if first == "file" else parts[::-1]))

    assert list(upload(b"", stream=stream).json()) == ["file"]
    assert len(stream.seen) == (1 if first == "file" else 0)


def test_rest_of_a_refused_body__is_read_up_to_a_bound(db, monkeypatch, settings, watched):
    monkeypatch.setattr(draining, "MAX_BYTES", 500_000)
    monkeypatch.setattr(multipart, "MAX_OVERHEAD", 0)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    # Content that belongs to no field.
    nameless = part("", b"\r\n\r\n" * 750_000).replace(b'form-data; name=""', b"form-data")
    for body_part, refusal in (
        (part("file", b"x" * 3_000_000, "a.txt"), UNEXPECTED),
        (part("file", b64encode(bytes(2_000_000)), "a", BASE64), UNEXPECTED),
        (nameless, (413, "request_too_large")),
    ):
        stream = watched(body_part)
        assert code_of(send(Client(), "/api/token/", stream=stream)) == refusal
        assert stream.tell() < 1_500_000


def test_file_that_a_middleware_has_received__is_refused_all_the_same(db, settings, temporary):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.reading_middleware"]

    assert code_of(send(Client(), "/api/token/", closed(FILE))) == UNEXPECTED
    assert list(temporary.iterdir()) == []
