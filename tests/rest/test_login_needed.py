"""401: who is not logged in, whatever authenticators the site lists and in whatever order."""

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt import authentication as simplejwt
from rest_framework_simplejwt.tokens import AccessToken

from org_files.testing.factories import make_user
from tests.rest.requests import code_of
from tests.rest.routes import PUBLIC

SESSION = "rest_framework.authentication.SessionAuthentication"
TOKEN = "rest_framework.authentication.TokenAuthentication"
JWT = "rest_framework_simplejwt.authentication.JWTAuthentication"
BASIC = "rest_framework.authentication.BasicAuthentication"

pytestmark = pytest.mark.django_db


def authenticate_by(settings, *classes):
    changes = {"DEFAULT_AUTHENTICATION_CLASSES": list(classes)}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | changes


def answer(authorization=None, path="/api/files/"):
    headers = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    return Client().get(path, **headers)


@pytest.mark.parametrize(
    ("classes", "challenge"),
    [
        ([SESSION, TOKEN, JWT], "Token"),
        ([JWT, SESSION], 'Bearer realm="api"'),
        ([SESSION], 'Session realm="api"'),
        ([], 'Session realm="api"'),
        # Only where the site uses it.
        ([SESSION, BASIC], 'Basic realm="api"'),
    ],
)
def test_anonymous__is_401_with_the_first_challenge_that_there_is(settings, classes, challenge):
    authenticate_by(settings, *classes)

    assert code_of(answer()) == (401, "not_authenticated")
    assert answer().headers["WWW-Authenticate"] == challenge


def test_calls_to_log_in__are_reached_with_whatever_credentials():
    for route in PUBLIC:
        if route.ids or "POST" not in route.methods:  # of a share link, health/
            continue
        client = Client(enforce_csrf_checks=True, headers={"Authorization": "Bearer nonsense"})
        response = client.post(route.path(), {}, content_type="application/json")
        assert response.status_code == 400, route
        assert "detail" not in response.json()


@pytest.mark.parametrize(
    "credentials",
    ["Bearer nonsense", "Bearer", "Bearer \xff", "Token nonsense", "Token \xff", "Basic YTpi", ""],
)
def test_credentials_that_are_none__are_401(credentials):
    response = answer(credentials)

    assert response.status_code == 401
    assert set(response.json()) == {"detail", "code"}
    assert response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("order", [[SESSION, TOKEN, JWT], [JWT, TOKEN, SESSION]])
def test_scheme__is_taken_in_any_case(settings, monkeypatch, order):
    authenticate_by(settings, *order)
    # Read from SIMPLE_JWT when the module is imported.
    monkeypatch.setattr(simplejwt, "AUTH_HEADER_TYPES", ("Bearer", "JWT"))
    monkeypatch.setattr(simplejwt, "AUTH_HEADER_TYPE_BYTES", {b"Bearer", b"JWT"})
    user = make_user()
    key = Token.objects.create(user=user).key
    access = str(AccessToken.for_user(user))

    for scheme, credentials in (
        *(("bEaReR", access), ("Bearer", access), ("jwt", access), ("JWT", access)),
        *(("token", key), ("Token", key)),
    ):
        header = f"{scheme} {credentials}"
        assert answer(header, "/api/users/me/").status_code == 200, scheme
    for header in (f"bearers {access}", f"bearer {key}", "bearer", " ", access):
        assert answer(header, "/api/users/me/").status_code == 401, header
