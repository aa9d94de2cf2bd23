"""Errors are JSON, of one form, on every path; what one may not see is not there."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.authentication import JWTAuthentication

from org_files.links import token_of
from org_files.rest.views.lists import ListView
from org_files.testing.factories import make_link, make_stored_file, make_user
from tests.rest.contents import make_avatar
from tests.rest.requests import MISSING_ID, signed_in
from tests.rest.routes import BY_ID, IDS, ROUTES, Route

#: Ids that stand for nothing, or would if somebody were lenient.
MALFORMED = {
    "trailing newline": "{id}%0A",
    "leading space": "%20{id}",
    "trailing space": "{id}%20",
    "upper case": "{ID}",
    "full-width digits": "%EF%BC%91%EF%BC%92",
    "full-width zero in front": "%EF%BC%90{id}",
    "nil": "00000000-0000-0000-0000-000000000000",
    "braces": "%7B{id}%7D",
    "urn": "urn:uuid:{id}",
    "no dashes": "{hex}",
    "zero": "0",
    "zero in front": "0{id}",
    "sign": "+{id}",
    "minus": "-1",
    "underscore": "1_0",
    "exponent": "1e3",
    "hexadecimal": "0x1",
    "beyond 64 bits": "9223372036854775808",
    "far beyond": "9" * 300,
    "thousands of digits": "9" * 5000,
    "NUL": "{id}%00",
    "NUL alone": "%00",
    "8 KB": "x" * 8192,
    "dots": "..%2e",
    "encoded slashes": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "broken UTF-8": "%FF%FE",
    "lone surrogate": "%ED%A0%80",
    "quotes": "'%22--",
    "None": "None",
    "True": "True",
    "me": "me",
    "of another model": "{other}",
}


def fill(form: str, file: Any) -> str:
    text = str(file.public_id)
    return form.format(id=text, ID=text.upper(), hex=text.replace("-", ""), other=file.pk)


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


@pytest.mark.parametrize("form", MALFORMED.values(), ids=MALFORMED)
def test_malformed_id__is_404_like_a_missing_one(
    client: Client, organization: Any, things: dict[str, str], form: str
) -> None:
    file = make_stored_file(organization)
    filled = fill(form, file)

    for route, name in IDS:
        # A number that is no one's key, where keys are numbers.
        number = route.ids[name] != "files"
        id = filled.replace(str(file.pk), "987654321") if number else filled
        path = route.path(things, **{name: id})
        if path in {other.path() for other in ROUTES}:  # users/me/ has routes of its own
            continue
        response = ask(client, route.usual_method, path)
        assert response.status_code == 404, path
        if "%2f" not in form:  # which is another path, one that nobody routes
            missing = ask(client, route.usual_method, route.path(things, **{name: MISSING_ID}))
            assert response.content == missing.content
            assert missing.json() == {"detail": missing.json()["detail"], "code": "not_found"}


@pytest.mark.parametrize(
    ("route", "name"),
    [(route, name) for route, name in IDS if route.ids[name] in ("organizations", "users")],
    ids=str,
)
@pytest.mark.parametrize("form", ["{id}%0A", "%20{id}", "0{id}", "+{id}", "{id}.0", "{id}%00"])
def test_id_that_a_database_would_take_for_another__is_404(
    operator: Any, things: dict[str, str], route: Route, name: str, form: str
) -> None:
    client = signed_in(operator)
    lenient_id = form.format(id=things[route.ids[name]])

    exact = ask(client, route.usual_method, route.path(things))
    lenient = ask(client, route.usual_method, route.path(things, **{name: lenient_id}))

    assert exact.getvalue()
    assert exact.status_code == 200
    assert lenient.status_code == 404


@pytest.mark.parametrize("policy", ["OrganizationPolicy", "OwnerPolicy"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "POST", "PUT", "OPTIONS"])
def test_invisible__is_byte_for_byte_like_missing(
    settings: Any, stranger: Any, things: dict[str, str], policy: str, method: str
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    client = signed_in(stranger)

    for route in BY_ID:
        if route.is_public:  # the id is all that it takes
            continue
        invisible = ask(client, method, route.path(things))
        missing = ask(client, method, route.path(dict.fromkeys(things, "987654321")))
        assert invisible.status_code == missing.status_code
        assert invisible.content == missing.content
        assert dict(invisible.headers) == dict(missing.headers)
        if method.replace("HEAD", "GET") in route.methods:
            assert invisible.status_code == 404


def test_expired_and_trashed_files__are_byte_for_byte_like_missing_ones(
    client: Client, organization: Any, user: Any
) -> None:
    now = timezone.now()
    files = [make_stored_file(organization, user, name=f"{n}.txt") for n in range(2)]
    files[0].expires_at = now
    files[1].deleted_at = now - timedelta(days=1)
    for file in files:
        file.save()

    for route in (route for route in BY_ID if "files" in route.ids.values()):
        missing = ask(client, route.usual_method, route.path())
        # What is in the trash can be taken out of it, as long as it has not expired.
        for file in files[:1] if "restore" in route.text else files:
            gone = ask(client, route.usual_method, route.path(id=str(file.public_id)))
            assert gone.status_code == 404
            assert gone.content == missing.content
    assert client.get("/api/files/").json()["count"] == 0


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


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "x", "", "/"])
@pytest.mark.usefixtures("unchanged")
def test_body_of_another_type__is_415(client: Client, content_type: str) -> None:
    for path in ("/api/files/", "/api/organizations/", "/api/auth/register/"):
        response = client.post(path, b"some text", content_type=content_type or " ")

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


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("gone")])
@pytest.mark.parametrize("method", ["get", "post"])
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


def test_user_of_no_organization__sees_empty_lists(organization: Any) -> None:
    make_stored_file(organization)
    client = signed_in(make_user("nobody"))

    for path in ("/api/files/", "/api/organizations/", "/api/downloads/"):
        assert json.loads(client.get(path).content)["count"] == 0
