"""The page of a share link that asks for its password: for who says Accept: text/html."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from org_files.models import PasswordAttempts, ShareLink
from org_files.testing.factories import make_link
from tests.rest.contents import CONTENT
from tests.rest.passwords import PASSWORD, fail, knock, opened
from tests.rest.shares import FORM, answer_of, ask, fetch

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture
def locked(link: ShareLink) -> ShareLink:
    """A link with a password."""
    return make_link(link.file, password=PASSWORD)


def page_of(response: Any, status: int) -> str:
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


def test_page__asks_for_the_password_and_says_nothing_of_the_file(locked: ShareLink) -> None:
    response = ask(locked, Accept=HTML)

    text = page_of(response, 401)
    assert response.headers["WWW-Authenticate"]
    assert 'role="alert"' not in text
    for secret in (locked.file.name, locked.label or "Acme", str(locked.file.public_id)):
        assert secret not in text


def test_wrong_password__is_said_on_the_page(locked: ShareLink) -> None:
    body = urlencode({"password": "<script>wrong"})
    response = ask(locked, method="POST", body=body, content_type=FORM, Accept=HTML)

    text = page_of(response, 403)
    assert "The password is wrong." in text
    assert "script" not in text


def test_too_many__are_said_on_the_page(locked: ShareLink) -> None:
    fail(locked, 1)
    PasswordAttempts.objects.update(failed=10)

    response = knock(locked, Accept=HTML)

    assert "Too many wrong passwords" in page_of(response, 429)
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("body", ["password=", "", "other=x"])
def test_form_without_a_password__is_shown_again_with_what_is_missing(
    locked: ShareLink, body: str
) -> None:
    response = ask(locked, method="POST", body=body, content_type=FORM, Accept=HTML)

    text = page_of(response, 400)
    assert 'role="alert"' in text
    assert ("may not be blank" if body == "password=" else "is required") in text


def test_form_that_cannot_be_read__is_shown_again(locked: ShareLink) -> None:
    for body in ("{", "[]"):
        text = page_of(ask(locked, method="POST", body=body, Accept=HTML), 400)
        assert 'role="alert"' in text


def test_other_400__is_no_page(link: ShareLink) -> None:
    response = ask(link, query="?disposition=other", Accept=HTML)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/json"


def test_form__leads_to_the_bytes(locked: ShareLink) -> None:
    body = urlencode({"password": PASSWORD})
    answer = ask(locked, method="POST", body=body, content_type=FORM, Accept=HTML)

    assert fetch(opened(answer), Accept=HTML) == (200, CONTENT)


def test_link_that_is_over__is_no_page(locked: ShareLink) -> None:
    ShareLink.objects.update(revoked_at=timezone.now())

    for method in ("GET", "POST"):
        as_browser = answer_of(ask(locked, method=method, Accept=HTML))
        assert as_browser == answer_of(ask(locked, method=method))
        assert as_browser[0] == 404
