"""Files where a call takes none: refused at the headers of their part, nothing on disk."""

from base64 import b64encode
from io import BytesIO

import pytest
from django.test import Client

from org_files.links import token_of
from org_files.rest import parsers
from org_files.testing.factories import make_link
from tests.rest.requests import CSRF_TOKEN, closed, code_of, part, send
from tests.rest.routes import CHANGES, PROTECTED, ROUTES

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
        if not route.view.file_fields.get("POST"):
            stream = watched(part("csrfmiddlewaretoken", CSRF_TOKEN), part("", b"x", "a.txt"))

            assert code_of(send(session, route.path(), stream=stream)) == UNEXPECTED, route
            assert not stream.seen


def test_file_for_a_link_with_a_password__is_refused_and_never_on_disk(link, watched):
    locked = make_link(link.file, password="heron-lamp-42")
    stream = watched(part("password", "heron-lamp-42"), FILE)

    assert code_of(send(Client(), f"/api/shared/{token_of(locked)}/", stream=stream)) == UNEXPECTED
    assert not stream.seen


@pytest.mark.usefixtures("unchanged")
def test_body_of_an_anonymous_request__is_not_read_where_a_login_is_needed(watched):
    for route in PROTECTED:
        stream = watched(FILE)

        assert send(Client(), route.path(), stream=stream).status_code == 401
        assert stream.tell() == 0


@pytest.mark.parametrize("first", ["thumbnail", "file"])
@pytest.mark.usefixtures("unchanged")
def test_second_file_under_another_name__is_refused_and_nothing_is_kept(upload, watched, first):
    parts = [FILE, part("thumbnail", b"y" * 700_000, "b.txt")]
    stream = watched(*(parts if first == "file" else parts[::-1]))

    assert list(upload(b"", stream=stream).json()) == ["file"]
    assert len(stream.seen) == (1 if first == "file" else 0)


@pytest.mark.parametrize(
    ("body_part", "refusal"),
    [
        (part("file", b"x" * 3_000_000, "a.txt"), UNEXPECTED),
        (
            part("file", b64encode(bytes(2_000_000)), "a", "Content-Transfer-Encoding: base64"),
            UNEXPECTED,
        ),
        # Content that belongs to no field.
        (
            part("", b"\r\n\r\n" * 750_000).replace(b'form-data; name=""', b"form-data"),
            (413, "request_too_large"),
        ),
    ],
    ids=["file", "base64", "nameless"],
)
def test_rest_of_a_refused_body__is_read_up_to_a_bound(
    db, monkeypatch, settings, watched, body_part, refusal
):
    monkeypatch.setattr(parsers, "MAX_DISCARDED", 500_000)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    stream = watched(body_part)

    assert code_of(send(Client(), "/api/token/", stream=stream)) == refusal
    assert stream.tell() < 1_500_000


def test_file_that_a_middleware_has_received__is_refused_all_the_same(db, settings, temporary):
    reading = "tests.rest.test_multipart.reading_middleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, reading]

    assert code_of(send(Client(), "/api/token/", closed(FILE))) == UNEXPECTED
    assert list(temporary.iterdir()) == []
