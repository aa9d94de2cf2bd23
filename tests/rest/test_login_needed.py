"""401: who is not logged in, whatever authenticators the site lists and in whatever order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt import authentication as simplejwt
from rest_framework_simplejwt.tokens import AccessToken

from org_files.testing.factories import make_stored_file, make_user
from tests.rest.requests import bearer, browser_of
from tests.rest.routes import PUBLIC

AUTHENTICATORS = {
    "session": "rest_framework.authentication.SessionAuthentication",
    "token": "rest_framework.authentication.TokenAuthentication",
    "jwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
}
ORDERS = list(permutations(AUTHENTICATORS))
BASIC = "rest_framework.authentication.BasicAuthentication"


def authenticate_by(settings: Any, *classes: str) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_AUTHENTICATION_CLASSES": list(classes)
    }


@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_anonymous__is_401_with_a_challenge_in_every_order(
    settings: Any, order: tuple[str, ...]
) -> None:
    authenticate_by(settings, *(AUTHENTICATORS[name] for name in order))

    response = Client().get("/api/files/")

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
    assert response.headers["WWW-Authenticate"]
    assert "Basic" not in response.headers["WWW-Authenticate"]


@pytest.mark.django_db
@pytest.mark.parametrize("credentials", ["Bearer nonsense", "Token nonsense"])
def test_calls_to_log_in__are_reached_with_whatever_credentials(credentials: str) -> None:
    for route in PUBLIC:
        if route.ids:  # of a share link
            continue
        client = Client(enforce_csrf_checks=True, headers={"Authorization": credentials})
        response = client.post(route.path(), {}, content_type="application/json")
        assert response.status_code == 400, route
        assert "detail" not in response.json()


@pytest.mark.django_db
def test_sessions_alone__are_a_401_too(settings: Any) -> None:
    authenticate_by(settings, AUTHENTICATORS["session"])

    response = Client().get("/api/files/")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Session realm="api"'


@pytest.mark.django_db
def test_no_authenticators_at_all__are_a_401_too(settings: Any) -> None:
    authenticate_by(settings)

    assert Client().get("/api/files/").status_code == 401


@pytest.mark.django_db
def test_basic__is_a_challenge_where_the_site_uses_it(settings: Any) -> None:
    authenticate_by(settings, AUTHENTICATORS["session"], BASIC)

    assert Client().get("/api/files/").headers["WWW-Authenticate"] == 'Basic realm="api"'


@pytest.mark.parametrize(
    "credentials",
    ["Bearer nonsense", "Bearer", "Bearer a b c", "Bearer \xff", "Token nonsense", "Token \xff"],
)
@pytest.mark.django_db
def test_credentials_that_are_none__are_401(credentials: str) -> None:
    response = Client().get("/api/files/", HTTP_AUTHORIZATION=credentials)

    assert response.status_code == 401
    assert set(response.json()) == {"detail", "code"}
    assert response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("credentials", ["Basic YTpi", "nonsense", ""])
@pytest.mark.django_db
def test_credentials_of_a_kind_that_the_site_does_not_use__are_401(credentials: str) -> None:
    assert Client().get("/api/files/", HTTP_AUTHORIZATION=credentials).status_code == 401


def test_disabled_and_deleted_users__are_401(user: Any) -> None:
    file = make_stored_file()
    token = Token.objects.create(user=user)
    clients = [
        browser_of(user),
        Client(headers=bearer(user)),
        Client(headers={"Authorization": f"Token {token.key}"}),
    ]
    paths = ("/api/files/", f"/api/files/{file.public_id}/content/")

    user.is_active = False
    user.save()
    disabled = [client.get(path).status_code for client in clients for path in paths]
    user.delete()
    deleted = [client.get(path).status_code for client in clients for path in paths]

    assert set(disabled) == {401}
    assert set(deleted) == {401}


@pytest.mark.django_db
@pytest.mark.parametrize("order", [ORDERS[0], ORDERS[-1]], ids="-".join)
def test_scheme__is_taken_in_any_case(settings: Any, order: tuple[str, ...]) -> None:
    authenticate_by(settings, *(AUTHENTICATORS[name] for name in order))
    user = make_user()
    key = Token.objects.create(user=user).key
    access = str(AccessToken.for_user(user))

    for scheme in ("bearer", "bEaReR", "Bearer"):
        answer = Client().get("/api/users/me/", HTTP_AUTHORIZATION=f"{scheme} {access}")
        assert answer.status_code == 200, scheme
    for scheme in ("token", "Token"):
        answer = Client().get("/api/users/me/", HTTP_AUTHORIZATION=f"{scheme} {key}")
        assert answer.status_code == 200, scheme
    for header in (f"bearers {access}", f"jwt {access}", f"bearer {key}", "bearer", " ", access):
        assert Client().get("/api/users/me/", HTTP_AUTHORIZATION=header).status_code == 401, header


@pytest.mark.django_db
def test_every_scheme_of_simplejwts_setting__is_taken_in_any_case(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticate_by(settings, AUTHENTICATORS["jwt"])
    # Read from SIMPLE_JWT when the module is imported.
    monkeypatch.setattr(simplejwt, "AUTH_HEADER_TYPES", ("Bearer", "JWT"))
    monkeypatch.setattr(simplejwt, "AUTH_HEADER_TYPE_BYTES", {b"Bearer", b"JWT"})
    access = str(AccessToken.for_user(make_user()))

    for scheme in ("jwt", "JWT", "bearer"):
        answer = Client().get("/api/users/me/", HTTP_AUTHORIZATION=f"{scheme} {access}")
        assert answer.status_code == 200, scheme
