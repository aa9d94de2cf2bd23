"""POST shared/{token}/: passwords of share links, and how often they may be tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import check_password
from django.core import signing
from django.test import Client
from django.utils import timezone

from org_files.links import passwords as link_passwords
from org_files.models import PasswordAttempts, ShareLink
from org_files.rest.multipart import ReceivedFile
from org_files.testing.factories import make_link
from tests.rest.contents import CONTENT
from tests.rest.passwords import PASSWORD, fail, knock, opened
from tests.rest.requests import closed, part, send
from tests.rest.shares import FORM, GUEST, WRONG, answer_of, ask, fetch, url, used

ELSEWHERE = "192.0.2.1"


@pytest.fixture
def locked(link: ShareLink) -> ShareLink:
    """A link with a password."""
    return make_link(link.file, password=PASSWORD)


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


def test_who_began__is_let_in_again_to_resume_from_a_link_that_is_used_up(
    locked: ShareLink,
) -> None:
    ShareLink.objects.update(max_downloads=1)
    path = opened(knock(locked))
    assert fetch(path) == (200, CONTENT)
    later = timezone.now().timestamp() + 90

    with mock.patch("django.core.signing.time.time", return_value=later):
        assert ask(path, Range="bytes=50-").status_code == 401
        assert knock(locked, "wrong").status_code == 403
        again = opened(knock(locked))
        assert fetch(again, Range="bytes=50-") == (206, CONTENT[50:])
        assert fetch(again)[0] == 404
        for elsewhere in ({"address": ELSEWHERE}, {"User_Agent": "another"}):
            assert knock(locked, **elsewhere).status_code == 404
            assert ask(again, Range="bytes=50-", **elsewhere).status_code == 404
    assert used(locked) == 1


def test_file_in_the_body__is_refused_and_written_nowhere(
    link: ShareLink, locked: ShareLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(ReceivedFile, "write", lambda self, data: written.append(data))
    body = closed(part("password", PASSWORD), part("file", b"x" * 100_000, "a.txt"))

    response = send(Client(), url(locked), body)

    assert (response.status_code, response.json()["code"]) == (400, "unexpected_file")
    # Where no password is asked for, nothing of the body is read.
    assert send(Client(), url(link), body).status_code == 303
    assert not written


def test_password__comes_in_a_multipart_form_too(locked: ShareLink) -> None:
    answer = send(Client(), url(locked), closed(part("password", PASSWORD)))

    assert fetch(opened(answer)) == (200, CONTENT)


@pytest.mark.django_db(transaction=True)
def test_link_that_is_removed_while_its_password_is_asked__is_404(
    locked: ShareLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = link_passwords._book

    def book_too_late(link: ShareLink, key: str) -> bool:
        ShareLink.objects.filter(pk=link.pk).delete()
        return book(link, key)

    monkeypatch.setattr(link_passwords, "_book", book_too_late)

    assert answer_of(knock(locked)) == answer_of(knock(f"/api/shared/{WRONG}/"))


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
