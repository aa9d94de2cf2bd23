"""POST token/, token/refresh/ and token/blacklist/."""

import base64
import json

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken

from org_files.accounts.tokens import pair_of, spend
from org_files.testing.factories import make_user
from org_files.testing.threads import at_once
from tests.accounts.clients import BLACKLIST, ME, PASSWORD, REFRESH, TOKEN, call, pair_for


@pytest.fixture
def pair(user):
    tokens = pair_of(user)
    assert tokens is not None
    return tokens


def status_with(access):
    authorization = f"Bearer {access}".encode().decode("latin-1")
    return int(Client().get(ME, HTTP_AUTHORIZATION=authorization).status_code)


def claims_of(token):
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_pair__opens_the_api_for_five_minutes(user):
    pair = pair_for(user)

    assert set(pair) == {"access", "refresh"}
    assert status_with(pair["access"]) == 200
    claims = claims_of(pair["access"])
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize("problem", ["password", "user", "disabled"])
def test_wrong_credentials__are_401_without_saying_which(user, problem):
    body = {"email": user.email.upper(), "password": PASSWORD}
    if problem == "disabled":
        get_user_model().objects.update(is_active=False)
    else:
        body["password" if problem == "password" else "email"] = "other@example.com"

    response = call(TOKEN, **body)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert set(response.json()) == {"detail", "code"}
    assert response.content == call(TOKEN, email="x@example.com", password="x").content


@pytest.mark.django_db
def test_missing_fields__are_named():
    assert set(call(TOKEN).json()) == {"email", "password"}
    for path in (REFRESH, BLACKLIST):
        assert list(call(path).json()) == ["refresh"]
        assert list(call(path, refresh="x" * 4097).json()) == ["refresh"]


def test_refresh__rotates(pair):
    response = call(REFRESH, refresh=pair["refresh"])

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert status_with(response.json()["access"]) == 200
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 401
    assert call(REFRESH, refresh=response.json()["refresh"]).status_code == 200


def test_blacklist__logs_out_of_the_token(pair):
    assert call(BLACKLIST, refresh=pair["refresh"]).status_code == 200

    for path in (BLACKLIST, REFRESH):
        assert call(path, refresh=pair["refresh"]).status_code == 401


def test_token_of_another_type__is_401(user, pair):
    sliding = str(SlidingToken.for_user(user))

    for token in (pair["access"], sliding):
        response = call(REFRESH, refresh=token)
        assert (response.status_code, response.json()["code"]) == (401, "token_not_valid")
    assert status_with(pair["refresh"]) == status_with(sliding) == 401


def unsigned(claims, algorithm):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}."


def without(name):
    return lambda token, key: jwt.encode(
        {claim: value for claim, value in claims_of(token).items() if claim != name}, key
    )


def changed(**claims):
    return lambda token, key: jwt.encode(claims_of(token) | claims, key)


#: Ways to make an invalid token of a valid one and the site's key.
FORGERIES = {
    "no algorithm": lambda token, key: unsigned(claims_of(token), "NONE") + token.split(".")[2],
    "no signature": lambda token, key: token.rpartition(".")[0] + ".",
    "other key": lambda token, key: jwt.encode(claims_of(token), key[::-1]),
    "other algorithm": lambda token, key: jwt.encode(claims_of(token), key * 2, "HS512"),
    "expired": changed(exp=1_500_000_000),
    "expires beyond the calendar": changed(exp=10**20),
    "no expiry": without("exp"),
    "no type": without("token_type"),
    "body changed": lambda token, key: token.replace(".", ".e", 1),
    "one part": lambda token, key: "abc",
    "not ASCII": lambda token, key: "\u00e9.\u00e9.\u00e9",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forged_or_expired_token__is_401(pair, settings, forge):
    assert status_with(forge(pair["access"], settings.SECRET_KEY)) == 401
    for path in (REFRESH, BLACKLIST):
        response = call(path, refresh=forge(pair["refresh"], settings.SECRET_KEY))
        assert response.status_code == 401
        assert set(response.json()) == {"detail", "code"}


def test_refresh_token_without_an_id__is_401(pair, settings):
    token = without("jti")(pair["refresh"], settings.SECRET_KEY)

    for path in (REFRESH, BLACKLIST):
        assert call(path, refresh=token).status_code == 401


@pytest.mark.parametrize("user_id", ["abc", None, [], "9" * 30, "987654321"])
def test_token_from_before_users_had_other_keys__is_401(pair, settings, user_id):
    change = changed(user_id=user_id, jti="another")

    assert status_with(change(pair["access"], settings.SECRET_KEY)) == 401
    response = call(REFRESH, refresh=change(pair["refresh"], settings.SECRET_KEY))
    assert (response.status_code, response.json()["code"]) == (401, "token_not_valid")


def test_token_of_an_unknown_user__can_be_blacklisted(pair, settings):
    for token in (
        without("user_id")(pair["refresh"], settings.SECRET_KEY),
        changed(user_id="987654321", jti="1")(pair["refresh"], settings.SECRET_KEY),
    ):
        assert call(BLACKLIST, refresh=token).status_code == 200


@pytest.mark.parametrize("jti", ["x" * 400, "a\0b"])
def test_id_that_fits_no_column__is_401_if_the_database_refuses_it(user, jti):
    token = RefreshToken.for_user(user)
    token["jti"] = jti

    # SQLite takes text of any length and kind, MariaDB of any kind.
    if connection.vendor == "sqlite" or (connection.vendor == "mysql" and len(jti) < 256):
        assert spend(token)
    else:
        with pytest.raises(InvalidToken):
            spend(token)


@pytest.mark.parametrize("is_deleted", [False, True])
def test_tokens_of_a_disabled_or_deleted_user__are_401(user, pair, is_deleted):
    if is_deleted:
        user.delete()
    else:
        get_user_model().objects.update(is_active=False)

    assert status_with(pair["access"]) == 401
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_login_from_before_a_new_password__gets_no_tokens(user):
    type(user).objects.update(password="changed meanwhile")

    assert pair_of(user) is None


def test_stale_credentials__do_not_matter(user):
    client = Client(headers={"Authorization": "Bearer stale"}, enforce_csrf_checks=True)
    client.force_login(user)

    got = call(TOKEN, by=client, email=user.email, password=PASSWORD)
    refreshed = call(REFRESH, by=client, refresh=got.json()["refresh"])
    ended = call(BLACKLIST, by=client, refresh=refreshed.json()["refresh"])

    assert [got.status_code, refreshed.status_code, ended.status_code] == [200, 200, 200]


@pytest.mark.parametrize("moment", [10**30, 1e308])
def test_access_token_that_expires_beyond_the_calendar__is_401(user, moment):
    token = AccessToken.for_user(user)
    token["exp"] = moment

    assert status_with(str(token)) == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_one_token_at_once__is_spent_once(is_forgotten):
    token = str(RefreshToken.for_user(make_user()))
    if is_forgotten:  # by the site, whose table was emptied
        OutstandingToken.objects.all().delete()

    answers = at_once([lambda: call(REFRESH, refresh=token).status_code] * 8)

    assert sorted(answers) == [200] + [401] * 7
