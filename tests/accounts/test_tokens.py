"""POST token/, token/refresh/ and token/blacklist/."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken

from org_files.testing.factories import make_user

TOKEN = "/api/token/"


REFRESH = "/api/token/refresh/"


BLACKLIST = "/api/token/blacklist/"


PASSWORD = "correct horse battery staple"


@pytest.fixture
def user(db: None) -> Any:
    return make_user(email="ada@example.com", password=PASSWORD)


def post(path: str, **body: Any) -> Any:
    return Client().post(path, body, content_type="application/json")


@pytest.fixture
def pair(user: Any) -> dict[str, str]:
    return dict(post(TOKEN, email=user.email, password=PASSWORD).json())


def status_with(access: str) -> int:
    response = Client().get("/api/files/", headers={"Authorization": f"Bearer {access}"})
    return int(response.status_code)


def encode(claims: dict[str, Any], key: str, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.COM", "\uff41da@example.com"])
def test_pair__opens_the_api(user: Any, email: str) -> None:
    response = post(TOKEN, email=email, password=PASSWORD)

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert status_with(response.json()["access"]) == 200


def test_access_token__lives_five_minutes(pair: dict[str, str]) -> None:
    claims = claims_of(pair["access"])

    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)]
)
def test_wrong_credentials__are_401_and_say_not_which(user: Any, email: str, password: str) -> None:
    response = post(TOKEN, email=email, password=password)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert set(response.json()) == {"detail", "code"}
    assert response.content == post(TOKEN, email="x@example.com", password="x").content


def test_disabled_user__gets_no_token(user: Any) -> None:
    get_user_model().objects.update(is_active=False)

    assert post(TOKEN, email=user.email, password=PASSWORD).status_code == 401


def test_missing_fields__are_400(db: None) -> None:
    assert set(post(TOKEN).json()) == {"email", "password"}
    assert post(TOKEN).status_code == 400
    for path in (REFRESH, BLACKLIST):
        assert post(path).status_code == 400
        assert list(post(path).json()) == ["refresh"]


def test_refresh__rotates(pair: dict[str, str]) -> None:
    response = post(REFRESH, refresh=pair["refresh"])

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert response.json()["refresh"] != pair["refresh"]
    assert status_with(response.json()["access"]) == 200
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401
    assert post(REFRESH, refresh=response.json()["refresh"]).status_code == 200


def test_blacklist__logs_out_of_the_token(pair: dict[str, str]) -> None:
    assert post(BLACKLIST, refresh=pair["refresh"]).status_code == 200

    assert post(BLACKLIST, refresh=pair["refresh"]).status_code == 401
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401


@pytest.mark.parametrize("path", [REFRESH, BLACKLIST])
def test_access_token__is_no_refresh_token(pair: dict[str, str], path: str) -> None:
    response = post(path, refresh=pair["access"])

    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"
    assert status_with(pair["access"]) == 200


def test_refresh_token__is_no_access_token(pair: dict[str, str]) -> None:
    assert status_with(pair["refresh"]) == 401


def test_sliding_token__is_neither(user: Any) -> None:
    token = str(SlidingToken.for_user(user))

    assert status_with(token) == 401
    assert post(REFRESH, refresh=token).status_code == 401


def unsigned(claims: dict[str, Any], algorithm: str) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}."


def forged(kind: str, token: str, key: str) -> str:
    claims = claims_of(token)
    head, body, signature = token.split(".")
    return {
        "alg none": lambda: unsigned(claims, "none"),
        "alg None": lambda: unsigned(claims, "None"),
        "alg NONE with the old signature": lambda: unsigned(claims, "NONE") + signature,
        "no signature": lambda: f"{head}.{body}.",
        "other key": lambda: encode(claims, "another-key-of-more-than-thirty-two-bytes"),
        "other algorithm": lambda: encode(claims, key + key, "HS512"),
        "expired": lambda: encode(claims | {"exp": claims["iat"] - 1}, key),
        "no expiry": lambda: encode({k: v for k, v in claims.items() if k != "exp"}, key),
        "no jti": lambda: encode({k: v for k, v in claims.items() if k != "jti"}, key),
        "no type": lambda: encode({k: v for k, v in claims.items() if k != "token_type"}, key),
        "no user": lambda: encode({k: v for k, v in claims.items() if k != "user_id"}, key),
        "unknown user": lambda: encode(claims | {"user_id": "987654321", "jti": "1"}, key),
        "user beyond 64 bits": lambda: encode(claims | {"user_id": "9" * 30, "jti": "2"}, key),
        "cut": lambda: token[:-5],
        "case flipped": lambda: token.swapcase(),
        "body changed": lambda: f"{head}.{body[:-2]}xx.{signature}",
        "one part": lambda: "abc",
        "two dots": lambda: "..",
        "spaces": lambda: " . . ",
        "long": lambda: "x" * 4000,
        "not ASCII": lambda: "\u00e9.\u00e9.\u00e9",
    }[kind]()


FORGERIES = [
    "alg none",
    "alg None",
    "alg NONE with the old signature",
    "no signature",
    "other key",
    "other algorithm",
    "expired",
    "no expiry",
    "no type",
    "no user",
    "unknown user",
    "cut",
    "case flipped",
    "body changed",
    "one part",
    "two dots",
    "spaces",
    "long",
    "not ASCII",
]


#: Signed by this site, and to be ended, whosever they were.
NOBODYS = ("no user", "unknown user", "user beyond 64 bits")


@pytest.mark.parametrize("kind", FORGERIES)
def test_forged_or_expired_access_token__is_401(
    pair: dict[str, str], settings: Any, kind: str
) -> None:
    token = forged(kind, pair["access"], settings.SECRET_KEY)
    authorization = f"Bearer {token}".encode().decode("latin-1")

    response = Client().get("/api/files/", HTTP_AUTHORIZATION=authorization)

    assert response.status_code == 401
    assert set(response.json()) == {"detail", "code"}


@pytest.mark.parametrize("path", [REFRESH, BLACKLIST])
@pytest.mark.parametrize("kind", [*FORGERIES, "no jti", "user beyond 64 bits"])
def test_forged_or_expired_refresh_token__is_401(
    pair: dict[str, str], settings: Any, path: str, kind: str
) -> None:
    token = forged(kind, pair["refresh"], settings.SECRET_KEY)

    response = post(path, refresh=token)

    if path == BLACKLIST and kind in NOBODYS:
        assert response.status_code == 200
        return
    assert response.status_code == 401
    assert set(response.json()) == {"detail", "code"}


@pytest.mark.parametrize("user_id", ["abc", "", "1.5", None, [], {"a": 1}, "0192f0c1-2d3e-7000"])
def test_refresh_token_of_a_site_that_has_changed_its_keys__is_401(
    pair: dict[str, str], settings: Any, user_id: Any
) -> None:
    claims = claims_of(pair["refresh"]) | {"user_id": user_id, "jti": "another"}

    response = post(REFRESH, refresh=encode(claims, settings.SECRET_KEY))

    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"


@pytest.mark.parametrize("path", [REFRESH, BLACKLIST])
@pytest.mark.parametrize("expiry", [10**12, 10**20])
def test_refresh_token_that_expires_beyond_the_calendar__is_401(
    pair: dict[str, str], settings: Any, path: str, expiry: int
) -> None:
    claims = claims_of(pair["refresh"]) | {"exp": expiry, "jti": "another"}

    assert post(path, refresh=encode(claims, settings.SECRET_KEY)).status_code == 401


@pytest.mark.parametrize("path", [REFRESH, BLACKLIST])
@pytest.mark.parametrize("jti", ["x" * 400, "a\0b"])
def test_refresh_token_whose_id_fits_no_column__is_401_where_the_database_refuses_it(
    pair: dict[str, str], settings: Any, path: str, jti: str
) -> None:
    claims = claims_of(pair["refresh"]) | {"jti": jti}

    response = post(path, refresh=encode(claims, settings.SECRET_KEY))

    # SQLite takes text of any length and kind, MariaDB of any kind.
    taken = connection.vendor == "sqlite" or (connection.vendor == "mysql" and len(jti) < 256)
    assert response.status_code == (200 if taken else 401)


@pytest.mark.parametrize("size", [4097, 1_000_000])
def test_long_token__is_400(db: None, size: int) -> None:
    assert post(REFRESH, refresh="x" * size).status_code == 400


@pytest.mark.parametrize("gone", ["disabled", "deleted"])
def test_tokens_of_who_is_gone__are_401(user: Any, pair: dict[str, str], gone: str) -> None:
    if gone == "deleted":
        user.delete()
    else:
        get_user_model().objects.update(is_active=False)

    assert status_with(pair["access"]) == 401
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401
    # And stay so.
    get_user_model().objects.update(is_active=True)
    assert post(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_expired_refresh_token__is_401(user: Any) -> None:
    token = RefreshToken.for_user(user)
    token.set_exp(from_time=timezone.now() - timedelta(days=30))

    assert post(REFRESH, refresh=str(token)).status_code == 401


def test_expired_access_token__is_401(user: Any) -> None:
    token = AccessToken.for_user(user)
    token.set_exp(from_time=timezone.now() - timedelta(minutes=6))

    assert status_with(str(token)) == 401


@pytest.mark.parametrize("authorization", ["Bearer stale", "Token stale", "nonsense"])
def test_stale_credentials__do_not_break_the_calls_for_new_ones(
    user: Any, authorization: str
) -> None:
    client = Client(headers={"Authorization": authorization}, enforce_csrf_checks=True)
    client.force_login(user)
    credentials = {"email": user.email, "password": PASSWORD}

    got = client.post(TOKEN, credentials, content_type="application/json")
    refreshed = client.post(
        REFRESH, {"refresh": got.json()["refresh"]}, content_type="application/json"
    )
    ended = client.post(
        BLACKLIST, {"refresh": refreshed.json()["refresh"]}, content_type="application/json"
    )

    assert [got.status_code, refreshed.status_code, ended.status_code] == [200, 200, 200]


@pytest.mark.parametrize("path", [TOKEN, REFRESH, BLACKLIST])
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods__are_405(db: None, path: str, method: str) -> None:
    assert getattr(Client(), method)(path).status_code == 405


@pytest.mark.parametrize("claim", ["abc", [1], {"a": 1}, "\0", "\ud800", 10**40])
def test_access_token_of_a_site_that_has_changed_its_keys__is_401(user, claim) -> None:
    token = AccessToken.for_user(user)
    token["user_id"] = claim

    assert status_with(str(token)) == 401


@pytest.mark.parametrize("moment", [10**30, 1e308])
def test_access_token_that_expires_beyond_the_calendar__is_401(user, moment) -> None:
    token = AccessToken.for_user(user)
    token["exp"] = moment

    assert status_with(str(token)) == 401
