"""Errors are JSON, of one form, on every path."""

import pytest
from django.db import InterfaceError
from django.test import Client
from rest_framework_simplejwt.authentication import JWTAuthentication

from org_files.rest.views.lists import ListView
from tests.rest.requests import MISSING_ID, code_of
from tests.rest.routes import ROUTES

JSON = "application/json"


def test_method_that_there_is_not__is_405(insider):
    for route in ROUTES:
        response = insider.generic(route.missing_method, route.path(), "{", JSON)

        assert code_of(response) == (405, "method_not_allowed")
        allowed = {*response.headers["Allow"].split(", ")} - {"HEAD", "OPTIONS"}
        assert allowed == route.methods
        assert "no-store" in response.headers["Cache-Control"]


def test_options__describe_the_call(insider):
    for route in ROUTES:
        answer = insider.options(route.path())
        if answer.status_code == 204:  # of upload sessions, in headers
            continue
        described = answer.json().get("actions", {})
        assert described.keys() == route.methods & {"POST", "PUT"}


def test_unknown_format__is_404(client):
    for path in ("/api/files/", f"/api/files/{MISSING_ID}/content/"):
        assert code_of(client.get(f"{path}?format=xml")) == (404, "not_found")


def test_parameter_given_twice__is_400_beside_a_ticket(client, file):
    url = client.post(f"/api/files/{file.public_id}/ticket/").json()["url"]
    assert b"".join(Client().get(url))

    for query in ("disposition=inline&disposition=attachment", "ticket=x", "ticket="):
        assert Client().get(f"{url}&{query}").status_code == 400, query


def test_database_that_does_not_answer_at_login__is_503(client, monkeypatch):
    error = InterfaceError("gone")

    def fail(*args):
        raise error

    monkeypatch.setattr(JWTAuthentication, "get_user", fail)

    response = client.get("/api/files/")

    assert code_of(response) == (503, "database_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert str(error) not in response.content.decode()


def test_bug_of_the_site__is_not_hidden(client, monkeypatch):
    monkeypatch.setattr(ListView, "get", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        client.get("/api/files/")


def test_forwarded_headers_and_those_of_front_servers__are_not_heard(client, file, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert client.get("/api/files/", headers={"Host": "evil.example"}).status_code == 400
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Accel-Redirect": "/etc/passwd",
        "X-Sendfile": "/etc/passwd",
        "X-HTTP-Method-Override": "DELETE",
    }

    listed = client.get("/api/files/", headers=headers)
    url = listed.json()["results"][0]["content_url"]
    content = client.get(url, headers=headers)

    assert url == f"http://testserver/api/files/{file.public_id}/content/"
    assert content.getvalue()
    for response in (listed, content):
        assert response.status_code == 200
        assert not {"X-Accel-Redirect", "X-Sendfile"} & set(response.headers)
