"""PATCH and DELETE users/{id}/; tests/matrix has who may call them."""

import pytest
from django.contrib.auth import get_user_model
from django.db import models

from org_files import counters, get_file_model
from org_files.models import Download, Membership, Role
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.accounts.clients import ME, USERS, call, session_of
from tests.rest.requests import browser_of, signed_in


def patch(client, user, **values):
    return call(f"{USERS}{user.pk}/", by=client, method="PATCH", **values)


def delete(client, user):
    return call(f"{USERS}{user.pk}/", by=client, method="DELETE")


def flags(user):
    user.refresh_from_db()
    return user.is_active, user.is_staff, user.is_superuser


def test_operator__disables_and_enables_a_user(operator, user):
    client, session = signed_in(operator), session_of(user)

    disabled = patch(client, user, is_active=False)

    assert disabled.status_code == 200
    assert disabled.json() == client.get(f"{USERS}{user.pk}/").json()
    assert disabled.json()["is_active"] is False
    assert session.get(ME).status_code == 401
    assert patch(client, user, is_active=True).json()["is_active"] is True
    assert session.get(ME).status_code == 200


def test_superuser__makes_a_user_an_operator_and_back(superuser, user):
    client = signed_in(superuser)

    assert patch(client, user, is_staff=True).json()["is_staff"] is True
    assert signed_in(user).get(USERS).json()["count"] == 2
    assert patch(client, user, is_staff=False).json()["is_staff"] is False
    assert signed_in(user).get(USERS).json()["count"] == 1


@pytest.mark.parametrize("is_staff", [True, None])
def test_operator__makes_no_operators(operator, user, is_staff):
    for target in (user, operator):
        before = flags(target)
        response = patch(signed_in(operator), target, is_staff=is_staff, is_active=False)

        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
        assert flags(target) == before


def test_other_fields__are_ignored(superuser, user):
    before = type(user).objects.values().get(pk=user.pk)

    response = patch(
        signed_in(superuser),
        user,
        is_superuser=True,
        password="x",
        email="other@example.com",
        id=4711471147,
        groups=[1],
        organizations=[],
    )

    assert response.status_code == 200
    assert type(user).objects.values().get(pk=user.pk) == before


@pytest.mark.parametrize("value", [None, "perhaps", "a\x00b"])
def test_flag_that_is_no_boolean__is_400_at_its_field(superuser, value):
    response = patch(signed_in(superuser), superuser, is_active=value, is_staff=value)

    assert response.status_code == 400
    assert list(response.json()) == ["is_active", "is_staff"]
    assert flags(superuser) == (True, True, True)


ATTEMPTS = {
    "disable": lambda client, user: patch(client, user, is_active=False),
    "change nothing": patch,
    "remove": delete,
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_superuser__is_changed_by_superusers_only(operator, superuser, attempt):
    response = attempt(signed_in(operator), superuser)

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert flags(superuser) == (True, True, True)


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_session_without_the_csrf_token__changes_nothing(user, superuser, attempt):
    assert attempt(browser_of(superuser), user).status_code == 403
    assert flags(user) == (True, False, False)


def test_removed_user__leaves_files_and_the_ledger(operator, user):
    organization = make_organization()
    join(organization, user, Role.ADMIN)
    join(organization, make_user())
    file = make_stored_file(organization, user, content=b"A report.")
    counters.record_download(file=file, user=user)
    client = signed_in(operator)

    # The organization is left without an admin: operators may do that.
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
    assert delete(client, user).status_code == 404


def test_superuser__removes_superusers(superuser):
    other = make_user(is_staff=True, is_superuser=True)

    assert delete(signed_in(superuser), other).status_code == 204


def test_user_to_whom_rows_of_the_site_refer__is_409(operator, user, monkeypatch):
    def refuse(*args, **options):
        raise models.ProtectedError("An invoice.", {user})

    monkeypatch.setattr(type(user), "delete", refuse)

    response = delete(signed_in(operator), user)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
