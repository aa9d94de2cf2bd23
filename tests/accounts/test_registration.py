"""POST auth/register/."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import BasePasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client

from org_files.models import Membership
from org_files.testing.factories import make_organization, make_user
from tests.accounts.clients import LOGIN, ME, PASSWORD, REGISTER, TOKEN, call

pytestmark = pytest.mark.django_db


def register(email: Any = "ada@example.com", password: Any = PASSWORD, **fields: Any) -> Any:
    return call(REGISTER, email=email, password=password, **fields)


def test_registered_user__is_shown_and_can_log_in() -> None:
    response = register(
        "Ada@Example.com", first_name="Ada", last_name="Lovelace", phone="+4930123456"
    )

    user = get_user_model().objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": user.pk,
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone": "+4930123456",
        "avatar_url": None,
        "is_staff": False,
        "organizations": [],
    }
    assert user.check_password(PASSWORD)
    for path in (LOGIN, TOKEN):
        assert call(path, email="ADA@example.com", password=PASSWORD).status_code == 200


def test_registration__logs_nobody_in() -> None:
    client = Client()

    call(REGISTER, by=client, email="ada@example.com", password=PASSWORD)

    assert client.get(ME).status_code == 401
    assert "sessionid" not in client.cookies
    assert Session.objects.count() == 0


def test_login_name_and_password__are_enough() -> None:
    assert register().status_code == 201

    user = get_user_model().objects.get()
    assert (user.first_name, user.last_name, user.phone) == ("", "", "")


def test_missing_fields__are_named() -> None:
    response = call(REGISTER)

    assert response.status_code == 400
    assert set(response.json()) == {"email", "password"}


def test_form__is_taken_too() -> None:
    response = Client().post(REGISTER, {"email": "ada@example.com", "password": PASSWORD})

    assert response.status_code == 201


PRIVILEGES = {
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "id": 4711471147,
    "pk": 4711471147,
    "date_joined": "2001-01-01T00:00:00Z",
    "last_login": "2001-01-01T00:00:00Z",
    "groups": [1],
    "user_permissions": [1],
    "avatar_url": "https://evil.example/",
    "avatar": "x",
    "unknown": {"a": ["b"]},
    "__class__": "x",
    "_state": {},
}


def test_what_nobody_gives_themselves__is_ignored() -> None:
    organization = make_organization()

    response = register(
        **PRIVILEGES,
        organization=organization.pk,
        organizations=[{"id": organization.pk, "role": "admin"}],
    )

    user = get_user_model().objects.get()
    assert response.status_code == 201
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.pk != PRIVILEGES["id"]
    assert user.date_joined.year > 2001
    assert user.last_login is None
    assert not user.groups.exists()
    assert not user.user_permissions.exists()
    assert not Membership.objects.exists()
    assert response.json()["avatar_url"] is None


@pytest.mark.parametrize("name", ["is_staff", "is_superuser", "is_active"])
def test_privilege_in_a_form__is_ignored(name: str) -> None:
    form = {"email": "ada@example.com", "password": PASSWORD, name: "true"}

    assert Client().post(REGISTER, form).status_code == 201

    user = get_user_model().objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)


@pytest.mark.parametrize(
    "spelling", ["STRASSE@EXAMPLE.COM", "Strasse@Example.Com", "\uff33trasse@example.com"]
)
def test_taken_address__is_400_in_every_spelling(spelling: str) -> None:
    make_user(email="strasse@example.com")

    response = register(spelling)

    assert response.status_code == 400
    assert list(response.json()) == ["email"]
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Ada@Example.com\n", "ada@example.com"),
        # The long s and the sign of the kelvin are letters that casefold to ASCII.
        ("\u017f\u212a@example.com", "sk@example.com"),
        ("ada@STRASSE.example", "ada@strasse.example"),
        ("ada@stra\u00dfe.example", "ada@strasse.example"),
        ("ada@\uff45xample.com", "ada@example.com"),
    ],
)
def test_address__is_stored_in_its_normal_form(typed: str, stored: str) -> None:
    assert register(typed).json()["email"] == stored
    assert call(LOGIN, email=typed, password=PASSWORD).status_code == 200
    assert register(stored).status_code == 400


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "a da@example.com",
        "ada@exam ple.com",
        "ada@example.com\nbcc: all@example.com",
        "ada@example.com\x00",
        "\ud800@example.com",
        "x" * 243 + "@example.com",
        "x" * 1_000_000,
        # What becomes something else in the form that is stored: an "@", a slash, a space.
        "ada@corp.example\uff20evil.example",
        "ada@corp.example\ufe6bevil.example",
        "ada@corp.example\u2100evil.example",
        "ada@corp\u3000evil.example",
        # Eighteen letters each.
        "ada@" + "\ufdfa" * 60 + ".example",
    ],
)
def test_what_is_no_address__is_400(email: str) -> None:
    response = register(email)

    assert response.status_code == 400
    assert list(response.json()) == ["email"]
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("field", ["email", "password", "first_name", "last_name", "phone"])
@pytest.mark.parametrize("value", [None, [], {}, ["a"], True, "a\x00b", "\ud800", "\udc00\ud800"])
def test_value_of_the_wrong_kind__is_400_at_its_field(field: str, value: Any) -> None:
    response = register(**{field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "Zoë",
        "Владимир",
        "محمد",
        "李小龍",
        "👩‍🚀",
        "\U0001d56c\U0001d589",
        "e\u0301",
        "\u2067עדה\u2069",
        "O'Brien; DROP TABLE users; --",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }} %s %(x)s",
        "x" * 150,
    ],
)
def test_name__is_kept_as_it_was_typed(name: str) -> None:
    response = register(first_name=name)

    assert response.status_code == 201
    assert response.json()["first_name"] == name
    assert get_user_model().objects.get().first_name == name


def test_name_that_is_too_long__is_400() -> None:
    for name in ("x" * 151, "👩" * 151, "x" * 1_000_000):
        assert list(register(first_name=name, last_name=name).json()) == ["first_name", "last_name"]


@pytest.mark.parametrize("phone", ["", "+4930123456", "+12", "+" + "1" * 15])
def test_phone_in_e_164__is_taken(phone: str) -> None:
    assert register(phone=phone).json()["phone"] == phone


@pytest.mark.parametrize(
    "phone",
    ["030123456", "+0123", "+1", "+" + "1" * 16, "+49 30", "+\uff11\uff12", "++49", 4930123456],
)
def test_other_phone__is_400(phone: Any) -> None:
    response = register(phone=phone)

    assert response.status_code == 400
    assert list(response.json()) == ["phone"]


class Slow(BasePasswordHasher):
    """Remembers what it was asked to hash."""

    algorithm = "slow"
    encoded: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.encoded.append(password)
        return f"slow${salt}$"


def test_password_of_a_megabyte__is_400_at_once_without_being_hashed(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Slow"]
    Slow.encoded.clear()
    body = json.dumps({"email": "ada@example.com", "password": "x" * 1_000_000})

    began = time.perf_counter()
    response = Client().post(REGISTER, body, content_type="application/json")
    seconds = time.perf_counter() - began

    assert response.status_code == 400
    assert list(response.json()) == ["password"]
    assert Slow.encoded == []
    assert seconds < 0.5
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("password", [" padded ", "pässwörd", "👩‍🚀" * 10, "x" * 1024, "\t"])
def test_password__is_taken_as_it_was_typed(password: str) -> None:
    assert register(password=password).status_code == 201
    assert get_user_model().objects.get().check_password(password)


def test_password__is_never_shown() -> None:
    response = register()

    assert b"password" not in response.content
    assert PASSWORD.encode() not in response.content
    assert PASSWORD.encode() not in register(password=PASSWORD, email="x").content


@pytest.mark.parametrize("authorization", ["Bearer stale", "Token stale", "nonsense"])
def test_stale_credentials_and_missing_csrf_token__do_not_break_registration(
    user: Any, authorization: str
) -> None:
    client = Client(headers={"Authorization": authorization}, enforce_csrf_checks=True)
    client.force_login(user)

    response = call(REGISTER, by=client, email="new@example.com", password=PASSWORD)

    assert response.status_code == 201


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods__are_405(method: str) -> None:
    assert call(REGISTER, method=method).status_code == 405
