"""POST users/me/password/."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.testing.factories import make_user
from tests.accounts.clients import (
    BLACKLIST,
    CHANGE_PASSWORD,
    CLIENTS,
    LOGIN,
    ME,
    NEW_PASSWORD,
    PASSWORD,
    REFRESH,
    TOKEN,
    call,
    pair_for,
    session_of,
    token_of,
)
from tests.rest.requests import browser_of, signed_in


def change(client: Client, old: Any = PASSWORD, new: Any = NEW_PASSWORD) -> Any:
    return call(CHANGE_PASSWORD, by=client, old_password=old, new_password=new)


@pytest.mark.parametrize("kind", CLIENTS)
def test_new_password__logs_in_and_the_old_one_does_not(user: Any, kind: str) -> None:
    response = change(CLIENTS[kind](user))

    assert (response.status_code, response.content) == (204, b"")
    for path, refused in ((LOGIN, 400), (TOKEN, 401)):
        assert call(path, email=user.email, password=PASSWORD).status_code == refused
        assert call(path, email=user.email, password=NEW_PASSWORD).status_code == 200


def test_other_sessions__end_and_the_own_one_goes_on_under_another_key(user: Any) -> None:
    own, other = session_of(user), session_of(user)
    stolen = Client()
    stolen.cookies["sessionid"] = own.cookies["sessionid"].value

    assert change(own).status_code == 204

    assert own.get(ME).status_code == 200
    assert other.get(ME).status_code == 401
    assert stolen.get(ME).status_code == 401
    assert change(own, NEW_PASSWORD, PASSWORD).status_code == 204


def test_change_by_token__ends_all_sessions(user: Any) -> None:
    session = session_of(user)

    assert change(signed_in(user)).status_code == 204

    assert session.get(ME).status_code == 401


def test_refresh_tokens__all_end(user: Any) -> None:
    pairs = [pair_for(user) for _ in range(3)]
    rotated = call(REFRESH, refresh=pairs[0]["refresh"]).json()
    by_the_site = str(RefreshToken.for_user(user))

    assert change(session_of(user)).status_code == 204

    for token in (*(pair["refresh"] for pair in pairs), rotated["refresh"], by_the_site):
        assert call(REFRESH, refresh=token).status_code == 401
        assert call(BLACKLIST, refresh=token).status_code == 401
    assert call(REFRESH, refresh=pair_for(user, NEW_PASSWORD)["refresh"]).status_code == 200


def test_key_of_the_framework__ends(user: Any) -> None:
    client = token_of(user)

    assert change(client).status_code == 204

    assert client.get(ME).status_code == 401
    assert not Token.objects.exists()


def test_tokens_of_others__live(user: Any) -> None:
    other = make_user(password=PASSWORD)
    clients = [session_of(other), token_of(other)]
    pair = pair_for(other)

    assert change(session_of(user)).status_code == 204

    assert [client.get(ME).status_code for client in clients] == [200, 200]
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 200


def test_tokens_that_are_over_anyway__are_left_alone(user: Any) -> None:
    spent = pair_for(user)["refresh"]
    call(BLACKLIST, refresh=spent)
    pair_for(user)

    change(signed_in(user))

    assert BlacklistedToken.objects.count() == 2


@pytest.mark.parametrize("old", ["wrong", PASSWORD + " ", PASSWORD.upper(), NEW_PASSWORD, "!"])
def test_wrong_old_password__is_400_and_ends_nothing(user: Any, old: str) -> None:
    own, other, pair = session_of(user), session_of(user), pair_for(user)

    response = change(own, old)

    assert response.status_code == 400
    assert list(response.json()) == ["old_password"]
    assert (own.get(ME).status_code, other.get(ME).status_code) == (200, 200)
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_who_has_no_password__cannot_change_it(db: None) -> None:
    user = make_user()

    for old in ("!", user.password, "None"):
        assert list(change(signed_in(user), old).json()) == ["old_password"]
    assert not type(user).objects.get().has_usable_password()


class NewHasher(PBKDF2PasswordHasher):
    """What the site has hashed by since, but quick."""

    algorithm = "new"
    iterations = 1


def test_password_hashed_as_in_former_days__is_changed_all_the_same(
    user: Any, settings: Any
) -> None:
    # The check of the old one hashes it anew, beside the change.
    settings.PASSWORD_HASHERS = [
        f"{__name__}.NewHasher",
        *settings.PASSWORD_HASHERS,
    ]
    type(user).objects.update(password=make_password(PASSWORD, hasher="md5"))
    client = browser_of(user)
    client.handler.enforce_csrf_checks = False
    client.force_login(type(user).objects.get())

    assert change(client).status_code == 204

    assert client.get(ME).status_code == 200
    assert type(user).objects.get().check_password(NEW_PASSWORD)


@pytest.mark.parametrize("field", ["old_password", "new_password"])
def test_password_of_a_megabyte__is_400(user: Any, field: str) -> None:
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD, field: "x" * 1_000_000}

    response = call(CHANGE_PASSWORD, by=signed_in(user), **body)

    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_missing_fields__are_named(user: Any) -> None:
    response = call(CHANGE_PASSWORD, by=signed_in(user))

    assert response.status_code == 400
    assert set(response.json()) == {"old_password", "new_password"}


def test_nobody_and_sessions_without_the_csrf_token__are_refused(user: Any) -> None:
    assert change(Client()).status_code == 401
    assert change(browser_of(user)).status_code == 403

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods__are_405(user: Any, method: str) -> None:
    assert call(CHANGE_PASSWORD, by=signed_in(user), method=method).status_code == 405
