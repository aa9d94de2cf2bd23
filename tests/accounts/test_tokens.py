"""POST token/, token/refresh/ and token/blacklist/."""

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.accounts.tokens import pair_of, spend
from org_files.testing.factories import make_user
from org_files.testing.threads import at_once
from tests.accounts.clients import BLACKLIST, ME, PASSWORD, REFRESH, TOKEN, call


@pytest.fixture
def pair(user):
    return pair_of(user)


def status_with(access):
    authorization = f"Bearer {access}".encode().decode("latin-1")
    return Client().get(ME, HTTP_AUTHORIZATION=authorization).status_code


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def test_pair__opens_the_api_for_five_minutes(user):
    # Of stale credentials and a session without its CSRF token nothing is asked.
    client = Client(headers={"Authorization": "Bearer stale"}, enforce_csrf_checks=True)
    client.force_login(user)

    pair = call(TOKEN, by=client, email=user.email.upper(), password=PASSWORD).json()

    assert set(pair) == {"access", "refresh"}
    assert status_with(pair["access"]) == 200
    claims = claims_of(pair["access"])
    assert claims["exp"] - claims["iat"] == 300
    refreshed = call(REFRESH, by=client, refresh=pair["refresh"])
    assert refreshed.status_code == 200
    last = refreshed.json()["refresh"]
    ended = call(BLACKLIST, by=client, refresh=last)
    assert (ended.status_code, ended.json()) == (200, {})
    assert [call(path, refresh=last).status_code for path in (BLACKLIST, REFRESH)] == [401, 401]


def test_wrong_credentials__are_401_without_saying_which(user):
    unknown = call(TOKEN, email="x@example.com", password="x")
    disabled = make_user(password=PASSWORD, is_active=False)

    assert unknown.status_code == 401
    assert unknown.headers["WWW-Authenticate"].startswith("Bearer")
    assert set(unknown.json()) == {"detail", "code"}
    for email, password in ((user.email, "x"), (disabled.email, PASSWORD)):
        response = call(TOKEN, email=email, password=password)
        assert (response.status_code, response.content) == (401, unknown.content)


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
    for token in (pair["refresh"], pair["access"]):
        spent = call(REFRESH, refresh=token)
        assert (spent.status_code, spent.json()["code"]) == (401, "token_not_valid")
    assert call(REFRESH, refresh=response.json()["refresh"]).status_code == 200
    assert status_with(pair["refresh"]) == 401


def without(name):
    return lambda token, key: jwt.encode(
        {claim: value for claim, value in claims_of(token).items() if claim != name}, key
    )


def changed(**claims):
    return lambda token, key: jwt.encode(claims_of(token) | claims, key)


#: Ways to make an invalid token of a valid one and the site's key.
FORGERIES = {
    "no signature": lambda token, key: token.rpartition(".")[0] + ".",
    "other key": lambda token, key: jwt.encode(claims_of(token), key[::-1]),
    "expired": changed(exp=1_500_000_000),
    "expires beyond the calendar": changed(exp=10**20),
    "expires beyond all numbers": changed(exp=1e308),
    "no expiry": without("exp"),
    "no type": without("token_type"),
    "not ASCII": lambda token, key: "\u00e9.\u00e9.\u00e9",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forged_or_expired_token__is_401(pair, settings, forge):
    assert status_with(forge(pair["access"], settings.SECRET_KEY)) == 401
    for path in (REFRESH, BLACKLIST):
        response = call(path, refresh=forge(pair["refresh"], settings.SECRET_KEY))
        assert response.status_code == 401
        assert set(response.json()) == {"detail", "code"}


@pytest.mark.parametrize("user_id", ["abc", None, [], "9" * 30, "987654321"])
def test_token_from_before_users_had_other_keys__is_401(pair, settings, user_id):
    change = changed(user_id=user_id, jti="another")

    assert status_with(change(pair["access"], settings.SECRET_KEY)) == 401
    response = call(REFRESH, refresh=change(pair["refresh"], settings.SECRET_KEY))
    assert (response.status_code, response.json()["code"]) == (401, "token_not_valid")


def test_token_of_an_unknown_user__can_be_blacklisted_if_it_has_an_id(pair, settings):
    unknown = [without("user_id"), changed(user_id="987654321", jti="1"), without("jti")]
    tokens = [change(pair["refresh"], settings.SECRET_KEY) for change in unknown]

    assert [call(BLACKLIST, refresh=token).status_code for token in tokens] == [200, 200, 401]
    assert call(REFRESH, refresh=tokens[2]).status_code == 401


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


def test_tokens_of_a_disabled_user__are_401(pair):
    get_user_model().objects.update(is_active=False)

    assert status_with(pair["access"]) == 401
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_login_from_before_a_new_password__gets_no_tokens(user):
    type(user).objects.update(password="changed meanwhile")

    assert pair_of(user) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_one_token_at_once__is_spent_once(is_forgotten):
    token = str(RefreshToken.for_user(make_user()))
    if is_forgotten:  # by the site, whose table was emptied
        OutstandingToken.objects.all().delete()

    answers = at_once([lambda: call(REFRESH, refresh=token).status_code] * 6)

    assert sorted(answers) == [200] + [401] * 5
