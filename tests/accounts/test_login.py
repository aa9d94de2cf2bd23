"""POST auth/login/ and auth/logout/."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth import hashers as hashing
from django.contrib.auth.hashers import BasePasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client

from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user

LOGIN, LOGOUT = "/api/auth/login/", "/api/auth/logout/"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def user(db: None) -> Any:
    return make_user(email="grüße.ada@example.com", password=PASSWORD)


def log_in(client: Client, email: Any = "grüße.ada@example.com", password: Any = PASSWORD) -> Any:
    return client.post(
        LOGIN, {"email": email, "password": password}, content_type="application/json"
    )


def test_login__answers_with_the_user_and_begins_a_session(user: Any) -> None:
    acme, globex = make_organization("Acme"), make_organization("Globex")
    join(globex, user, Role.VIEWER)
    join(acme, user, Role.ADMIN)
    user.first_name, user.phone = "Ada", "+4930123456"
    user.save()
    client = Client()

    response = log_in(client)

    assert response.status_code == 200
    assert response.json() == {
        "id": user.pk,
        "email": "grüsse.ada@example.com",
        "first_name": "Ada",
        "last_name": "",
        "phone": "+4930123456",
        "avatar_url": None,
        "is_staff": False,
        "organizations": [
            {"id": acme.pk, "name": "Acme", "role": "admin"},
            {"id": globex.pk, "name": "Globex", "role": "viewer"},
        ],
    }
    assert client.get("/api/files/").status_code == 200
    assert "csrftoken" in client.cookies
    assert client.cookies["sessionid"]["httponly"]


@pytest.mark.parametrize(
    "email",
    [
        "GRÜSSE.ADA@EXAMPLE.COM",
        "Grüße.Ada@Example.com",
        " grüße.ada@example.com ",
        # Decomposed, ligatures and full-width letters: the same in NFKC.
        "gru\u0308\u00dfe.ada@example.com",
        "\uff47rüße.ada@example.com",
        "gr\u00fc\ufb06e.ada@example.com".replace("\ufb06", "ss"),
    ],
)
def test_address__is_the_same_in_any_case_and_form(user: Any, email: str) -> None:
    assert log_in(Client(), email).status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("grüße.ada@example.com", "wrong"),
        ("grüße.ada@example.com", PASSWORD + " "),
        ("grüße.ada@example.com", PASSWORD.upper()),
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("%", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
def test_wrong_credentials__are_400_and_say_not_which(user: Any, email: str, password: str) -> None:
    client = Client()

    response = log_in(client, email, password)

    assert response.status_code == 400
    assert response.json() == log_in(Client(), "other@example.com", "other").json()
    assert client.get("/api/files/").status_code == 401
    assert Session.objects.count() == 0


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("value", [None, "", [], {}, 0.5, True, "a\x00b", "x" * 1025])
def test_value_that_is_none__is_400(user: Any, field: str, value: Any) -> None:
    body = {"email": user.email, "password": PASSWORD, field: value}

    response = Client().post(LOGIN, body, content_type="application/json")

    assert response.status_code == 400


def test_missing_fields__are_named(user: Any) -> None:
    response = Client().post(LOGIN, {}, content_type="application/json")

    assert response.status_code == 400
    assert set(response.json()) == {"email", "password"}


def test_disabled_user__is_400(user: Any) -> None:
    user.is_active = False
    user.save()

    assert log_in(Client()).status_code == 400


def test_user_without_a_password__cannot_log_in(db: None) -> None:
    user = make_user()

    for password in ("!", user.password, " ", "None"):
        assert log_in(Client(), user.email, password).status_code == 400


class Slow(BasePasswordHasher):
    """Costs more, the longer the password."""

    algorithm = "slow"
    encoded: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.encoded.append(password)
        return f"slow${salt}$"

    def verify(self, password: str, encoded: str) -> bool:
        self.encoded.append(password)
        return False


@pytest.mark.parametrize("path", [LOGIN, "/api/token/"])
def test_password_of_a_megabyte__is_400_at_once_without_being_hashed(
    user: Any, settings: Any, path: str
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Slow", *settings.PASSWORD_HASHERS]
    Slow.encoded.clear()
    body = {"email": user.email, "password": "x" * 1_000_000}

    began = time.perf_counter()
    response = Client().post(path, body, content_type="application/json")
    seconds = time.perf_counter() - began

    assert response.status_code == 400
    assert list(response.json()) == ["password"]
    assert Slow.encoded == []
    assert seconds < 0.5


def test_unknown_address__costs_a_hash_like_a_known_one(user: Any, settings: Any) -> None:
    # Or the time would tell who has an account.
    settings.PASSWORD_HASHERS = [f"{__name__}.Slow", *settings.PASSWORD_HASHERS]
    Slow.encoded.clear()

    log_in(Client(), "nobody@example.com", "a password")

    assert Slow.encoded == ["a password"]
    assert hashing.get_hasher("default").algorithm == "slow"


@pytest.mark.parametrize(
    "authorization",
    ["Bearer stale", "Bearer", "Bearer a b", "Token stale", "Basic x", "nonsense"],
)
def test_stale_credentials__do_not_break_the_login(user: Any, authorization: str) -> None:
    client = Client(headers={"Authorization": authorization})

    assert log_in(client).status_code == 200


def test_missing_csrf_token__does_not_break_the_login(user: Any) -> None:
    client = Client(enforce_csrf_checks=True)

    assert log_in(client).status_code == 200
    # Nor that of a session under way.
    assert log_in(client).status_code == 200


def test_login__changes_the_key_of_the_session(user: Any) -> None:
    other = make_user(password=PASSWORD)
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    log_in(client)
    first = client.cookies["sessionid"].value

    log_in(client, other.email)

    assert first != "a" * 32
    assert client.cookies["sessionid"].value != first
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_login_by_a_form__is_415(user: Any, content_type: str) -> None:
    # Which is all that a page of another site can send.
    body = f'{{"email": "{user.email}", "password": "{PASSWORD}"}}'
    client = Client()

    response = client.post(LOGIN, body, content_type=content_type)

    assert response.status_code == 415
    assert Session.objects.count() == 0


@pytest.mark.parametrize("path", [LOGIN, LOGOUT])
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods__are_405_or_401(user: Any, path: str, method: str) -> None:
    status = getattr(Client(), method)(path).status_code

    assert status == (405 if path == LOGIN else 401)


def test_logout__ends_the_session(user: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    log_in(client)
    token = client.cookies["csrftoken"].value

    response = client.post(LOGOUT, headers={"X-CSRFToken": token})

    assert response.status_code == 204
    assert response.content == b""
    assert client.get("/api/files/").status_code == 401
    assert Session.objects.count() == 0


@pytest.mark.parametrize("token", [None, "", "x" * 32, "x"])
def test_logout_without_the_csrf_token__is_403(user: Any, token: str | None) -> None:
    client = Client(enforce_csrf_checks=True)
    log_in(client)

    response = client.post(LOGOUT, headers={"X-CSRFToken": token} if token is not None else {})

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"
    assert client.get("/api/files/").status_code == 200


def test_logout_of_nobody__is_401(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post(LOGOUT)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"]


def test_logout_with_a_stale_token_beside_the_session__ends_it(user: Any) -> None:
    client = Client()
    log_in(client)

    assert client.post(LOGOUT, headers={"Authorization": "Bearer stale"}).status_code == 204


@pytest.mark.parametrize("gone", ["disabled", "deleted", "password changed"])
def test_session_of_who_is_gone__is_401(user: Any, gone: str) -> None:
    client = Client()
    log_in(client)
    if gone == "deleted":
        user.delete()
    elif gone == "disabled":
        get_user_model().objects.update(is_active=False)
    else:
        user.set_password("other")
        user.save()

    for path in ("/api/files/", "/api/organizations/", "/api/downloads/"):
        assert client.get(path).status_code == 401
    assert client.post(LOGOUT).status_code == 401
