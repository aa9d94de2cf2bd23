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


def fail_before(link: ShareLink, failed: int, **options: str) -> None:
    """Send one wrong password, and let it be the last of so many."""
    fail(link, 1, **options)
    PasswordAttempts.objects.filter(link=link.pk, failed=1).update(failed=failed)


def test_link_with_a_password__is_401_with_a_challenge(locked: ShareLink) -> None:
    assert ask(locked, method="HEAD").status_code == 401
    response = ask(locked)
    assert (response.status_code, response.json()["code"]) == (401, "password_required")
    assert response.headers["WWW-Authenticate"]
    assert not response.headers["WWW-Authenticate"].startswith("Basic")
    assert check_password(PASSWORD, locked.password)


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
    assert send(Client(), url(locked), closed(part("password", PASSWORD))).status_code == 303


def test_wrong_password__is_403(locked: ShareLink) -> None:
    for password in (PASSWORD.strip(), PASSWORD.upper(), "x" * 128):
        response = knock(locked, password)
        assert (response.status_code, response.json()["code"]) == (403, "password_wrong")


def test_body_without_a_password__is_400_and_no_try(locked: ShareLink) -> None:
    with mock.patch("org_files.links.passwords.check_password") as check:
        for body in ("{}", '{"password": ""}', '{"password": null}', "[]", "null", "{"):
            assert ask(locked, method="POST", body=body).status_code == 400
        for password in ("x" * 129, "x" * 1_000_000, "a\0b"):
            assert knock(locked, password).status_code == 400
    assert not check.called
    assert not PasswordAttempts.objects.exists()


def test_password_in_the_url__opens_nothing(locked: ShareLink) -> None:
    other = signing.TimestampSigner().sign(str(locked.public_id))
    for query in ({"password": PASSWORD}, {"access": ""}, {"access": "x:y:z"}, {"access": other}):
        assert ask(locked, query=f"?{urlencode(query)}").status_code == 401


def test_requester_who_began__may_enter_the_password_again_of_a_link_that_is_used_up(
    locked: ShareLink,
) -> None:
    ShareLink.objects.update(max_downloads=1)
    path = opened(knock(locked))
    assert fetch(path) == (200, CONTENT)
    later = timezone.now().timestamp() + 90

    with mock.patch("django.core.signing.time.time", return_value=later):
        assert ask(path, Range="bytes=50-").status_code == 401
        again = opened(knock(locked))
        assert fetch(again, Range="bytes=50-") == (206, CONTENT[50:])
        assert fetch(again)[0] == 404
        assert knock(locked, address=ELSEWHERE).status_code == 404
        assert ask(again, Range="bytes=50-", User_Agent="another").status_code == 404
    assert used(locked) == 1


def test_file_in_the_body__is_refused_and_written_nowhere(
    link: ShareLink, locked: ShareLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(ReceivedFile, "write", lambda self, data: written.append(data))
    body = closed(part("password", PASSWORD), part("file", b"x" * 100_000, "a.txt"))

    response = send(Client(), url(locked), body)

    assert (response.status_code, response.json()["code"]) == (400, "unexpected_file")
    # A link without a password leads on, and nothing of the body is read.
    answer = send(Client(), url(link), body)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://testserver{url(link)}"
    assert not written


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


def test_signed_url__lives_a_minute_and_ends_with_the_link(locked: ShareLink) -> None:
    path = opened(knock(locked))
    now = timezone.now().timestamp()

    with mock.patch("django.core.signing.time.time", return_value=now + 58):
        assert fetch(path)[0] == 200
    with mock.patch("django.core.signing.time.time", return_value=now + 62):
        assert ask(path).status_code == 401
    ShareLink.objects.filter(pk=locked.pk).update(revoked_at=timezone.now())
    assert fetch(path)[0] == 404


def test_signed_url__is_of_that_link_alone(locked: ShareLink) -> None:
    query = "?" + opened(knock(locked)).partition("?")[2]
    other = make_link(locked.file, password=PASSWORD)

    assert ask(other, query=query).status_code == 401
    assert ask(locked, query=query[:-1]).status_code == 401
    assert ask(f"/api/files/{locked.file.public_id}/content/", query=query).status_code == 401


def test_ten_wrong_ones_in_an_hour__are_429_from_then_on(locked: ShareLink) -> None:
    path = opened(knock(locked))
    fail(locked, 10)

    for password in ("wrong", PASSWORD):
        response = knock(locked, password)
        assert (response.status_code, response.json()["code"]) == (429, "throttled")
        assert 3590 <= int(response.headers["Retry-After"]) <= 3600
    # Neither for another address or link, nor with a password that was entered before.
    assert knock(locked, address=ELSEWHERE).status_code == 303
    assert knock(make_link(locked.file, password=PASSWORD)).status_code == 303
    assert fetch(path) == (200, CONTENT)

    PasswordAttempts.objects.update(began_at=timezone.now() - timedelta(minutes=30))
    response = knock(locked)
    assert response.status_code == 429
    assert 1790 <= int(response.headers["Retry-After"]) <= 1800
    PasswordAttempts.objects.update(began_at=timezone.now() - timedelta(minutes=60))
    fail_before(locked, 10)
    assert knock(locked).status_code == 429


def test_right_password__takes_none_of_the_tries(locked: ShareLink) -> None:
    fail_before(locked, 9)
    for _ in range(2):
        assert knock(locked).status_code == 303

    fail(locked, 1)
    assert knock(locked).status_code == 429


def test_addresses_of_one_network__are_one(locked: ShareLink) -> None:
    fail_before(locked, 9, address="2001:db8:0:1::1")
    fail(locked, 1, address="2001:db8:0:1::2")

    assert knock(locked, address="2001:db8:0:1:ffff::1").status_code == 429
    assert knock(locked, address="2001:db8:0:2::1").status_code == 303
    # The same address, as a socket of both families has it.
    fail_before(locked, 10)
    assert knock(locked, address=f"::ffff:{GUEST}").status_code == 429


def test_forwarded_addresses__are_those_of_proxies_the_site_has(
    locked: ShareLink, settings: Any
) -> None:
    fail_before(locked, 10, X_Forwarded_For="192.0.2.1")
    assert knock(locked, X_Forwarded_For="192.0.2.99").status_code == 429

    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert knock(locked, X_Forwarded_For="192.0.2.99").status_code == 303
    assert knock(locked, X_Forwarded_For=f"192.0.2.99, {GUEST}").status_code == 429
