"""Limits on login, registration, changes of passwords, and uploads."""

import time
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from rest_framework.throttling import AnonRateThrottle

from org_files.rest.throttles import DEFAULT_RATES, ScopedThrottle
from org_files.testing.factories import join, make_organization, make_user
from org_files.testing.threads import at_once
from tests.accounts import clients as api
from tests.accounts.clients import PASSWORD, call, pair_for
from tests.rest.requests import post_file, signed_in


@pytest.fixture(autouse=True)
def timer(monkeypatch):
    """A clock that a test moves."""
    timer = SimpleNamespace(seconds=1_800_000_000.25)
    monkeypatch.setattr(ScopedThrottle, "timer", staticmethod(lambda: timer.seconds))
    cache.clear()
    yield timer
    cache.clear()


def limit(settings, rates, **framework):
    changes = {"DEFAULT_THROTTLE_RATES": rates, **framework}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | changes


def log_in(client=None, path=api.LOGIN, **headers):
    body = '{"email": "ada@example.com", "password": "wrong"}'
    client = client or Client()
    return client.post(path, body, content_type="application/json", headers=headers)


def register(client):
    number = get_user_model().objects.count()
    return call(api.REGISTER, by=client, email=f"new{number}@example.com", password=PASSWORD)


def change_password(client):
    return call(api.CHANGE_PASSWORD, by=client, old_password="wrong", new_password="x")


#: A call of each scope, and its status below the limit.
SCOPED = {
    "login": (log_in, 400),
    "registration": (register, 201),
    "password": (change_password, 400),
    "upload": (post_file, 201),
}


@pytest.fixture
def member(db):
    user = make_user(password=PASSWORD)
    join(make_organization(), user)
    return user


@pytest.mark.parametrize("scope", SCOPED)
def test_call_above_the_limit__is_429_until_the_time_is_over(settings, member, timer, scope):
    limit(settings, {f"org_files_{scope}": "2/min"})
    ask, allowed = SCOPED[scope]
    client = signed_in(member)

    answers = [ask(client) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [allowed] * 2 + [429]
    assert answers[2].json()["code"] == "throttled"
    assert set(answers[2].json()) == {"detail", "code"}
    wait = int(answers[2].headers["Retry-After"])
    assert 1 <= wait <= 60
    timer.seconds += wait - 1
    assert ask(client).status_code == 429
    timer.seconds += 1
    assert ask(client).status_code == allowed


def test_scopes__are_counted_apart_and_switched_off_by_none(settings, member):
    limit(settings, dict.fromkeys(DEFAULT_RATES, "1/day") | {"org_files_registration": None})
    client = signed_in(member)

    for name, (ask, allowed) in SCOPED.items():
        assert ask(client).status_code == allowed
        assert ask(client).status_code == (allowed if name == "registration" else 429)


def test_scope_that_the_site_does_not_name__has_a_default(settings):
    limit(settings, {"anon": "1/day"})

    for scope, rate in DEFAULT_RATES.items():
        throttle = ScopedThrottle(scope)
        assert throttle.rate == rate
        assert 10 <= throttle.num_requests / throttle.duration * 60 <= 1000


def test_session_login_and_tokens__are_counted_together(settings, user):
    limit(settings, {"org_files_login": "2/min"})

    right = call(api.LOGIN, email=user.email, password=PASSWORD)
    statuses = [log_in(path=path).status_code for path in (api.TOKEN, api.LOGIN, api.TOKEN)]

    assert [right.status_code, *statuses] == [200, 401, 429, 429]


def test_refused_login__hashes_nothing(settings, user, monkeypatch):
    limit(settings, {"org_files_login": "0/min"})
    monkeypatch.setattr(get_user_model(), "check_password", None)
    monkeypatch.setattr(get_user_model(), "set_password", None)

    for email in (user.email, "nobody@example.com"):
        assert call(api.LOGIN, email=email, password=PASSWORD).status_code == 429


def test_rotation_and_reading__have_no_limit_of_ours(settings, member):
    pair = pair_for(member)
    limit(settings, dict.fromkeys(DEFAULT_RATES, "0/day") | {"org_files_refused": None})
    client = signed_in(member)

    assert call(api.REFRESH, refresh=pair["refresh"]).status_code == 200
    for path in (api.ME, "/api/users/", "/api/files/"):
        assert client.get(path).status_code == 200
    # A call that is refused for another reason is not counted.
    assert call(api.CHANGE_PASSWORD).status_code == 401


@pytest.mark.django_db
def test_anonymous_client__is_counted_by_the_address_that_proxies_saw(settings):
    rates = {"org_files_login": "1/min", "org_files_registration": "1/min"}
    limit(settings, rates, NUM_PROXIES=1)

    def via_proxy(address, claimed):
        return log_in(**{"X-Forwarded-For": f"{claimed}, {address}"}).status_code

    # The client sends the addresses further in front.
    statuses = [via_proxy("203.0.113.9", f"198.51.100.{n}") for n in range(2)]
    assert [*statuses, via_proxy("203.0.113.10", "198.51.100.0")] == [400, 429, 400]
    limit(settings, rates, NUM_PROXIES=None)
    forged = [log_in(**{"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(2)]
    assert forged == [400, 429]
    clients = [Client(REMOTE_ADDR=address) for address in ("203.0.113.9", "2001:db8::1")]
    assert [register(client).status_code for client in (*clients, *clients)] == [201, 201, 429, 429]


@pytest.mark.parametrize("scope", ["password", "upload"])
def test_user__is_counted_at_every_address(settings, member, scope):
    limit(settings, {f"org_files_{scope}": "1/min"})
    ask, allowed = SCOPED[scope]
    other = make_user(password=PASSWORD)
    join(make_organization(), other)

    here, there = signed_in(member), signed_in(member, REMOTE_ADDR="203.0.113.9")

    assert [ask(client).status_code for client in (here, there)] == [allowed, 429]
    assert ask(signed_in(other)).status_code == allowed


@pytest.mark.django_db(transaction=True)
def test_concurrent_calls__are_counted_exactly(settings, monkeypatch):
    limit(settings, {"org_files_login": "5/min"})
    get = LocMemCache.get

    def get_slowly(*args, **options):
        # As from a server: to read, change and write back would lose counts.
        value = get(*args, **options)
        time.sleep(0.02)
        return value

    monkeypatch.setattr(LocMemCache, "get", get_slowly)

    statuses = [response.status_code for response in at_once([log_in] * 8)]

    assert (statuses.count(400), statuses.count(429)) == (5, 3)


class OneADay(AnonRateThrottle):
    """A limit of the site's own."""

    rate = "1/day"


@pytest.mark.django_db
def test_limit_of_the_site__holds_beside_ours(settings):
    limit(settings, {}, DEFAULT_THROTTLE_CLASSES=[f"{__name__}.OneADay"])

    assert [log_in().status_code for _ in range(2)] == [400, 429]


@pytest.mark.django_db
def test_cache_that_stores_nothing__refuses_no_calls(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    limit(settings, {"org_files_login": "1/min"})

    assert {log_in().status_code for _ in range(3)} == {400}
