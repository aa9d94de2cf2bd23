"""POST auth/login/ and auth/logout/."""

import pytest
from django.contrib.auth.hashers import BasePasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client

from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user
from tests.accounts.clients import LOGIN, LOGOUT, ME, PASSWORD, REGISTER, TOKEN, call, session_of
from tests.rest.requests import CSRF_TOKEN, browser_of


def log_in(email, password=PASSWORD, by=None):
    return call(LOGIN, by=by, email=email, password=password)


def test_login__answers_with_the_user_and_begins_a_session(user):
    acme, globex = make_organization("Acme"), make_organization("Globex")
    join(globex, user, Role.VIEWER)
    join(acme, user, Role.ADMIN)
    client = Client(enforce_csrf_checks=True)

    response = log_in(user.email.upper(), by=client)

    assert response.status_code == 200
    assert response.json() == {
        "id": user.pk,
        "email": user.email,
        "first_name": "",
        "last_name": "",
        "phone": "",
        "avatar_url": None,
        "is_staff": False,
        "organizations": [
            {"id": acme.pk, "name": "Acme", "role": "admin"},
            {"id": globex.pk, "name": "Globex", "role": "viewer"},
        ],
    }
    assert client.get(ME).status_code == 200
    assert "csrftoken" in client.cookies
    assert client.cookies["sessionid"]["httponly"]
    # A second login needs no CSRF token of the session either.
    assert log_in(user.email, by=client).status_code == 200


@pytest.mark.parametrize("problem", ["password", "user", "disabled", "no password"])
def test_wrong_credentials__are_400_without_saying_which(user, problem):
    email, password = user.email, PASSWORD
    if problem == "password":
        password = f"{PASSWORD} "
    elif problem == "user":
        email = "' OR 1=1 --"
    elif problem == "disabled":
        type(user).objects.update(is_active=False)
    else:
        user.set_unusable_password()
        user.save()
        password = user.password

    response = log_in(email, password)

    assert response.status_code == 400
    assert response.json() == log_in("other@example.com", "other").json()
    assert Session.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("value", [None, "", [], True, "a\x00b", "x" * 1025])
def test_value_of_the_wrong_type__is_an_error_of_its_field(value):
    response = log_in(value, value)

    assert response.status_code == 400
    assert set(response.json()) == {"email", "password"}


class Recorder(BasePasswordHasher):
    """Records the passwords to hash."""

    algorithm = "recorder"
    encoded: list[str] = []

    def encode(self, password, salt):
        self.encoded.append(password)
        return f"{self.algorithm}${salt}$"


@pytest.fixture
def hashed(settings):
    """The passwords that were hashed."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Recorder", *settings.PASSWORD_HASHERS]
    Recorder.encoded.clear()
    return Recorder.encoded


@pytest.mark.django_db
@pytest.mark.parametrize("path", [LOGIN, TOKEN, REGISTER])
def test_password_of_a_megabyte__is_400_and_not_hashed(path, hashed):
    response = call(path, email="ada@example.com", password="x" * 1_000_000)

    assert response.status_code == 400
    assert list(response.json()) == ["password"]
    assert hashed == []


@pytest.mark.django_db
def test_unknown_address__costs_a_hash_like_a_known_one(hashed):
    log_in("nobody@example.com", "a password")

    assert hashed == ["a password"]


@pytest.mark.parametrize("authorization", ["Bearer stale", "Token stale", "nonsense"])
def test_stale_credentials__do_not_matter(user, authorization):
    client = Client(headers={"Authorization": authorization}, enforce_csrf_checks=True)

    assert log_in(user.email, by=client).status_code == 200


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


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
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


@pytest.mark.parametrize("token", [None, "", "x" * 32])
def test_logout_without_the_csrf_token__is_403(user, token):
    browser = browser_of(user)

    response = browser.post(LOGOUT, headers={} if token is None else {"X-CSRFToken": token})

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert browser.get(ME).status_code == 200
    assert browser.post(LOGOUT, headers={"X-CSRFToken": CSRF_TOKEN}).status_code == 204


@pytest.mark.django_db
def test_logout_without_a_session__is_401():
    response = Client(enforce_csrf_checks=True).post(LOGOUT)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"]


def test_session_from_before_a_new_password__is_401(user):
    client = session_of(user)
    user.set_password("other")
    user.save()

    assert client.get(ME).status_code == 401
    assert client.post(LOGOUT).status_code == 401
