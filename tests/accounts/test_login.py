"""POST auth/login/ and auth/logout/."""

from contextlib import contextmanager

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import MD5PasswordHasher, check_password, make_password
from django.contrib.auth.signals import user_login_failed
from django.contrib.sessions.models import Session
from django.test import Client

from org_files.accounts import backends
from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user
from tests.accounts.clients import (
    CHANGE_PASSWORD,
    LOGIN,
    LOGOUT,
    ME,
    PASSWORD,
    REGISTER,
    TOKEN,
    call,
    session_of,
)
from tests.rest.requests import CSRF_TOKEN, browser_of


def log_in(email, password=PASSWORD, by=None):
    return call(LOGIN, by=by, email=email, password=password)


def test_login__answers_with_the_user_and_begins_a_session(user):
    join(make_organization(), user, Role.ADMIN)
    # Stale credentials do not matter.
    client = Client(headers={"Authorization": "Bearer stale"}, enforce_csrf_checks=True)

    response = log_in(user.email.upper(), by=client)

    assert response.status_code == 200
    assert "csrftoken" in client.cookies
    assert client.cookies["sessionid"]["httponly"]
    # A second login needs no CSRF token of the session either.
    assert log_in(user.email, by=client).status_code == 200
    del client.defaults["HTTP_AUTHORIZATION"]
    assert client.get(ME).json() == response.json()


def test_wrong_credentials__are_400_without_saying_which(user):
    other = log_in("other@example.com", "other").json()
    disabled, without = make_user(password=PASSWORD, is_active=False), make_user()

    for email, password in (
        (user.email, f"{PASSWORD} "),
        ("' OR 1=1 --", PASSWORD),
        (disabled.email, PASSWORD),
        (without.email, without.password),
    ):
        response = log_in(email, password)
        assert (response.status_code, response.json()) == (400, other)
    assert Session.objects.count() == 0


@pytest.mark.django_db
def test_value_of_the_wrong_type__is_an_error_of_its_field():
    for value in (None, "", [], True, "a\x00b", "x" * 1025):
        response = log_in(value, value)

        assert response.status_code == 400
        assert set(response.json()) == {"email", "password"}


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that were hashed."""
    found = []
    for name in ("set_password", "check_password"):
        monkeypatch.setattr(get_user_model(), name, lambda user, raw: found.append(raw))
    return found


@pytest.mark.django_db
def test_password_of_a_megabyte__is_400_and_not_hashed(hashed):
    for path in (LOGIN, TOKEN, REGISTER):
        response = call(path, email="ada@example.com", password="x" * 1_000_000)

        assert (response.status_code, list(response.json())) == (400, ["password"])
        assert hashed == []


@pytest.mark.django_db
def test_unknown_address__costs_a_hash_like_a_known_one(hashed):
    log_in("nobody@example.com", "a password")

    assert hashed == ["a password"]


@pytest.fixture
def hashes(monkeypatch):
    """The passwords of which the hasher made a hash."""
    found, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda self, password, salt: found.append(password) or encode(self, password, salt),
    )
    return found


def test_password__is_right_in_any_form_of_unicode(db, hashes):
    composed, typed = "caf\u00e9 of the password", "cafe\u0301 of the password"
    for given in (composed, typed):
        email = f"{len(given)}@example.com"
        assert call(REGISTER, email=email, password=given).status_code == 201
        user = get_user_model().objects.get(email=email)
        for tried in (composed, typed):
            assert check_password(composed, user.password)
            assert log_in(email, tried).status_code == 200
            # By a form of the site.
            assert Client().login(username=email, password=tried)

    wrong, both = "e\u0301", ["e\u0301", "\u00e9"]
    for name in (email, "nobody@example.com"):
        hashes.clear()
        assert log_in(name, wrong).status_code == 400
        assert hashes == both


def test_password_stored_as_it_was_typed_before__goes_on_working(user):
    typed = "cafe\u0301 of the password"
    get_user_model().objects.update(password=make_password(typed))

    assert log_in(user.email, typed).status_code == 200


@contextmanager
def connected(signal, sent):
    """Append the credentials of each sent signal to ``sent``."""

    def receive(credentials, **kwargs):
        sent.append(credentials)

    signal.connect(receive)
    try:
        yield
    finally:
        signal.disconnect(receive)


@pytest.fixture
def other_model(monkeypatch):
    """Users who compare passwords as Django's own do."""
    model = get_user_model()
    for name in ("set_password", "check_password", "acheck_password"):
        monkeypatch.setattr(model, name, getattr(AbstractBaseUser, name))
    monkeypatch.setattr(backends, "AbstractEmailUser", Client)


@pytest.mark.parametrize("backend", [ModelBackend, backends.NormalPasswordBackend])
@pytest.mark.usefixtures("db", "other_model")
def test_password_of_another_user_model__is_right_in_any_form(settings, hashes, backend):
    settings.AUTHENTICATION_BACKENDS = [f"{backend.__module__}.{backend.__name__}"]
    composed, typed, other = "caf\u00e9 au lait", "cafe\u0301 au lait", "the\u0301 au lait"
    email, failed = "ada@example.com", []
    with connected(user_login_failed, failed):
        assert call(REGISTER, email=email, password=typed).status_code == 201
        for tried in (composed, typed):
            client = Client()
            assert log_in(email, tried, by=client).status_code == 200
            # By a form of the site.
            is_normal = tried == composed or backend is not ModelBackend
            assert Client().login(username=email, password=tried) is is_normal
            change = {"old_password": tried, "new_password": typed}
            assert call(CHANGE_PASSWORD, by=client, **change).status_code == 204
        failed.clear()
        for name in (email, "nobody@example.com"):
            hashes.clear()
            assert log_in(name, other).status_code == 400
            assert hashes == [other, "th\u00e9 au lait"]
    assert [each["email"] for each in failed] == [email, "nobody@example.com"]
    # Set by a form of the site, which stores it as it was typed.
    get_user_model().objects.update(password=make_password(typed))
    assert log_in(email, typed).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("other_model")
def test_backend_of_a_site__tries_both_forms_in_asynchronous_views(settings, user):
    settings.AUTHENTICATION_BACKENDS = ["org_files.accounts.backends.NormalPasswordBackend"]
    get_user_model().objects.update(password=make_password("caf\u00e9"))
    log = async_to_sync(aauthenticate)

    assert log(username=user.email, password="cafe\u0301") == user
    assert log(username=user.email, password="the\u0301") is None


def test_login__changes_the_key_of_the_session(user):
    other = make_user(password=PASSWORD)
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    log_in(user.email, by=client)
    first = client.cookies["sessionid"].value

    log_in(other.email, by=client)

    assert first != "a" * 32
    assert client.cookies["sessionid"].value != first
    assert Session.objects.count() == 1


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x"])
def test_login_by_a_form_of_another_site__is_415(user, content_type):
    body = f'{{"email": "{user.email}", "password": "{PASSWORD}"}}'

    assert Client().post(LOGIN, body, content_type=content_type).status_code == 415
    assert Session.objects.count() == 0


def test_logout__ends_the_session(user):
    client = Client(enforce_csrf_checks=True)
    log_in(user.email, by=client)
    token = client.cookies["csrftoken"].value
    headers = {"X-CSRFToken": token, "Authorization": "Bearer stale"}

    response = client.post(LOGOUT, headers=headers)

    assert (response.status_code, response.content) == (204, b"")
    assert client.get(ME).status_code == 401
    assert Session.objects.count() == 0


def test_logout_without_the_csrf_token__is_403(user):
    browser = browser_of(user)

    for headers in ({}, {"X-CSRFToken": "x" * 32}):
        response = browser.post(LOGOUT, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert browser.get(ME).status_code == 200
    assert browser.post(LOGOUT, headers={"X-CSRFToken": CSRF_TOKEN}).status_code == 204


def test_session_from_before_a_new_password__is_401(user):
    client = session_of(user)
    user.set_password("other")
    user.save()

    assert client.get(ME).status_code == 401
    response = client.post(LOGOUT)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"]
