"""Bodies of JSON that break something, to every call that takes one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from org_files.links import token_of
from org_files.models import Role, ShareLink
from org_files.rest.parsers import JSONParser
from org_files.testing.factories import join, make_link, make_stored_file, make_user
from tests.rest.requests import browser_of, send, signed_in
from tests.rest.routes import ROUTES

#: What takes nothing at all.
WITHOUT_BODY = ("auth/logout/", "files/<str:id>/restore/")

#: Every call that takes JSON.
CALLS = [
    (route, method)
    for route in ROUTES
    for method in sorted(route.methods & {"POST", "PUT", "PATCH"})
    if JSONParser in route.view.parser_classes and route.text not in WITHOUT_BODY
]


@pytest.fixture
def client(organization: Any) -> Client:
    """The client of somebody who may do everything."""
    root = make_user("root", is_staff=True, is_superuser=True)
    join(organization, root, Role.ADMIN)
    return signed_in(root)


@pytest.fixture
def locked(organization: Any, user: Any) -> ShareLink:
    """A link with a password, without which no body would be read."""
    return make_link(make_stored_file(organization, user), password="heron-lamp-42")


@pytest.fixture(autouse=True)
def _things(file: Any, locked: ShareLink) -> None:
    """Something to change."""


@pytest.fixture
def calls(organization: Any, user: Any, file: Any, locked: ShareLink) -> list[tuple[str, str]]:
    """Method and path of every call that takes JSON, to change what is there."""
    things = {
        "organizations": organization.pk,
        "users": user.pk,
        "files": file.public_id,
        "links": locked.public_id,
        "shared": token_of(locked),
    }
    return [(method, route.path(things)) for route, method in CALLS]


def test_calls_that_take_json__are_those_of_people_and_organizations_too() -> None:
    assert {(method, str(route)) for route, method in CALLS} == {
        ("POST", "auth/login/"),
        ("POST", "auth/register/"),
        ("POST", "files/"),
        ("PATCH", "files/<str:id>/"),
        ("POST", "files/<str:id>/links/"),
        ("POST", "files/<str:id>/ticket/"),
        ("PATCH", "links/<str:id>/"),
        ("POST", "shared/<str:token>/"),
        ("POST", "organizations/"),
        ("PATCH", "organizations/<str:id>/"),
        ("POST", "organizations/<str:id>/members/"),
        ("PATCH", "organizations/<str:id>/members/<str:user_id>/"),
        ("POST", "token/"),
        ("POST", "token/blacklist/"),
        ("POST", "token/refresh/"),
        ("PATCH", "users/<str:id>/"),
        ("PATCH", "users/me/"),
        ("POST", "users/me/password/"),
    }


NO_OBJECTS = {
    "nothing": b" ",
    "cut": b'{"email": "a',
    "array": b"[]",
    "array of objects": b"[{}]",
    "null": b"null",
    "true": b"true",
    "number": b"1",
    "string": b'"text"',
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": Infinity}',
    "minus Infinity": b'{"email": -Infinity}',
    "NaN alone": b"NaN",
    "number that overflows": b'{"email": 1e999}',
    "negative number that overflows": b'{"email": -1E+400}',
    "number that overflows, nested": b'{"email": "a", "more": [{"a": [1.5e309]}]}',
    "depth 1000": b'{"email":' * 1000 + b"1" + b"}" * 1000,
    "depth 1000 of a field": b'{"email": "a", "more": ' + b"[" * 999 + b"]" * 999 + b"}",
    "depth 65": b'{"email":' * 65 + b"1" + b"}" * 65,
    "depth 1000 of arrays": b"[" * 1000 + b"]" * 1000,
    "depth 100000": b"[" * 100_000,
    "number of 5000 digits": b'{"email": ' + b"9" * 5000 + b"}",
    "BOM": b'\xef\xbb\xbf{"email": "a"}',
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
    "UTF-32": '{"email": "a"}'.encode("utf-32"),
    "broken UTF-8": b'{"email": "\xff\xfe"}',
    "surrogates in UTF-8": b'{"email": "\xed\xa0\x80"}',
    "NUL": b"\x00",
    "raw control character": b'{"email": "a\x00b"}',
    "single quotes": b"{'email': 'a'}",
    "trailing comma": b'{"email": "a",}',
    "comment": b'{"email": "a"} // text',
    "two values": b"{}{}",
}


@pytest.mark.parametrize("body", NO_OBJECTS.values(), ids=NO_OBJECTS)
@pytest.mark.usefixtures("unchanged")
def test_what_is_no_json_object__is_400(
    client: Client, calls: list[tuple[str, str]], body: bytes
) -> None:
    for method, path in calls:
        response = send(client, path, body, method=method, content_type="application/json")

        assert response.status_code == 400
        assert response.json()["code"] == "parse_error"


def test_largest_float__is_json(client: Client) -> None:
    body = b'{"file": 1.7976931348623157e308, "name": -1e-999}'

    response = send(client, "/api/files/", body, content_type="application/json")

    assert list(response.json()) == ["file"]


def test_depth_of_64__is_json(client: Client) -> None:
    body = b'{"file":' * 64 + b"1" + b"}" * 64

    response = send(client, "/api/files/", body, content_type="application/json")

    assert list(response.json()) == ["file"]


WRONG_VALUES = [
    None,
    [],
    {},
    ["a"],
    {"a": "b"},
    True,
    False,
    "",
    " ",
    "a\x00b",
    "\ud800",
    "\udc00\ud800",
]


FIELDS = [
    *("email", "password", "refresh", "file", "name"),
    *("old_password", "new_password", "user", "role", "is_active"),
    *("label", "expires_in", "max_downloads", "rendition", "height"),
]


@pytest.mark.parametrize("value", WRONG_VALUES, ids=repr)
@pytest.mark.usefixtures("unchanged")
def test_value_of_the_wrong_kind__is_400_at_its_field(
    client: Client, calls: list[tuple[str, str]], user: Any, value: Any
) -> None:
    for method, path in calls:
        if path == f"/api/users/{user.pk}/" and isinstance(value, bool):  # the right kind, there
            continue
        # The original, and a link to it that has no end.
        if value is None and path.endswith(("/ticket/", "/links/")):
            continue
        if value is None and path.startswith("/api/links/"):
            continue
        body = dict.fromkeys(FIELDS, value)
        if value in ("", " "):
            body["password"] = ""

        response = send(
            client,
            path,
            json.dumps(body).encode(),
            method=method,
            content_type="application/json",
        )

        assert response.status_code == 400, path
        assert set(response.json()) <= set(body)
        assert response.json()


@pytest.mark.parametrize("value", [10**20, 10**400, -(10**4000)], ids=["20", "400", "-4000"])
def test_enormous_integer__breaks_nothing(
    client: Client, calls: list[tuple[str, str]], value: int
) -> None:
    body = json.dumps(dict.fromkeys(FIELDS, value)).encode()
    for method, path in calls:
        response = send(client, path, body, method=method, content_type="application/json")

        assert response.status_code < 500, path
        if "expires_in" in response.json():
            assert response.status_code == 400, path


@pytest.mark.parametrize("size", [2_621_441, 3_000_000])
@pytest.mark.usefixtures("unchanged")
def test_three_megabytes__are_413(client: Client, calls: list[tuple[str, str]], size: int) -> None:
    for method, path in calls:
        body = b'{"email": "' + b"x" * size + b'"}'

        response = send(client, path, body, method=method, content_type="application/json")

        assert response.status_code == 413
        assert response.json()["code"] == "request_too_large"


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


@pytest.mark.parametrize(
    "charset",
    ["bz2_codec", "zlib_codec", "hex", "rot13", "idna", "utf-7", "utf-16", "latin-1", "x", '"'],
)
@pytest.mark.usefixtures("unchanged")
def test_charset_that_is_not_utf_8__is_415(
    client: Client, calls: list[tuple[str, str]], charset: str
) -> None:
    for method, path in calls:
        content_type = f"application/json; charset={charset}"

        response = send(client, path, b"{}", method=method, content_type=content_type)

        assert response.status_code == 415
        assert response.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"', "us-ascii"])
def test_utf_8__is_taken(client: Client, charset: str) -> None:
    content_type = f"application/json; charset={charset}"

    response = send(client, "/api/files/", b"{}", content_type=content_type)

    assert list(response.json()) == ["file"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "nonsense", "gzip, gzip"])
def test_compressed_body__is_415(
    client: Client, calls: list[tuple[str, str]], encoding: str
) -> None:
    for method, path in calls:
        response = send(
            client,
            path,
            b"{}",
            method=method,
            content_type="application/json",
            Content_Encoding=encoding,
        )

        assert response.status_code == 415


def test_duplicate_keys__are_one_value(user: Any) -> None:
    user.set_password("right")
    user.save()
    body = f'{{"email": "x", "email": "{user.email}", "password": "x", "password": "right"}}'

    response = Client().post("/api/token/", body, content_type="application/json")

    assert response.status_code == 200


@pytest.mark.parametrize("kind", [browser_of, signed_in])
def test_form_with_too_much__is_413(user: Any, kind: Any) -> None:
    form = b"comment=" + b"x" * 3_000_000

    response = send(
        kind(user), "/api/files/", form, content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code == 413


@pytest.mark.parametrize("form", [b"&".join([b"a=b"] * 1100), b"&" * 5000, b"a" * 10_000, b"%ff=%"])
def test_form_of_nonsense__is_400(client: Client, form: bytes) -> None:
    response = send(client, "/api/files/", form, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 400
