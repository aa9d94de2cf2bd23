"""Concurrent changes of accounts."""

from functools import partial
from threading import Barrier

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from org_files import get_organization_model
from org_files.accounts.services import remove_user
from org_files.accounts.views import profile, users
from org_files.testing.factories import make_user
from org_files.testing.threads import PATIENCE, at_once
from tests.accounts import clients as api
from tests.accounts.clients import NEW_PASSWORD, PASSWORD, call, pair_for, session_of
from tests.rest.requests import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

#: One address, in several spellings.
SPELLINGS = [
    *("grace@Example.com", "Grace@Example.com", "GRACE@example.com", "grAce@example.com"),
    *("gracE@example.com", "\uff27race@example.com"),
]


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def test_one_address_registered_at_once__is_one_user(settings):
    backend = "org_files.accounts.registration.PersonalOrganization"
    settings.ORG_FILES = {"REGISTRATION": {"BACKEND": backend}}

    register = partial(call, api.REGISTER, password=PASSWORD)
    answers = at_once([partial(register, email=email) for email in SPELLINGS])

    assert statuses(answers) == [201] + [400] * 5
    for answer in answers:
        assert answer.status_code == 201 or list(answer.json()) == ["email"]
    assert get_user_model().objects.count() == get_organization_model().objects.count() == 1


def test_one_address_taken_by_several_users_at_once__belongs_to_one():
    def take(client, email):
        return call(api.ME, by=client, method="PATCH", email=email)

    users = [(signed_in(make_user()), email) for email in SPELLINGS[-4:]]

    answers = at_once([partial(take, *each) for each in users])

    assert statuses(answers) == [200] + [400] * 3
    assert get_user_model().objects.filter(email="grace@example.com").count() == 1


def change(client, new=NEW_PASSWORD):
    return call(api.CHANGE_PASSWORD, by=client, old_password=PASSWORD, new_password=new)


def test_password_changed_at_once__is_changed_once(user, client):
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(6)]

    answers = at_once([partial(change, client, new) for new in passwords])

    assert statuses(answers) == [204] + [400] * 5
    user.refresh_from_db()
    for new, answer in zip(passwords, answers, strict=True):
        assert user.check_password(new) == (answer.status_code == 204)
        assert answer.status_code == 204 or list(answer.json()) == ["old_password"]


def test_logins_and_rotations_while_the_password_changes__are_invalid_afterwards(user, client):
    old = [pair_for(user)["refresh"] for _ in range(3)]
    credentials = {"email": user.email, "password": PASSWORD}

    changed, session, *pairs = at_once(
        [
            partial(change, client),
            partial(call, api.LOGIN, **credentials),
            *[partial(call, api.TOKEN, **credentials)] * 2,
            *[partial(call, api.REFRESH, refresh=token) for token in old],
        ]
    )

    assert changed.status_code == 204
    assert session.status_code in (200, 400)
    browser = Client()
    browser.cookies.load({name: cookie.value for name, cookie in session.cookies.items()})
    assert browser.get(api.ME).status_code == 401
    assert {answer.status_code for answer in pairs} <= {200, 401}
    got = [answer.json()["refresh"] for answer in pairs if answer.status_code == 200]
    for token in [*got, *old]:
        assert call(api.REFRESH, refresh=token).status_code == 401


def test_account_removed_at_once__is_removed_once(user, superuser, monkeypatch):
    own, operator = session_of(user), signed_in(superuser)
    all_have_read = Barrier(6)

    def remove_together(**arguments):
        all_have_read.wait(PATIENCE)
        remove_user(**arguments)

    for view in (profile, users):
        monkeypatch.setattr(view, "remove_user", remove_together)

    answers = at_once(
        [lambda: own.delete(api.ME), lambda: operator.delete(f"{api.USERS}{user.pk}/")] * 3
    )

    assert statuses(answers) == [204] + [404] * 5
    assert get_user_model().objects.count() == 1


def test_profile_changed_during_removal__stays_removed(user, client, superuser):
    operator, path = signed_in(superuser), f"{api.USERS}{user.pk}/"
    calls = [
        lambda: call(api.ME, by=client, method="PATCH", first_name="Ada"),
        lambda: change(client),
        lambda: call(path, by=operator, method="PATCH", is_active=True),
        lambda: call(api.TOKEN, email=user.email, password=PASSWORD),
        lambda: call(api.LOGIN, email=user.email, password=PASSWORD),
    ]

    removed, *answers = at_once([lambda: operator.delete(path), *calls])

    assert removed.status_code == 204
    assert all(answer.status_code < 500 for answer in answers), answers
    assert list(get_user_model().objects.all()) == [superuser]


def test_account_removed_during_a_login__is_404(user, monkeypatch):
    log_in = profile.login

    def log_in_late(*args):
        get_user_model().objects.all().delete()
        log_in(*args)

    monkeypatch.setattr(profile, "login", log_in_late)

    response = call(api.LOGIN, email=user.email, password=PASSWORD)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
