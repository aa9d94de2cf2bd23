"""Bodies of JSON to every call that takes one. The parser has its own tests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from org_files.links import token_of
from org_files.models import Role
from org_files.rest.parsers import JSONParser
from org_files.testing.factories import join, make_link, make_stored_file, make_user
from tests.rest.requests import browser_of, send, signed_in
from tests.rest.routes import ROUTES

#: Calls without a body.
WITHOUT_BODY = ("auth/logout/", "files/<str:id>/restore/")

#: Every call that takes JSON.
CALLS = [
    (route, method)
    for route in ROUTES
    for method in sorted(route.methods & {"POST", "PUT", "PATCH"})
    if JSONParser in route.view.parser_classes and route.text not in WITHOUT_BODY
]

FIELDS = [
    *("email", "password", "refresh", "file", "name"),
    *("old_password", "new_password", "user", "role", "is_active"),
    *("label", "expires_in", "max_downloads", "rendition", "height"),
]


@pytest.fixture
def client(organization: Any) -> Client:
    """The client of a superuser who is an admin of the organization."""
    root = make_user("root", is_staff=True, is_superuser=True)
    join(organization, root, Role.ADMIN)
    return signed_in(root)


@pytest.fixture
def calls(organization: Any, user: Any, file: Any) -> list[tuple[str, str]]:
    """Method and path of every call that takes JSON, to change rows that exist."""
    # Only a link with a password has its body read.
    locked = make_link(make_stored_file(organization, user), password="heron-lamp-42")
    things = {
        "organizations": organization.pk,
        "users": user.pk,
        "files": file.public_id,
        "links": locked.public_id,
        "shared": token_of(locked),
    }
    return [(method, route.path(things)) for route, method in CALLS]


@pytest.fixture(autouse=True)
def _things(calls: list[tuple[str, str]]) -> None:
    """Rows of every call, made before ``unchanged`` looks at them."""


def test_calls_that_take_json__are_many() -> None:
    assert len(CALLS) == 18


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b'{"email": NaN}', "application/json", 400, "parse_error"),
        (b"[" * 100_000, "application/json", 400, "parse_error"),
        (b'{"email": "' + b"x" * 3_000_000 + b'"}', "application/json", 413, "request_too_large"),
        (b"{}", "application/json; charset=bz2_codec", 415, "unsupported_media_type"),
    ],
    ids=["NaN", "deep", "large", "charset"],
)
@pytest.mark.usefixtures("unchanged")
def test_body_that_cannot_be_read__is_refused_by_every_call(
    client: Client,
    calls: list[tuple[str, str]],
    body: bytes,
    content_type: str,
    status: int,
    code: str,
) -> None:
    for method, path in calls:
        response = send(client, path, body, method=method, content_type=content_type)

        assert (response.status_code, response.json()["code"]) == (status, code), path


@pytest.mark.parametrize(
    "value", [None, {"a": ["b"]}, True, "", "a\x00b", "\udc00\ud800"], ids=repr
)
@pytest.mark.usefixtures("unchanged")
def test_value_of_the_wrong_kind__is_400_at_its_field(
    client: Client, calls: list[tuple[str, str]], user: Any, value: Any
) -> None:
    for method, path in calls:
        if path == f"/api/users/{user.pk}/" and value is True:  # the right kind, there
            continue
        # Null is the original, or a link without an end.
        if value is None and path.endswith(("/ticket/", "/links/")):
            continue
        if value is None and path.startswith("/api/links/"):
            continue
        body = json.dumps(dict.fromkeys(FIELDS, value)).encode()

        response = send(client, path, body, method=method, content_type="application/json")

        assert response.status_code == 400, path
        assert set(response.json()) <= set(FIELDS)
        assert response.json()


def test_enormous_integer__breaks_nothing(client: Client, calls: list[tuple[str, str]]) -> None:
    for value in (10**20, -(10**4000)):
        body = json.dumps(dict.fromkeys(FIELDS, value)).encode()
        for method, path in calls:
            response = send(client, path, body, method=method, content_type="application/json")

            assert response.status_code < 500, path
            if "expires_in" in response.json():
                assert response.status_code == 400, path


@pytest.mark.parametrize("content_length", [10**12, 100])
def test_content_length__is_not_believed(client: Client, content_length: int) -> None:
    body = b'{"email": "' + b"x" * 3_000_000 + b'"}'

    response = send(
        client,
        "/api/files/",
        body,
        content_type="application/json",
        content_length=content_length,
    )

    assert response.status_code == (413 if content_length > len(body) else 400)


@pytest.mark.parametrize("kind", [browser_of, signed_in])
def test_form_with_too_much__is_413(user: Any, kind: Any) -> None:
    form = b"comment=" + b"x" * 3_000_000

    response = send(
        kind(user), "/api/files/", form, content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code == 413


def test_form_of_nonsense__is_400(client: Client) -> None:
    for form in (b"&".join([b"a=b"] * 1100), b"&" * 5000, b"%ff=%"):
        response = send(
            client, "/api/files/", form, content_type="application/x-www-form-urlencoded"
        )

        assert response.status_code == 400
