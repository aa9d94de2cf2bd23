"""Files where a call takes none: refused at the headers of their part, nothing on disk."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from org_files.links import token_of
from org_files.models import ShareLink
from org_files.rest import multipart
from org_files.testing.factories import make_link
from tests.rest.conftest import Send
from tests.rest.requests import CSRF_TOKEN, closed, part, send
from tests.rest.routes import CHANGES, PROTECTED, ROUTES, Route

FILE = part("file", b"x" * 700_000, "a.txt")

#: Takes JSON alone; and a session alone, which a test below has.
ELSEWHERE = ("auth/login/", "auth/logout/")


class Watched(BytesIO):
    """A body that looks at the folder of uploads each time that some of it is read."""

    def __init__(self, body: bytes, folder: Path) -> None:
        super().__init__(body)
        self.folder = folder
        self.seen: set[Path] = set()
        self.reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.seen |= {*self.folder.iterdir()}
        self.reads += 1
        return super().read(size)


@pytest.fixture
def watched(temporary: Path) -> Callable[[bytes], Watched]:
    return lambda body: Watched(body, temporary)


def sent(client: Client, path: str, stream: Watched, **options: Any) -> Any:
    length = len(stream.getvalue())
    return send(client, path, b"", stream=stream, content_length=length, **options)


def calls() -> list[tuple[Route, str]]:
    """Return every call that takes no file, and has a body read before anything is looked up."""
    return [
        (route, method)
        for route in ROUTES
        for method in sorted({*CHANGES} & route.methods)
        if not route.view.file_fields.get(method)
        and route.view.reads_body_first
        and route.text not in ELSEWHERE
    ]


@pytest.mark.parametrize("name", ["file", ""])
@pytest.mark.usefixtures("unchanged")
def test_file_to_a_call_that_takes_none__is_refused_and_never_on_disk(
    client: Client, watched: Callable[[bytes], Watched], name: str
) -> None:
    assert len(calls()) > 20
    for route, method in calls():
        stream = watched(closed(part(name, b"x" * 300_000, "a.txt"), part("name", "Globex")))

        response = sent(client, route.path(), stream, method=method)

        assert response.status_code == 400, (route, method)
        assert response.json()["code"] == "unexpected_file"
        assert stream.reads
        assert not stream.seen


@pytest.mark.usefixtures("unchanged")
def test_file_in_a_session__is_refused_by_every_route_before_its_csrf_token_is_asked_for(
    session: Client, watched: Callable[[bytes], Watched]
) -> None:
    routes = [route for route in PROTECTED if not route.view.file_fields.get("POST")]
    for route in routes:
        stream = watched(closed(part("csrfmiddlewaretoken", CSRF_TOKEN), FILE))

        response = sent(session, route.path(), stream)

        assert (response.status_code, response.json()["code"]) == (400, "unexpected_file"), route
        assert not stream.seen


def test_file_for_a_link_with_a_password__is_refused_and_never_on_disk(
    link: ShareLink, watched: Callable[[bytes], Watched]
) -> None:
    locked = make_link(link.file, password="heron-lamp-42")
    stream = watched(closed(part("password", "heron-lamp-42"), FILE))

    response = sent(Client(), f"/api/shared/{token_of(locked)}/", stream)

    assert (response.status_code, response.json()["code"]) == (400, "unexpected_file")
    assert not stream.seen


@pytest.mark.usefixtures("unchanged")
def test_body_of_an_anonymous_request__is_not_read_where_a_login_is_needed(
    watched: Callable[[bytes], Watched],
) -> None:
    for route in PROTECTED:
        stream = watched(closed(FILE))

        assert sent(Client(), route.path(), stream, method="POST").status_code == 401
        assert stream.reads == 0


@pytest.mark.parametrize("first", ["thumbnail", "file"])
@pytest.mark.usefixtures("unchanged")
def test_second_file_under_another_name__is_refused_and_nothing_is_kept(
    upload: Send, watched: Callable[[bytes], Watched], first: str
) -> None:
    parts = [FILE, part("thumbnail", b"y" * 700_000, "b.txt")]
    stream = watched(closed(*(parts if first == "file" else parts[::-1])))

    response = upload(b"", stream=stream, content_length=len(stream.getvalue()))

    assert response.status_code == 400
    assert list(response.json()) == ["file"]
    assert len(stream.seen) == (1 if first == "file" else 0)


@pytest.mark.parametrize("content", [b"x" * 3_000_000, b64encode(b"x" * 2_000_000)])
def test_rest_of_a_refused_body__is_read_up_to_a_bound(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, temporary: Path, content: bytes
) -> None:
    monkeypatch.setattr(multipart, "MAX_DISCARDED", 500_000)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    headers = [] if content.startswith(b"x") else ["Content-Transfer-Encoding: base64"]
    stream = Watched(closed(part("file", content, "a.txt", *headers)), temporary)

    response = sent(Client(), "/api/token/", stream)

    assert (response.status_code, response.json()["code"]) == (400, "unexpected_file")
    assert stream.tell() < 1_500_000


def test_content_that_belongs_to_no_field__is_read_up_to_a_bound(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, temporary: Path
) -> None:
    monkeypatch.setattr(multipart, "MAX_DISCARDED", 500_000)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    nameless = part("", b"\r\n\r\n" * 750_000).replace(b'form-data; name=""', b"form-data")
    stream = Watched(closed(nameless), temporary)

    response = sent(Client(), "/api/auth/register/", stream)

    assert (response.status_code, response.json()["code"]) == (413, "request_too_large")
    assert stream.tell() < 1_500_000


def test_file_that_a_middleware_has_received__is_refused_all_the_same(
    db: None, settings: Any, temporary: Path
) -> None:
    reading = "tests.rest.test_multipart.reading_middleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, reading]

    response = send(Client(), "/api/token/", closed(FILE))

    assert (response.status_code, response.json()["code"]) == (400, "unexpected_file")
    assert list(temporary.iterdir()) == []
