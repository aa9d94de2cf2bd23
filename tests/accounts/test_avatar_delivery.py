"""GET users/{id}/avatar/: through delivery, like every other byte."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from org_files.accounts.models import Avatar
from org_files.delivery import StreamDelivery
from org_files.models import Download, PendingDownload, Role
from org_files.testing.factories import join, make_organization, make_user
from tests.accounts.clients import AVATAR, CLIENTS, USERS
from tests.accounts.pictures import kept, photo, put
from tests.rest.requests import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(user: Any) -> Client:
    client = signed_in(user)
    put(client, photo())
    return client


@pytest.fixture
def url(user: Any) -> str:
    return f"{USERS}{user.pk}/avatar/"


def test_picture__is_shown_in_place_with_the_headers_of_every_download(
    client: Client, url: str
) -> None:
    response = client.get(url)

    content = response.getvalue()
    avatar = Avatar.objects.get()
    assert response.status_code == 200
    assert sha256(content).hexdigest() == avatar.sha256
    expected = {
        "Content-Type": "image/jpeg",
        "Content-Length": str(len(content)),
        "ETag": f'"{avatar.sha256}"',
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    assert {name: response.headers[name] for name in expected} == expected
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "Last-Modified" in response.headers


def test_same_picture__is_not_sent_again(client: Client, url: str) -> None:
    first = client.get(url)
    first.getvalue()

    for name, header in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        response = client.get(url, headers={name: first.headers[header]})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == first.headers["ETag"]


def test_new_picture__is_sent_in_place_of_the_old_one(client: Client, url: str) -> None:
    old = client.get(url)
    before = old.getvalue()
    put(client, photo(orientation=1))

    response = client.get(url, headers={"If-None-Match": old.headers["ETag"]})

    assert response.status_code == 200
    assert response.getvalue() != before


def test_head__has_the_headers_alone(client: Client, url: str) -> None:
    got = client.get(url)
    size = len(got.getvalue())

    response = client.head(url)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(size)
    assert response.headers["ETag"] == got.headers["ETag"]


def test_part__is_206(client: Client, url: str) -> None:
    response = client.get(url, headers={"Range": "bytes=0-1"})

    assert (response.status_code, response.getvalue()) == (206, b"\xff\xd8")
    assert client.get(url, headers={"Range": "bytes=999999-"}).status_code == 416


@pytest.mark.parametrize("accept", ["image/*", "text/html", "application/json", "nonsense"])
@pytest.mark.parametrize("query", ["", "?format=json", "?format=nonsense"])
def test_what_a_client_accepts__changes_nothing(
    client: Client, url: str, accept: str, query: str
) -> None:
    response = client.get(url + query, headers={"Accept": accept})

    assert response.status_code == 200
    assert response.getvalue().startswith(b"\xff\xd8")


@pytest.mark.parametrize("kind", CLIENTS)
def test_picture__is_there_by_every_way_of_being_logged_in(
    client: Client, user: Any, url: str, kind: str
) -> None:
    assert CLIENTS[kind](user).get(url).getvalue().startswith(b"\xff\xd8")


def test_picture__is_seen_by_who_sees_the_user(client: Client, user: Any, url: str) -> None:
    organization = make_organization()
    colleague, stranger, operator = make_user(), make_user(), make_user(is_staff=True)
    join(organization, user)
    join(organization, colleague, Role.VIEWER)
    join(make_organization(), stranger, Role.ADMIN)
    missing = signed_in(stranger).get(f"{USERS}4711471147/avatar/")

    for who in (colleague, operator):
        assert signed_in(who).get(url).getvalue().startswith(b"\xff\xd8")
    response = signed_in(stranger).get(url)
    assert (response.status_code, response.content) == (404, missing.content)
    assert missing.status_code == 404
    assert Client().get(url).status_code == 401


def test_user_without_a_picture__is_404_like_no_user(client: Client, url: str) -> None:
    client.delete(AVATAR)

    response = client.get(url)

    assert response.status_code == 404
    assert response.content == client.get(f"{USERS}4711471147/avatar/").content


def test_picture__is_no_download(client: Client, url: str) -> None:
    client.get(url).getvalue()

    assert Download.objects.count() == PendingDownload.objects.count() == 0


def test_key__is_no_way_to_the_picture(client: Client) -> None:
    [key] = kept()

    for path in (f"/{key}", f"/media/{key}", f"/api/{key}/", f"/api/files/{key[-32:]}/content/"):
        assert client.get(path).status_code == 404


class Redirecting(StreamDelivery):
    """What a site may have instead of ours."""

    def respond(self, request: Any, item: Any, plan: Any) -> HttpResponse:
        return HttpResponse(headers={"X-Accel-Redirect": f"/_files/{item.key}"})


def test_picture__leaves_as_the_site_delivers(client: Client, url: str, settings: Any) -> None:
    settings.ORG_FILES = {"DELIVERY": {"BACKEND": f"{__name__}.Redirecting"}}
    [key] = kept()

    response = client.get(url)

    assert response.headers["X-Accel-Redirect"] == f"/_files/{key}"
    assert response.content == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods__are_405(client: Client, url: str, method: str) -> None:
    assert client.generic(method, url).status_code == 405
