"""Errors are JSON, of one form, on every path."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from rest_framework_simplejwt.authentication import JWTAuthentication

from org_files.links import token_of
from org_files.rest.views.lists import ListView
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.contents import make_avatar
from tests.rest.requests import MISSING_ID, signed_in
from tests.rest.routes import IDS, ROUTES


def ask(client: Client, method: str, path: str, **headers: str) -> Any:
    """Send what changes nothing."""
    body = "" if method in ("GET", "HEAD", "OPTIONS", "DELETE") else "{}"
    return client.generic(method, path, body, content_type="application/json", headers=headers)


@pytest.fixture
def things(organization: Any, user: Any) -> dict[str, str]:
    """Ids of what the member sees."""
    make_avatar(user)
    file = make_stored_file(organization, user)
    link = make_link(file)
    return {
        "files": str(file.public_id),
        "links": str(link.public_id),
        "shared": token_of(link) or "",
        "organizations": str(organization.pk),
        "users": str(user.pk),
    }


#: The other forms are unit tests: test_ids.py.
MALFORMED = ["{id}%0A", "0{id}", "{id}%00", "%2e%2e%2fpasswd", "%FF%FE", "x" * 8192]


@pytest.mark.parametrize("form", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_id__is_404_like_a_missing_one(
    operator: Any, things: dict[str, str], form: str
) -> None:
    client = signed_in(operator)
    for route, name in IDS:
        id = form.format(id=things[route.ids[name]])
        response = ask(client, route.usual_method, route.path(things, **{name: id}))
        assert response.status_code == 404, (route, name)
        if "%2f" not in form:  # the path of no route
            missing = ask(client, route.usual_method, route.path(things, **{name: MISSING_ID}))
            assert response.content == missing.content
            assert missing.json()["code"] == "not_found"


@pytest.mark.parametrize("body", ["", "{"])
def test_method_that_there_is_not__is_405_in_json(insider: Client, body: str) -> None:
    for route in ROUTES:
        response = insider.generic(
            route.missing_method, route.path(), body, content_type="application/json"
        )

        assert response.status_code == 405
        assert response.json()["code"] == "method_not_allowed"
        allowed = {*response.headers["Allow"].split(", ")} - {"HEAD", "OPTIONS"}
        assert allowed == route.methods


def test_representation_that_there_is_not__is_406_in_json(client: Client) -> None:
    for route in ROUTES:
        response = ask(client, route.usual_method, route.path(), Accept="application/xml")

        assert response.headers["Content-Type"] == "application/json"
        if route.sends_bytes:  # which ignore what a client accepts
            assert response.status_code == 404
        else:
            assert response.status_code == 406
            assert response.json()["code"] == "not_acceptable"


def test_unknown_format__is_404_in_json(client: Client) -> None:
    for route in ROUTES:
        response = ask(client, route.usual_method, f"{route.path()}?format=xml")

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


def test_media_type_that_there_is_not__is_415_in_json(client: Client) -> None:
    for route in ROUTES:
        for headers in (
            {"Content-Encoding": "gzip"},
            {"Content-Type": "text/plain; charset=utf-16"},
        ):
            response = client.generic(route.usual_method, route.path(), headers=headers)
            assert response.status_code == 415
            assert response.json()["code"] == "unsupported_media_type"


def test_options__describe_the_call(insider: Client) -> None:
    for route in ROUTES:
        response = insider.options(route.path())

        assert response.status_code == 200
        allowed = {*response.headers["Allow"].split(", ")} - {"HEAD", "OPTIONS"}
        assert allowed == route.methods
        described = response.json().get("actions", {})
        assert described.keys() == route.methods & {"POST", "PUT"}


@pytest.mark.parametrize(
    ("method", "error"),
    [("get", OperationalError("database is locked")), ("post", InterfaceError("gone"))],
)
def test_database_that_does_not_answer__is_503_with_retry_after(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, method: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(ListView, "get", fail)
    monkeypatch.setattr("org_files.rest.views.files.store_file", fail)
    data = {"file": BytesIO(b"x")} if method == "post" else {}

    response = getattr(client, method)("/api/files/", data)

    assert response.status_code == 503
    assert response.json()["code"] == "database_unavailable"
    assert int(response.headers["Retry-After"]) > 0
    assert "locked" not in response.content.decode()


def test_database_that_does_not_answer_at_login__is_503(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(JWTAuthentication, "get_user", fail)

    assert client.get("/api/files/").status_code == 503


def test_bug_of_the_site__is_not_hidden(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ListView, "get", fail)

    with pytest.raises(ZeroDivisionError):
        client.get("/api/files/")


def test_foreign_host__is_400(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]

    assert client.get("/api/files/", headers={"Host": "evil.example"}).status_code == 400


def test_forwarded_headers_and_those_of_front_servers__are_not_heard(
    client: Client, organization: Any
) -> None:
    file = make_stored_file(organization)
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Accel-Redirect": "/etc/passwd",
        "X-Sendfile": "/etc/passwd",
        "X-HTTP-Method-Override": "DELETE",
    }

    listed = client.get("/api/files/", headers=headers)
    content = client.get(f"/api/files/{file.public_id}/content/", headers=headers)

    content.getvalue()
    url = listed.json()["results"][0]["content_url"]
    assert url == f"http://testserver/api/files/{file.public_id}/content/"
    for response in (listed, content):
        assert response.status_code == 200
        assert not {"X-Accel-Redirect", "X-Sendfile"} & set(response.headers)
