"""Events of accounts: registration, login, logout, and refused logins."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model, logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_login_failed
from django.test import Client, RequestFactory

from org_files.testing.factories import make_user
from tests.accounts.clients import BLACKLIST, LOGIN, LOGOUT, REFRESH, REGISTER, TOKEN, call
from tests.eventlog.conftest import PASSWORD, Heard
from tests.eventlog.fields import assert_says

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_commits")]

ADMIN = "/admin/login/"


def assert_refused(record: Any, **says: Any) -> None:
    assert_says(record, outcome="refused", level="WARNING", **says)


def log_in(path: str, user: Any, password: str) -> None:
    if path == ADMIN:
        Client().post(path, {"username": user.email, "password": password})
    else:
        call(path, email=user.email, password=password)


def test_registration__is_recorded_of_the_new_user(heard: Heard, user: Any) -> None:
    assert call(REGISTER, email=user.email, password="red-Anchor-17").status_code == 400
    assert call(REGISTER, email="new@example.com", password="red-Anchor-17").status_code == 201

    new = get_user_model().objects.get(email="new@example.com")
    assert_says(heard.one("user.registered"), obj=new.pk, kind="user", actor=new.pk)


def test_session__is_recorded_from_login_to_logout(heard: Heard, user: Any) -> None:
    client = Client()
    assert call(LOGIN, by=client, email=user.email, password=PASSWORD).status_code == 200
    assert call(LOGOUT, by=client).status_code == 204

    for event in ("user.login", "user.logout"):
        assert_says(heard.one(event), obj=user.pk, kind="user", actor=user.pk, by="session")


def test_tokens__are_recorded_from_login_to_logout(heard: Heard, user: Any) -> None:
    pair = call(TOKEN, email=user.email, password=PASSWORD).json()
    pair = call(REFRESH, refresh=pair["refresh"]).json()
    assert call(BLACKLIST, refresh=pair["refresh"]).status_code == 200

    for event in ("user.login", "user.logout"):
        assert_says(heard.one(event), obj=user.pk, kind="user", actor=user.pk, by="token")


def test_login_to_the_admin__is_recorded(heard: Heard) -> None:
    staff = make_user(password=PASSWORD, is_staff=True)
    log_in(ADMIN, staff, PASSWORD)

    assert_says(heard.one("user.login"), obj=staff.pk, kind="user", actor=staff.pk, by="session")


def test_logout_of_an_anonymous_user__is_not_recorded(heard: Heard) -> None:
    request = RequestFactory().get("/")
    request.session = Client().session
    request.user = AnonymousUser()
    logout(request)

    assert heard.of("user.logout") == []


@pytest.mark.parametrize("path", [LOGIN, TOKEN, ADMIN])
def test_wrong_password__is_recorded_of_the_user(heard: Heard, user: Any, path: str) -> None:
    log_in(path, user, "hunter2")

    failed = heard.one("user.login_failed")
    assert_refused(failed, obj=user.pk, kind="user", login="ad***")
    assert heard.of("user.login") == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("hunter2-the-password", "hu***"), ("four", "f***"), ("me", "***"), ("two\nlines", "tw***")],
)
def test_unknown_login_name__is_not_shown(heard: Heard, typed: str, shown: str) -> None:
    authenticate(email=typed, password="a password")

    record = heard.one("user.login_failed")
    assert_refused(record, in_request=False, login=shown)
    assert typed not in record.getMessage()
    assert "a password" not in record.getMessage()


@pytest.mark.parametrize("name", ["\x00", "\ud800", "a\u202eb"])
def test_login_name_that_databases_refuse__is_recorded(heard: Heard, name: str) -> None:
    user_login_failed.send(sender=__name__, credentials={"username": name * 9}, request=None)

    assert heard.one("user.login_failed").object_id == ""
    assert heard.one("user.login_failed").getMessage().isprintable()


@pytest.mark.parametrize("path", [LOGIN, TOKEN, ADMIN])
def test_login_of_a_disabled_user__is_denied(heard: Heard, user: Any, path: str) -> None:
    user.is_active = False
    user.save()

    log_in(path, user, PASSWORD)

    denied = heard.of("access.denied")[0]
    assert_refused(denied, obj=user.pk, kind="user", code="user_inactive")
    assert heard.one("user.login_failed").request_id == denied.request_id
    assert heard.of("user.login") == []


def test_refused_login__is_looked_up_only_where_it_is_recorded(
    heard: Heard, user: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        authenticate(email=user.email, password="hunter2")
    logging.getLogger("org_files").setLevel(logging.ERROR)
    with django_assert_num_queries(1):
        authenticate(email=user.email, password="hunter2")

    assert len(heard.of("user.login_failed")) == 1
