"""Concurrent changes of accounts."""

from threading import Barrier

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from org_files import get_organization_model
from org_files.accounts.services import remove_user
from org_files.accounts.views import profile, users
from org_files.testing.factories import make_user
from org_files.testing.threads import PATIENCE, at_once
from tests.accounts.clients import (
    CHANGE_PASSWORD,
    LOGIN,
    ME,
    NEW_PASSWORD,
    PASSWORD,
    REFRESH,
    REGISTER,
    TOKEN,
    USERS,
    call,
    pair_for,
    session_of,
)
from tests.rest.requests import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

#: One address, in 8 spellings.
SPELLINGS = [
    "".join(c.upper() if number >> i & 1 else c for i, c in enumerate("grace")) + "@Example.com"
    for number in range(7)
] + ["\uff27race@example.com"]


def statuses(calls):
    return sorted(response.status_code for response in at_once(calls))


def test_one_address_registered_at_once__is_one_user(settings):
    backend = "org_files.accounts.registration.PersonalOrganization"
    settings.ORG_FILES = {"REGISTRATION": {"BACKEND": backend}}

    answers = at_once(
        [lambda e=email: call(REGISTER, email=e, password=PASSWORD) for email in SPELLINGS]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 7
    for answer in answers:
        assert answer.status_code == 201 or list(answer.json()) == ["email"]
    assert get_user_model().objects.count() == 1
    assert get_organization_model().objects.count() == 1


def test_one_address_taken_by_several_users_at_once__belongs_to_one():
    clients = [signed_in(make_user(f"user{number}")) for number in range(4)]

    answers = statuses(
        [
            lambda client=client, email=email: call(ME, by=client, method="PATCH", email=email)
            for client, email in zip(clients, SPELLINGS, strict=False)
        ]
    )

    assert answers == [200] + [400] * 3
    assert get_user_model().objects.filter(email="grace@example.com").count() == 1


def change(client, new=NEW_PASSWORD):
    return call(CHANGE_PASSWORD, by=client, old_password=PASSWORD, new_password=new)


def test_password_changed_at_once__is_changed_once(user):
    client = signed_in(user)
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(8)]

    answers = at_once([lambda new=new: change(client, new) for new in passwords])

    assert sorted(answer.status_code for answer in answers) == [204] + [400] * 7
    [winner] = [
        new for new, answer in zip(passwords, answers, strict=True) if answer.status_code == 204
    ]
    assert all(
        list(answer.json()) == ["old_password"] for answer in answers if answer.status_code == 400
    )
    user.refresh_from_db()
    assert user.check_password(winner)


def test_refresh_token_rotated_while_the_password_changes__is_invalid_afterwards(user):
    client = signed_in(user)
    pairs = [pair_for(user) for _ in range(4)]

    rotations = [lambda pair=pair: call(REFRESH, refresh=pair["refresh"]) for pair in pairs]
    changed, *rotated = at_once([lambda: change(client), *rotations])

    assert changed.status_code == 204
    assert {answer.status_code for answer in rotated} <= {200, 401}
    got = [answer.json()["refresh"] for answer in rotated if answer.status_code == 200]
    for token in [*got, *(pair["refresh"] for pair in pairs)]:
        assert call(REFRESH, refresh=token).status_code == 401


def test_login_by_the_old_password_while_it_changes__is_invalid_afterwards(user):
    client = signed_in(user)

    def log_in():
        return call(LOGIN, email=user.email, password=PASSWORD)

    def get_tokens():
        return call(TOKEN, email=user.email, password=PASSWORD)

    changed, *answers = at_once([lambda: change(client), log_in, get_tokens, log_in, get_tokens])

    assert changed.status_code == 204
    for session in answers[::2]:
        assert session.status_code in (200, 400)
        client = Client()
        client.cookies.load({name: cookie.value for name, cookie in session.cookies.items()})
        assert client.get(ME).status_code == 401
    for pair in answers[1::2]:
        assert pair.status_code in (200, 401)
        if pair.status_code == 200:
            assert call(REFRESH, refresh=pair.json()["refresh"]).status_code == 401


def test_account_removed_at_once__is_removed_once(user, superuser, monkeypatch):
    own, operator = session_of(user), signed_in(superuser)
    all_have_read = Barrier(8)

    def remove_together(**arguments):
        all_have_read.wait(PATIENCE)
        remove_user(**arguments)

    for view in (profile, users):
        monkeypatch.setattr(view, "remove_user", remove_together)
    calls = [
        lambda: call(ME, by=own, method="DELETE"),
        lambda: call(f"{USERS}{user.pk}/", by=operator, method="DELETE"),
    ]

    answers = statuses(calls * 4)

    assert answers == [204] + [404] * 7
    assert get_user_model().objects.count() == 1


def test_profile_changed_during_removal__stays_removed(user, superuser):
    own, operator = signed_in(user), signed_in(superuser)
    path = f"{USERS}{user.pk}/"
    calls = [
        lambda: call(ME, by=own, method="PATCH", first_name="Ada"),
        lambda: change(own),
        lambda: call(path, by=operator, method="PATCH", is_active=True),
        lambda: call(TOKEN, email=user.email, password=PASSWORD),
        lambda: call(LOGIN, email=user.email, password=PASSWORD),
    ]

    removed, *answers = at_once([lambda: call(path, by=operator, method="DELETE"), *calls * 2])

    assert removed.status_code == 204
    assert all(answer.status_code < 500 for answer in answers), answers
    assert list(get_user_model().objects.all()) == [superuser]


def test_account_removed_during_a_login__is_404(user, monkeypatch):
    log_in = profile.login

    def log_in_late(*args):
        get_user_model().objects.all().delete()
        log_in(*args)

    monkeypatch.setattr(profile, "login", log_in_late)

    response = call(LOGIN, email=user.email, password=PASSWORD)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
