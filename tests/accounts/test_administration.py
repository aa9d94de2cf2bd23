"""PATCH and DELETE users/{id}/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import models
from django.test import Client

from org_files import counters, get_file_model
from org_files.models import Download, Membership, Role
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.accounts.clients import CLIENTS, ME, PASSWORD, USERS, call, session_of
from tests.rest.requests import browser_of, signed_in


def patch(client: Client, user: Any, **values: Any) -> Any:
    return call(f"{USERS}{user.pk}/", by=client, method="PATCH", **values)


def delete(client: Client, user: Any) -> Any:
    return call(f"{USERS}{user.pk}/", by=client, method="DELETE")


def marks(user: Any) -> tuple[bool, bool, bool]:
    user.refresh_from_db()
    return user.is_active, user.is_staff, user.is_superuser


@pytest.mark.parametrize("kind", CLIENTS)
def test_operator__lets_out_and_in_again(operator: Any, user: Any, kind: str) -> None:
    operator.set_password(PASSWORD)
    operator.save()
    client = CLIENTS[kind](operator)
    session = session_of(user)

    out = patch(client, user, is_active=False)

    assert out.status_code == 200
    assert out.json() == client.get(f"{USERS}{user.pk}/").json()
    assert out.json()["is_active"] is False
    assert session.get(ME).status_code == 401
    assert patch(client, user, is_active=True).json()["is_active"] is True
    assert session.get(ME).status_code == 200


def test_superuser__makes_operators_and_unmakes_them(superuser: Any, user: Any) -> None:
    client = signed_in(superuser)

    assert patch(client, user, is_staff=True).json()["is_staff"] is True
    assert signed_in(user).get(USERS).json()["count"] == 2
    assert patch(client, user, is_staff=False).json()["is_staff"] is False
    assert signed_in(user).get(USERS).json()["count"] == 1


@pytest.mark.parametrize("is_staff", [True, False, None, "perhaps"])
def test_operator_who_is_no_superuser__makes_none(operator: Any, user: Any, is_staff: Any) -> None:
    for target in (user, operator):
        before = marks(target)
        response = patch(signed_in(operator), target, is_staff=is_staff, is_active=False)

        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
        assert marks(target) == before


def test_what_else_is_sent__is_ignored(superuser: Any, user: Any) -> None:
    before = type(user).objects.values().get(pk=user.pk)

    response = patch(
        signed_in(superuser),
        user,
        is_superuser=True,
        password="x",
        email="other@example.com",
        first_name="Mallory",
        id=4711471147,
        groups=[1],
        organizations=[],
    )

    assert response.status_code == 200
    assert type(user).objects.values().get(pk=user.pk) == before


ATTEMPTS: dict[str, Callable[[Client, Any], Any]] = {
    "let out": lambda client, user: patch(client, user, is_active=False),
    "make an operator": lambda client, user: patch(client, user, is_staff=True),
    "change nothing": patch,
    "remove": delete,
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_superuser__is_changed_by_superusers_alone(
    operator: Any, superuser: Any, attempt: Any
) -> None:
    response = attempt(signed_in(operator), superuser)

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert marks(superuser) == (True, True, True)


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
@pytest.mark.parametrize("role", Role.values)
def test_member__may_do_nothing_to_whom_they_see(
    organization: Any, user: Any, attempt: Any, role: str
) -> None:
    join(organization, user, role)
    other = make_user()
    join(organization, other)

    for target in (other, user):
        response = attempt(signed_in(user), target)
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
        assert marks(target) == (True, False, False)


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_foreigner__is_as_if_there_were_none(
    organization: Any, user: Any, outsider: Any, superuser: Any, attempt: Any
) -> None:
    join(organization, user, Role.ADMIN)
    client = signed_in(user)
    missing = client.get(f"{USERS}4711471147/").content

    for target in (outsider, superuser):
        response = attempt(client, target)
        assert (response.status_code, response.content) == (404, missing)
        assert marks(target)[0] is True


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_nobody__and_a_session_without_the_csrf_token_are_refused(
    user: Any, superuser: Any, attempt: Any
) -> None:
    assert attempt(Client(), user).status_code == 401
    assert attempt(browser_of(superuser), user).status_code == 403
    assert marks(user) == (True, False, False)


def test_superuser_who_was_disabled__administers_no_more(superuser: Any, user: Any) -> None:
    clients = [session_of(superuser), signed_in(superuser)]
    type(user).objects.filter(pk=superuser.pk).update(is_active=False)

    for client in clients:
        assert patch(client, user, is_staff=True).status_code == 401
    assert marks(user) == (True, False, False)


def test_removed_user__leaves_files_and_the_ledger(operator: Any, user: Any) -> None:
    organization = make_organization()
    join(organization, user, Role.ADMIN)
    join(organization, make_user())
    file = make_stored_file(organization, user, content=b"A report.")
    counters.record_download(file=file, user=user)
    client = signed_in(operator)

    # Others are left without an admin: operators see to that.
    assert delete(client, user).status_code == 204

    assert not get_user_model().objects.filter(pk=user.pk).exists()
    assert Membership.objects.count() == 1
    kept = get_file_model().objects.get()
    assert kept.owner_id is None
    with kept.content.open() as content:
        assert content.read() == b"A report."
    assert Download.objects.count() == 1
    assert counters.verify().findings == []
    assert client.get(f"/api/files/{file.public_id}/").json()["download_count"] == 1
    assert client.get(f"{USERS}{user.pk}/").status_code == 404
    assert delete(client, user).status_code == 404


def test_operator_who_is_a_last_admin__stays(operator: Any, organization: Any) -> None:
    join(organization, operator, Role.ADMIN)
    join(organization, make_user())

    response = delete(signed_in(operator), operator)

    assert (response.status_code, response.json()["code"]) == (409, "last_admin")


def test_superuser__removes_superusers(superuser: Any) -> None:
    other = make_user(is_staff=True, is_superuser=True)

    assert delete(signed_in(superuser), other).status_code == 204


def test_user_whom_rows_of_the_site_refer_to__stays(
    operator: Any, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise models.ProtectedError("An invoice.", {user})

    monkeypatch.setattr(type(user), "delete", refuse)

    response = delete(signed_in(operator), user)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
