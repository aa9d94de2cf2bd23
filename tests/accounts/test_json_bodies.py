"""Bodies of JSON that break something, to the calls of accounts; tests/rest has those for login."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.accounts.clients import CHANGE_PASSWORD, ME, REGISTER, call
from tests.rest.requests import send, signed_in
from tests.rest.test_json_bodies import NO_OBJECTS, WRONG_VALUES

CALLS = {
    "register": ("POST", REGISTER),
    "profile": ("PATCH", ME),
    "password": ("POST", CHANGE_PASSWORD),
    "administration": ("PATCH", "/api/users/{}/"),
}


@pytest.fixture(params=CALLS.values(), ids=CALLS)
def target(request: Any, superuser: Any) -> dict[str, str]:
    """Each call in turn."""
    method, path = request.param
    return {"method": method, "path": path.format(superuser.pk)}


@pytest.fixture
def client(superuser: Any) -> Client:
    return signed_in(superuser)


@pytest.fixture(autouse=True)
def _unchanged(superuser: Any) -> Any:
    """Afterwards every user is as before."""
    before = list(get_user_model().objects.values())
    yield
    assert list(get_user_model().objects.values()) == before


@pytest.mark.parametrize("body", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_what_is_no_json_object__is_400(
    client: Client, target: dict[str, str], body: bytes
) -> None:
    response = send(client, body=body, content_type="application/json", **target)

    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"


def test_three_megabytes__are_413(client: Client, target: dict[str, str]) -> None:
    body = b'{"first_name": "' + b"x" * 3_000_000 + b'"}'

    response = send(client, body=body, content_type="application/json", **target)

    assert response.status_code == 413
    assert response.json()["code"] == "request_too_large"


@pytest.mark.parametrize("charset", ["bz2_codec", "utf-7", "utf-16", "latin-1", "x"])
def test_charset_that_is_not_utf_8__is_415(
    client: Client, target: dict[str, str], charset: str
) -> None:
    content_type = f"application/json; charset={charset}"

    assert send(client, body=b"{}", content_type=content_type, **target).status_code == 415


def test_compressed_body__is_415(client: Client, target: dict[str, str]) -> None:
    response = send(
        client, body=b"{}", content_type="application/json", Content_Encoding="gzip", **target
    )

    assert response.status_code == 415


TEXTS = {
    ("POST", REGISTER): ["email", "first_name", "last_name", "phone", "password"],
    ("PATCH", ME): ["email", "first_name", "last_name", "phone"],
    ("POST", CHANGE_PASSWORD): ["old_password", "new_password"],
}


@pytest.mark.parametrize(("target", "fields"), TEXTS.items())
@pytest.mark.parametrize("value", [value for value in WRONG_VALUES if value not in ("", " ")])
def test_value_of_the_wrong_kind__is_400_at_its_field(
    client: Client, target: tuple[str, str], fields: list[str], value: Any
) -> None:
    method, path = target

    response = call(path, by=client, method=method, **dict.fromkeys(fields, value))

    assert response.status_code == 400
    assert list(response.json()) == fields


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
@pytest.mark.parametrize("value", [None, [], {}, "", "perhaps", 2, 0.5, "a\x00b", "\ud800"])
def test_mark_that_is_neither_true_nor_false__is_400_at_its_field(
    client: Client, superuser: Any, field: str, value: Any
) -> None:
    path = f"/api/users/{superuser.pk}/"

    response = call(path, by=client, method="PATCH", **{field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]
