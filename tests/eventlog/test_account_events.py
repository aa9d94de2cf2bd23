"""Events of accounts: registration, login, logout, and refused logins."""

import logging

import pytest
from django.contrib.auth import authenticate, get_user_model, logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_login_failed
from django.test import Client, RequestFactory

from org_files.testing.factories import make_user
from tests.accounts.clients import BLACKLIST, LOGIN, LOGOUT, REFRESH, REGISTER, TOKEN, call
from tests.eventlog.conftest import PASSWORD, assert_refused, assert_says

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_commits")]

ADMIN = "/admin/login/"


def log_in(path, user, password):
    if path == ADMIN:
        Client().post(path, {"username": user.email, "password": password})
    else:
        call(path, email=user.email, password=password)


def test_registration__is_recorded_of_the_new_user(heard, user):
    assert call(REGISTER, email=user.email, password="red-Anchor-17").status_code == 400
    assert call(REGISTER, email="new@example.com", password="red-Anchor-17").status_code == 201

    new = get_user_model().objects.get(email="new@example.com")
    assert_says(heard.one("user.registered"), obj=new.pk, kind="user", actor=new.pk)


def test_session__is_recorded_from_login_to_logout(heard, user):
    client = Client()
    assert call(LOGIN, by=client, email=user.email, password=PASSWORD).status_code == 200
    assert call(LOGOUT, by=client).status_code == 204

    for event in ("user.login", "user.logout"):
        assert_says(heard.one(event), obj=user.pk, kind="user", actor=user.pk, by="session")


def test_tokens__are_recorded_from_login_to_logout(heard, user):
    pair = call(TOKEN, email=user.email, password=PASSWORD).json()
    pair = call(REFRESH, refresh=pair["refresh"]).json()
    assert call(BLACKLIST, refresh=pair["refresh"]).status_code == 200

    for event in ("user.login", "user.logout"):
        assert_says(heard.one(event), obj=user.pk, kind="user", actor=user.pk, by="token")


def test_login_to_the_admin__is_recorded(heard):
    staff = make_user(password=PASSWORD, is_staff=True)
    log_in(ADMIN, staff, PASSWORD)

    assert_says(heard.one("user.login"), obj=staff.pk, kind="user", actor=staff.pk, by="session")


def test_logout_of_an_anonymous_user__is_not_recorded(heard):
    request = RequestFactory().get("/")
    request.session, request.user = Client().session, AnonymousUser()
    logout(request)

    assert heard.records == []


@pytest.mark.parametrize("path", [LOGIN, TOKEN, ADMIN])
def test_refused_login__is_recorded_of_the_user_and_denied_if_disabled(heard, user, path):
    log_in(path, user, "hunter2")
    assert_refused(heard.one("user.login_failed"), obj=user.pk, kind="user", login="ad***")
    assert heard.of("user.login") == []
    heard.records.clear()
    user.is_active = False
    user.save()

    log_in(path, user, PASSWORD)

    denied = heard.of("access.denied")[0]
    assert_refused(denied, obj=user.pk, kind="user", code="user_inactive")
    assert heard.of("user.login") == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("hunter2-the-password", "hu***"), ("four", "f***"), ("me", "***"), ("two\nlines", "tw***")],
)
def test_unknown_login_name__is_not_shown(heard, typed, shown):
    authenticate(email=typed, password="a password")

    record = heard.one("user.login_failed")
    assert_refused(record, in_request=False, login=shown)
    assert typed not in record.getMessage()
    assert "a password" not in record.getMessage()


@pytest.mark.parametrize("name", ["\x00", "\ud800", "a\u202eb"])
def test_login_name_that_databases_refuse__is_recorded(heard, name):
    user_login_failed.send(sender=__name__, credentials={"username": name * 9}, request=None)

    assert heard.one("user.login_failed").object_id == ""
    assert heard.one("user.login_failed").getMessage().isprintable()


def test_refused_login__is_looked_up_only_where_it_is_recorded(
    heard, user, django_assert_num_queries
):
    with django_assert_num_queries(2):
        authenticate(email=user.email, password="hunter2")
    logging.getLogger("org_files").setLevel(logging.ERROR)
    with django_assert_num_queries(1):
        authenticate(email=user.email, password="hunter2")

    assert len(heard.of("user.login_failed")) == 1
