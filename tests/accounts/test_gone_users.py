"""Who is disabled or deleted is out at the next request, whatever they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from org_files.models import Role
from org_files.testing.factories import join, make_stored_file
from tests.accounts.clients import (
    CHANGE_PASSWORD,
    CLIENTS,
    LOGIN,
    LOGOUT,
    ME,
    NEW_PASSWORD,
    PASSWORD,
    REFRESH,
    TOKEN,
    USERS,
    call,
    pair_for,
)
from tests.rest.requests import signed_in


def disable(user: Any, client: Client) -> None:
    path = f"{USERS}{user.pk}/"
    assert call(path, by=client, method="PATCH", is_active=False).status_code == 200


def remove(user: Any, client: Client) -> None:
    assert call(f"{USERS}{user.pk}/", by=client, method="DELETE").status_code == 204


def disable_in_the_admin(user: Any, client: Client) -> None:
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


WAYS = [disable, remove, disable_in_the_admin]

Way = Callable[[Any, Client], None]


@pytest.mark.parametrize("go", WAYS)
@pytest.mark.parametrize("kind", CLIENTS)
def test_whoever_is_gone__is_401_at_every_call(
    superuser: Any, user: Any, organization: Any, kind: str, go: Way
) -> None:
    join(organization, user, Role.ADMIN)
    file = make_stored_file(organization, user)
    content = f"/api/files/{file.public_id}/content/"
    client = CLIENTS[kind](user)
    assert client.get(content).getvalue()

    go(user, signed_in(superuser))

    for method, path in (
        ("GET", content),
        ("GET", "/api/files/"),
        ("GET", ME),
        ("PATCH", ME),
        ("DELETE", ME),
        ("GET", USERS),
        ("GET", f"{USERS}{user.pk}/"),
        ("GET", f"{USERS}{user.pk}/avatar/"),
        ("PATCH", f"{USERS}{user.pk}/"),
        ("DELETE", f"{USERS}{user.pk}/"),
        ("POST", CHANGE_PASSWORD),
        ("POST", "/api/organizations/"),
    ):
        body = {"is_active": True, "old_password": PASSWORD, "new_password": NEW_PASSWORD}
        response = call(path, by=client, method=method, **body)
        assert response.status_code == 401, (method, path)
        assert response.headers["WWW-Authenticate"]
    if kind == "session":
        assert call(LOGOUT, by=client).status_code == 401


@pytest.mark.parametrize("go", WAYS)
def test_whoever_is_gone__gets_no_new_session_and_no_tokens(
    superuser: Any, user: Any, go: Way
) -> None:
    pair = pair_for(user)

    go(user, signed_in(superuser))

    credentials = {"email": user.email, "password": PASSWORD}
    wrong = credentials | {"password": "wrong"}
    for path, status in ((LOGIN, 400), (TOKEN, 401)):
        response = call(path, **credentials)
        assert response.status_code == status
        # Which tells nobody that the password was right.
        assert response.content == call(path, **wrong).content
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_address_of_who_was_removed__brings_no_tokens_back(superuser: Any, user: Any) -> None:
    pair = pair_for(user)
    held = {name: client_of(user) for name, client_of in CLIENTS.items()}
    remove(user, signed_in(superuser))

    assert call("/api/auth/register/", email=user.email, password=PASSWORD).status_code == 201

    assert {client.get(ME).status_code for client in held.values()} == {401}
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 401
