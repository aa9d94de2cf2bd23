"""Passwords of share links, how often they may be tried, and the page that asks for one."""

from datetime import timedelta
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from org_files.models import PasswordAttempts, ShareLink
from org_files.rest.multipart import ReceivedFile
from org_files.testing.factories import make_link
from tests.rest.contents import CONTENT
from tests.rest.passwords import PASSWORD, fail, knock, opened
from tests.rest.requests import closed, part, send
from tests.rest.shares import FORM, ask, fetch, url, used

ELSEWHERE = "192.0.2.1"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture
def locked(link):
    """A link with a password."""
    return make_link(link.file, password=PASSWORD)


def fail_before(link, failed, **options):
    """Send one wrong password, and let it be the last of so many."""
    fail(link, 1, **options)
    PasswordAttempts.objects.filter(link=link.pk, failed=1).update(failed=failed)


def at(seconds):
    """Return a context in which the signing clock is so many seconds ahead."""
    now = timezone.now().timestamp()
    return mock.patch("django.core.signing.time.time", return_value=now + seconds)


def test_password__is_asked_for_and_leads_to_the_bytes(locked):
    assert ask(locked, method="HEAD").status_code == 401
    response = ask(locked)
    assert (response.status_code, response.json()["code"]) == (401, "password_required")
    assert not response.headers["WWW-Authenticate"].startswith("Basic")

    answer = knock(locked)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"http://testserver{url(locked)}?access=")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert PASSWORD.strip() not in answer.headers["Location"]
    assert fetch(opened(answer)) == (200, CONTENT)
    assert fetch(opened(answer), Range="bytes=10-") == (206, CONTENT[10:])
    assert used(locked) == 1
    # As browsers send a form.
    body = urlencode({"password": PASSWORD})
    answer = ask(locked, method="POST", body=body, content_type=FORM, Accept=HTML)
    assert fetch(opened(answer), Accept=HTML) == (200, CONTENT)
    assert send(Client(), url(locked), closed(part("password", PASSWORD))).status_code == 303


def test_long_password__is_right_in_any_form_of_unicode(locked):
    for given, typed in (("\u1ec7" * 128, "e\u0323\u0302" * 128), ("\ufb03" * 42, "ffi" * 42)):
        assert knock(make_link(locked.file, password=given), typed).status_code == 303


def test_body_without_a_password__is_400_and_no_try(locked):
    with mock.patch("org_files.links.passwords.check_password") as check:
        for body in ("{}", '{"password": ""}', '{"password": null}', "[]"):
            assert ask(locked, method="POST", body=body).status_code == 400
        assert knock(locked, "x" * 129).status_code == 400
    assert not check.called
    assert not PasswordAttempts.objects.exists()


def test_requester_who_began__may_enter_the_password_again_of_a_link_that_is_used_up(locked):
    ShareLink.objects.update(max_downloads=1)
    path = opened(knock(locked))
    assert fetch(path) == (200, CONTENT)

    with at(90):
        assert ask(path, Range="bytes=50-").status_code == 401
        again = opened(knock(locked))
        assert fetch(again, Range="bytes=50-") == (206, CONTENT[50:])
        assert fetch(again)[0] == 404
        assert knock(locked, address=ELSEWHERE).status_code == 404
        assert ask(again, Range="bytes=50-", User_Agent="another").status_code == 404
    assert used(locked) == 1


def test_file_in_the_body__is_refused_and_written_nowhere(link, locked, monkeypatch):
    written = []
    monkeypatch.setattr(ReceivedFile, "write", lambda self, data: written.append(data))
    body = closed(part("password", PASSWORD), part("file", b"x" * 100_000, "a.txt"))

    response = send(Client(), url(locked), body)

    assert (response.status_code, response.json()["code"]) == (400, "unexpected_file")
    # A link without a password leads on, and nothing of the body is read.
    answer = send(Client(), url(link), body)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://testserver{url(link)}"
    assert not written


def test_signed_url__lives_a_minute_and_is_of_that_link_alone(locked):
    path = opened(knock(locked))
    query = "?" + path.partition("?")[2]
    unsigned = signing.TimestampSigner().sign(str(locked.public_id))

    for link, wrong in (
        (make_link(locked.file, password=PASSWORD), query),
        (locked, query[:-1]),
        (locked, f"?{urlencode({'access': unsigned})}"),
        (locked, "?access="),
        (locked, f"?{urlencode({'password': PASSWORD})}"),
        (f"/api/files/{locked.file.public_id}/content/", query),
    ):
        assert ask(link, query=wrong).status_code == 401, wrong
    with at(58):
        assert fetch(path)[0] == 200
    with at(62):
        assert ask(path).status_code == 401
    ShareLink.objects.filter(pk=locked.pk).update(revoked_at=timezone.now())
    assert fetch(path)[0] == 404


def test_ten_wrong_ones_in_an_hour__are_429_from_then_on(locked):
    path = opened(knock(locked))
    for password in (PASSWORD.strip(), PASSWORD.upper(), "x" * 128):
        response = knock(locked, password)
        assert (response.status_code, response.json()["code"]) == (403, "password_wrong")
    PasswordAttempts.objects.filter(failed=3).update(failed=9)
    fail(locked, 1)

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
    assert 1790 <= int(response.headers["Retry-After"]) <= 1800
    PasswordAttempts.objects.update(began_at=timezone.now() - timedelta(minutes=60))
    # A new hour, in which right passwords take none of the tries.
    fail_before(locked, 9)
    assert knock(locked).status_code == knock(locked).status_code == 303
    fail(locked, 1)
    assert knock(locked).status_code == 429


def test_addresses_of_one_network__are_one(locked):
    fail_before(locked, 9, address="2001:db8:0:1::1")
    fail(locked, 1, address="2001:db8:0:1::2")

    assert knock(locked, address="2001:db8:0:1:ffff::1").status_code == 429
    assert knock(locked, address="2001:db8:0:2::1").status_code == 303


# The page, for clients that accept text/html


def page_of(response, status):
    """Return the text of a page, without a mark of an error where there is none."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    text = response.content.decode()
    assert '<form method="post">' in text
    assert 'type="password"' in text
    assert ('role="alert"' in text) is (status != 401)
    return text


def test_page__asks_for_the_password_and_says_what_is_wrong_but_nothing_of_the_file(locked):
    response = ask(locked, Accept=HTML)
    text = page_of(response, 401)
    assert response.headers["WWW-Authenticate"]
    for secret in (locked.file.name, "Acme", str(locked.file.public_id)):
        assert secret not in text

    for body, status, said in (
        (urlencode({"password": "<script>wrong"}), 403, "The password is wrong."),
        ("password=", 400, "may not be blank"),
        ("other=x", 400, "is required"),
    ):
        response = ask(locked, method="POST", body=body, content_type=FORM, Accept=HTML)
        text = page_of(response, status)
        assert said in text
        assert "script" not in text
    page_of(ask(locked, method="POST", body="{", Accept=HTML), 400)
    PasswordAttempts.objects.update(failed=10)
    response = knock(locked, Accept=HTML)
    assert "Too many wrong passwords" in page_of(response, 429)
    assert int(response.headers["Retry-After"]) > 0


def test_answer_that_asks_for_no_password__is_no_page(link, locked):
    ShareLink.objects.filter(pk=locked.pk).update(revoked_at=timezone.now())

    for response, status in (
        (ask(link, query="?disposition=other", Accept=HTML), 400),
        (knock(locked, Accept=HTML), 404),
    ):
        assert response.status_code == status
        assert response.headers["Content-Type"] == "application/json"
