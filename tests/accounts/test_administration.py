"""PATCH and DELETE users/{id}/; tests/matrix has who may call them."""

from django.db import models

from org_files.testing.factories import make_user
from tests.accounts.clients import ME, USERS, call, session_of
from tests.rest.requests import signed_in


def patch(client, user, **values):
    return call(f"{USERS}{user.pk}/", by=client, method="PATCH", **values)


def delete(client, user):
    return client.delete(f"{USERS}{user.pk}/")


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

    for is_staff in (True, False):
        assert patch(client, user, is_staff=is_staff).json()["is_staff"] is is_staff
        assert signed_in(user).get(USERS).json()["count"] == 1 + is_staff


def test_operator__makes_no_operators(operator, user):
    for target in (user, operator):
        before = flags(target)
        for is_staff in (True, None):
            response = patch(signed_in(operator), target, is_staff=is_staff, is_active=False)

            assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
            assert flags(target) == before


def test_superuser__is_changed_and_removed_by_superusers_only(operator, superuser):
    client, other = signed_in(operator), make_user(is_staff=True, is_superuser=True)

    for response in (
        patch(client, superuser),
        patch(client, superuser, is_active=False),
        delete(client, superuser),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
        assert flags(superuser) == (True, True, True)
    assert delete(signed_in(superuser), other).status_code == 204


def test_other_fields__are_ignored(superuser, user):
    before = type(user).objects.values().get(pk=user.pk)
    values = {"email": "other@example.com", "id": 4711471147, "groups": [1], "organizations": []}

    response = patch(signed_in(superuser), user, is_superuser=True, password="x", **values)

    assert response.status_code == 200
    assert type(user).objects.values().get(pk=user.pk) == before


def test_flag_that_is_no_boolean__is_400_at_its_field(superuser):
    for value in (None, "perhaps"):
        response = patch(signed_in(superuser), superuser, is_active=value, is_staff=value)

        assert response.status_code == 400
        assert list(response.json()) == ["is_active", "is_staff"]
        assert flags(superuser) == (True, True, True)


def test_user_to_whom_rows_of_the_site_refer__is_409(operator, user, monkeypatch):
    def refuse(*args, **options):
        raise models.ProtectedError("An invoice.", {user})

    monkeypatch.setattr(type(user), "delete", refuse)

    response = delete(signed_in(operator), user)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
