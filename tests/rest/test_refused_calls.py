"""The limit on refused calls of one address, and that nothing else is counted or stopped."""

from collections import Counter

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.links import token_of
from org_files.rest.throttles import ScopedThrottle
from org_files.testing.factories import make_link
from org_files.testing.threads import at_once
from tests.rest.passwords import PASSWORD, knock, opened
from tests.rest.requests import bearer, code_of, signed_in
from tests.rest.shares import WRONG, answer_of, ask, fetch
from tests.servers.process import free_port

UNKNOWN = f"/api/shared/{WRONG}/"
HERE = "192.0.2.1"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def passed(monkeypatch):
    """Seconds that have passed, in a list."""
    seconds = [1_800_000_000.25]
    monkeypatch.setattr(ScopedThrottle, "timer", staticmethod(lambda: seconds[0]))
    return seconds


@pytest.fixture(autouse=True)
def limit(settings):
    """Set the rate, which is the default at first."""

    def limit(**rates):
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}

    limit()
    return lambda rate: limit(org_files_refused=rate)


def get(path="/api/files/", *, address=HERE, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(REMOTE_ADDR=address).get(path, headers=names)


def post(path, **body):
    return Client(REMOTE_ADDR=HERE).post(path, body, content_type="application/json")


#: Calls that are refused, and how.
REFUSED = {
    "no credentials": (get, 401),
    "bad token": (lambda: get(Authorization="Bearer nonsense"), 401),
    "bad ticket": (lambda: get(f"/api/files/{WRONG}/content/?ticket=nonsense"), 401),
    "wrong password": (lambda: post("/api/token/", email="a@example.com", password="x"), 401),
    "unknown link": (lambda: get(UNKNOWN), 404),
    "password of an unknown link": (lambda: post(UNKNOWN, password="x"), 404),
}


@pytest.mark.parametrize(("call", "status"), REFUSED.values(), ids=REFUSED)
def test_refused_call_beyond_the_limit__is_429(passed, limit, call, status):
    limit("2/min")
    assert get().status_code == 401
    assert call().status_code == status

    answer = call()

    assert code_of(answer) == (429, "throttled")
    assert "WWW-Authenticate" not in answer.headers
    wait = int(answer.headers["Retry-After"])
    assert 1 <= wait <= 60
    passed[0] += wait
    assert call().status_code == status


def test_limit__is_60_in_a_minute_by_default_and_none_where_the_rate_is_none(limit):
    assert Counter(get().status_code for _ in range(61)) == {401: 60, 429: 1}
    limit(None)
    assert get().status_code == 401


def test_call_that_succeeds_or_fails_otherwise__is_neither_counted_nor_stopped(
    user, file, link, limit
):
    locked = make_link(link.file, password=PASSWORD)
    over = make_link(link.file, expires_at=timezone.now())
    user.set_password(PASSWORD)
    user.save()
    ticket = signed_in(user).post(f"/api/files/{file.public_id}/ticket/").json()["url"]
    limit("1/min")

    def call_otherwise():
        assert get(**bearer(user)).status_code == 200
        assert b"".join(get(ticket.removeprefix("http://testserver")))
        assert fetch(link, address=HERE)[0] == 200
        assert fetch(opened(knock(locked, address=HERE)), address=HERE)[0] == 200
        pair = post("/api/token/", email=user.email, password=PASSWORD).json()
        assert post("/api/token/refresh/", refresh=pair["refresh"]).status_code == 200
        token = str(RefreshToken.for_user(user))
        assert post("/api/token/blacklist/", refresh=token).status_code == 200
        # Refusals for other reasons.
        assert get(f"/api/files/{WRONG}/", **bearer(user)).status_code == 404
        assert post("/api/auth/login/", email=user.email, password="wrong").status_code == 400
        assert get("/api/files/?x=1&x=2").status_code == 400

    for _ in range(2):  # of unknown links the second is 429
        assert ask(over, address=HERE).status_code == 404
    call_otherwise()
    assert [get().status_code, get().status_code] == [401, 429]
    call_otherwise()


def test_token_of_a_link_that_is_over__is_answered_as_an_unknown_one(link, limit):
    limit("2/min")
    over = make_link(link.file, expires_at=timezone.now())
    locked = make_link(link.file, password=PASSWORD, revoked_at=timezone.now())

    for method in ("GET", "HEAD", "POST", "GET"):
        dead = [ask(each, method=method, body="{}") for each in (over, locked)]
        # Last, as it alone counts.
        unknown = ask(UNKNOWN, method=method, body="{}")
        assert answer_of(dead[0]) == answer_of(dead[1]) == answer_of(unknown)
    assert unknown.status_code == 429
    accepts = {"method": "POST", "Accept": "text/html"}
    assert answer_of(ask(over, **accepts)) == answer_of(ask(UNKNOWN, **accepts))
    assert token_of(over) not in unknown.content.decode()


def test_form_of_a_password__is_shown_with_the_429_and_takes_the_right_one(link, limit):
    limit("1/min")
    locked = make_link(link.file, password=PASSWORD)
    assert ask(locked).status_code == 401

    page = ask(locked, Accept="text/html")

    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "<form" in page.content.decode()
    assert "throttled" in page.content.decode()
    assert knock(locked).status_code == 303


def test_refused_calls__are_counted_by_address(limit):
    limit("2/min")

    for address in ("192.0.2.7", "2001:db8:0:1::1", "2001:db8:0:2::1"):
        assert [get(address=address).status_code for _ in range(3)] == [401, 401, 429]
    # All of one client.
    assert get(address="2001:db8:0:1:ffff::2").status_code == 429
    assert get(address="::ffff:192.0.2.7").status_code == 429
    assert get(address="192.0.2.7", X_Forwarded_For="203.0.113.1").status_code == 429


@pytest.mark.django_db(transaction=True)
def test_refused_calls_at_once__are_counted_exactly(limit):
    limit("20/min")

    statuses = at_once([lambda: get().status_code] * 32)

    assert Counter(statuses) == {401: 20, 429: 12}


def test_cache_that_is_down__leaves_a_refusal_as_it_is(settings, limit):
    limit("1/min")
    backend = "django.core.cache.backends.redis.RedisCache"
    location = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": location}}
    with pytest.raises(Exception, match="connect"):
        cache.get("x")

    for call, status in (REFUSED["no credentials"], REFUSED["unknown link"]) * 2:
        assert call().status_code == status
