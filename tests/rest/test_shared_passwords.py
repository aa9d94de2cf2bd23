"""POST shared/{token}/: passwords of share links, and how often they may be tried."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.auth.hashers import check_password
from django.core import signing
from django.utils import timezone

from org_files.models import PasswordAttempts, ShareLink
from org_files.testing.factories import make_link
from tests.rest.contents import CONTENT
from tests.rest.shares import FORM, GUEST, answer_of, ask, fetch, url, used

ELSEWHERE = "192.0.2.1"

PASSWORD = " пароль & more "


@pytest.fixture
def locked(link: ShareLink) -> ShareLink:
    """A link with a password."""
    return make_link(link.file, password=PASSWORD)


def knock(link: ShareLink, password: str = PASSWORD, **options: str) -> Any:
    body = json.dumps({"password": password})
    return ask(link, method="POST", body=body, **options)


def fail(link: ShareLink, times: int, **options: str) -> None:
    for _ in range(times):
        assert knock(link, "wrong", **options).status_code == 403


def opened(answer: Any) -> str:
    """Return the path and query that a right password leads to."""
    assert answer.status_code == 303, answer.content
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def test_link_with_a_password__is_401_with_a_challenge(locked: ShareLink) -> None:
    for method in ("GET", "HEAD"):
        response = ask(locked, method=method)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"]
        assert not response.headers["WWW-Authenticate"].startswith("Basic")
    assert ask(locked).json()["code"] == "password_required"


def test_right_password__leads_to_the_bytes(locked: ShareLink) -> None:
    answer = knock(locked)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"http://testserver{url(locked)}?access=")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert PASSWORD.strip() not in answer.headers["Location"]
    assert fetch(opened(answer)) == (200, CONTENT)
    assert fetch(opened(answer), Range="bytes=10-") == (206, CONTENT[10:])
    assert used(locked) == 1


def test_password__comes_as_a_form_too(locked: ShareLink) -> None:
    body = urlencode({"password": PASSWORD})

    answer = ask(locked, method="POST", body=body, content_type=FORM)

    assert fetch(opened(answer)) == (200, CONTENT)


@pytest.mark.parametrize("password", ["wrong", PASSWORD.strip(), PASSWORD.upper(), "x" * 128])
def test_wrong_password__is_403(locked: ShareLink, password: str) -> None:
    response = knock(locked, password)

    assert (response.status_code, response.json()["code"]) == (403, "password_wrong")
    assert ask(locked).status_code == 401


@pytest.mark.parametrize(
    "body", ["{}", '{"password": ""}', '{"password": null}', "[]", "null", "{"]
)
def test_body_without_a_password__is_400_and_no_try(locked: ShareLink, body: str) -> None:
    for _ in range(11):
        assert ask(locked, method="POST", body=body).status_code == 400
    assert knock(locked).status_code == 303


@pytest.mark.parametrize("password", ["x" * 129, "x" * 1_000_000, "a\0b"])
def test_password_that_no_link_has__is_400_and_is_not_hashed(
    locked: ShareLink, password: str
) -> None:
    with mock.patch("org_files.links.passwords.check_password") as check:
        assert knock(locked, password).status_code == 400
    assert not check.called


@pytest.mark.parametrize(
    "query", [urlencode({"password": PASSWORD}), "access=", "access=x", "access=x:y:z"]
)
def test_password_in_the_url__opens_nothing(locked: ShareLink, query: str) -> None:
    assert ask(locked, query=f"?{query}").status_code == 401


def test_link_without_a_password__is_led_to_whatever_is_sent(link: ShareLink) -> None:
    for body in ('{"password": "x"}', "", "{"):
        answer = ask(link, method="POST", body=body)
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"http://testserver{url(link)}"


def test_signed_url__lives_a_minute(locked: ShareLink) -> None:
    path = opened(knock(locked))
    now = timezone.now().timestamp()

    with mock.patch("django.core.signing.time.time", return_value=now + 58):
        assert fetch(path)[0] == 200
    with mock.patch("django.core.signing.time.time", return_value=now + 62):
        assert ask(path).status_code == 401


def test_signed_url__is_of_that_link_alone(locked: ShareLink) -> None:
    query = "?" + opened(knock(locked)).partition("?")[2]
    other = make_link(locked.file, password=PASSWORD)

    assert ask(other, query=query).status_code == 401
    assert ask(locked, query=query[:-1]).status_code == 401
    assert ask(f"/api/files/{locked.file.public_id}/content/", query=query).status_code == 401


def test_signature_for_something_else__opens_nothing(locked: ShareLink) -> None:
    forged = signing.TimestampSigner().sign(str(locked.public_id))

    assert ask(locked, query=f"?{urlencode({'access': forged})}").status_code == 401


def test_signed_url__ends_with_the_link(locked: ShareLink) -> None:
    path = opened(knock(locked))
    ShareLink.objects.filter(pk=locked.pk).update(revoked_at=timezone.now())

    assert fetch(path)[0] == 404


def test_ten_wrong_ones__are_429_from_then_on_also_for_the_right_one(locked: ShareLink) -> None:
    fail(locked, 10)

    for password in ("wrong", PASSWORD):
        response = knock(locked, password)
        assert (response.status_code, response.json()["code"]) == (429, "throttled")
        assert 3590 <= int(response.headers["Retry-After"]) <= 3600


def test_limit__is_of_one_address(locked: ShareLink) -> None:
    fail(locked, 10)

    assert knock(locked, address=ELSEWHERE).status_code == 303
    fail(locked, 10, address=ELSEWHERE)
    assert knock(locked, address=ELSEWHERE).status_code == 429


def test_limit__is_of_one_link(locked: ShareLink) -> None:
    other = make_link(locked.file, password=PASSWORD)
    fail(locked, 10)

    fail(other, 9)
    assert knock(other).status_code == 303
    assert knock(locked).status_code == 429


def test_addresses_of_one_network__are_one(locked: ShareLink) -> None:
    for number in range(10):
        fail(locked, 1, address=f"2001:db8:0:1::{number:x}")

    assert knock(locked, address="2001:db8:0:1:ffff::1").status_code == 429
    assert knock(locked, address="2001:db8:0:2::1").status_code == 303
    # The same address, as a socket of both families has it.
    fail(locked, 10)
    assert knock(locked, address=f"::ffff:{GUEST}").status_code == 429


def test_forwarded_addresses__are_those_of_proxies_the_site_has(
    locked: ShareLink, settings: Any
) -> None:
    for number in range(10):
        fail(locked, 1, X_Forwarded_For=f"192.0.2.{number}")
    assert knock(locked, X_Forwarded_For="192.0.2.99").status_code == 429

    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert knock(locked, X_Forwarded_For="192.0.2.99").status_code == 303


def test_right_password__takes_none_of_the_tries(locked: ShareLink) -> None:
    fail(locked, 9)
    for _ in range(12):
        assert knock(locked).status_code == 303

    fail(locked, 1)
    assert knock(locked).status_code == 429


def test_after_an_hour__there_are_ten_again(locked: ShareLink) -> None:
    fail(locked, 10)
    PasswordAttempts.objects.update(began_at=timezone.now() - timedelta(minutes=30))
    response = knock(locked)
    assert response.status_code == 429
    assert 1790 <= int(response.headers["Retry-After"]) <= 1800

    PasswordAttempts.objects.update(began_at=timezone.now() - timedelta(minutes=60))

    fail(locked, 10)
    assert knock(locked).status_code == 429


def test_signed_url__is_good_though_the_address_failed_since(locked: ShareLink) -> None:
    path = opened(knock(locked))
    fail(locked, 10)

    assert fetch(path) == (200, CONTENT)


def test_password__is_stored_as_a_hash(locked: ShareLink) -> None:
    assert PASSWORD.strip() not in locked.password
    assert check_password(PASSWORD, locked.password)


class TestBrowser:
    """Who says Accept: text/html is shown a page."""

    HTML = "text/html,application/xhtml+xml,*/*;q=0.8"

    def page(self, response: Any, status: int) -> str:
        assert response.status_code == status
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"
        text: str = response.content.decode()
        assert '<form method="post">' in text
        assert 'type="password"' in text
        return text

    def test_page__asks_for_the_password_and_says_nothing_of_the_file(
        self, locked: ShareLink
    ) -> None:
        response = ask(locked, Accept=self.HTML)

        text = self.page(response, 401)
        assert response.headers["WWW-Authenticate"]
        assert 'role="alert"' not in text
        for secret in (locked.file.name, locked.label or "Acme", str(locked.file.public_id)):
            assert secret not in text

    def test_wrong_password__is_said_on_the_page(self, locked: ShareLink) -> None:
        body = urlencode({"password": "<script>wrong"})
        response = ask(locked, method="POST", body=body, content_type=FORM, Accept=self.HTML)

        text = self.page(response, 403)
        assert "The password is wrong." in text
        assert "script" not in text

    def test_too_many__are_said_on_the_page(self, locked: ShareLink) -> None:
        fail(locked, 10)

        response = knock(locked, Accept=self.HTML)

        assert "Too many wrong passwords" in self.page(response, 429)
        assert int(response.headers["Retry-After"]) > 0

    def test_form__leads_to_the_bytes(self, locked: ShareLink) -> None:
        body = urlencode({"password": PASSWORD})
        answer = ask(locked, method="POST", body=body, content_type=FORM, Accept=self.HTML)

        assert fetch(opened(answer), Accept=self.HTML) == (200, CONTENT)

    def test_link_that_is_over__is_no_page(self, locked: ShareLink) -> None:
        ShareLink.objects.update(revoked_at=timezone.now())

        for method in ("GET", "POST"):
            as_browser = answer_of(ask(locked, method=method, Accept=self.HTML))
            assert as_browser == answer_of(ask(locked, method=method))
            assert as_browser[0] == 404
