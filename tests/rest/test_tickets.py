"""POST files/{id}/ticket/, and what the URL opens that it answers with."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.test import Client
from django.utils import timezone

from org_files import counters
from org_files.eventlog.masking import MaskSecrets
from org_files.models import AbstractFile, AbstractOrganization, Download, Membership, Role
from org_files.rest.tickets import SALT, new_ticket
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID
from tests.rest.shares import answer_of, ask
from tests.rest.tickets import order, query_of


@pytest.fixture
def file(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the member's, which browsers may show."""
    return make_stored_file(
        organization, user, name="picture.png", content=CONTENT, content_type="image/png"
    )


@pytest.fixture
def ticket(user: Any, file: AbstractFile) -> str:
    """Path and query that the ticket opens."""
    query, _until = new_ticket(user=user, file=file, height=None)
    return f"/api/files/{file.public_id}/content/?{query}"


def test_ticket__is_a_url_and_its_end(client: Client, file: AbstractFile) -> None:
    before = timezone.now()

    response = order(client, file)

    body = response.json()
    assert response.status_code == 200
    assert body.keys() == {"url", "expires_at"}
    assert body["url"].startswith(f"http://testserver/api/files/{file.public_id}/content/?ticket=")
    end = datetime.fromisoformat(body["expires_at"])
    assert before + timedelta(seconds=300) <= end <= timezone.now() + timedelta(seconds=300)
    parts = urlsplit(body["url"])
    assert ask(f"{parts.path}?{parts.query}").body == CONTENT


def test_ticket__counts_for_its_user_as_a_login_does(
    ticket: str, user: Any, file: AbstractFile
) -> None:
    for start in (0, 10, 50):
        response = ask(ticket, Range=f"bytes={start}-{start + 9}")
        assert (response.status_code, response.body) == (206, CONTENT[start : start + 10])
    assert ask(ticket, method="HEAD").status_code == 200
    assert ask(ticket, If_None_Match="*").status_code == 304
    row = Download.objects.get()
    assert (row.user_id, row.file_id, row.link_id) == (user.pk, file.pk, None)

    response = ask(ticket, Authorization="Bearer stale", Cookie="sessionid=x")

    assert (response.status_code, response.body) == (200, CONTENT)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "private" in response.headers["Cache-Control"]
    assert Download.objects.count() == 2
    assert counters.verify().findings == []


def test_disposition__may_be_added(ticket: str) -> None:
    for disposition in ("attachment", "inline"):
        response = ask(f"{ticket}&disposition={disposition}")
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].startswith(disposition)


@pytest.mark.parametrize("seconds", [300, 30])
def test_ticket__opens_until_its_end(ticket: str, settings: Any, seconds: int) -> None:
    settings.ORG_FILES = {"TICKET_SECONDS": seconds}
    now = timezone.now().timestamp()

    with mock.patch("django.core.signing.time.time", return_value=now + seconds - 2):
        assert [ask(ticket).status_code for _ in range(2)] == [200] * 2
    with mock.patch("django.core.signing.time.time", return_value=now + seconds + 2):
        response = ask(ticket)
    assert response.status_code == 401
    assert response.json()["code"] == "authentication_failed"
    assert response.headers["WWW-Authenticate"]


def test_ticket__is_of_one_file(
    ticket: str, organization: AbstractOrganization, user: Any, file: AbstractFile
) -> None:
    other = make_stored_file(organization, user, content=CONTENT)

    for id in (other.public_id, MISSING_ID, file.pk):
        assert ask(f"/api/files/{id}/content/", query=query_of(ticket)).status_code == 401


@pytest.mark.parametrize("height", [1, 200, "200"])
def test_ticket_for_a_height__does_not_open_the_original(
    ticket: str, file: AbstractFile, height: Any
) -> None:
    key, id, none, stamp = signing.loads(parse_qs(query_of(ticket)[1:])["ticket"][0], salt=SALT)
    assert none is None
    other = signing.dumps([key, id, height, stamp], salt=SALT)

    path = f"/api/files/{file.public_id}/content/"

    assert ask(f"{path}?{urlencode({'ticket': other})}").status_code == 401


@pytest.mark.parametrize("height", [0, "abc", 1.5, True, 2**31, []])
def test_height_that_is_none__is_400(client: Client, file: AbstractFile, height: Any) -> None:
    response = order(client, file, height=height)

    assert response.status_code == 400
    assert list(response.json()) == ["height"]


def test_height_of_a_file_that_is_no_picture__is_400(client: Client, organization: Any) -> None:
    response = order(client, make_stored_file(organization), height=200)

    assert response.status_code == 400
    assert response.json() == {"height": ["This file is no picture."]}


def test_ticket__is_not_logged(ticket: str, user: Any, caplog: pytest.LogCaptureFixture) -> None:
    value = query_of(ticket).partition("=")[2]
    caplog.handler.addFilter(MaskSecrets())
    user.is_active = False
    user.save()

    with caplog.at_level(logging.DEBUG):
        ask(ticket)
        ask(ticket, method="POST")
        logging.getLogger("example").info('"GET %s HTTP/1.1" 200', ticket)

    assert '/content/?ticket=*** HTTP/1.1" 200' in caplog.text
    assert value not in caplog.text


# What a ticket doesn't open, and what ends it.


def test_ticket__is_accepted_nowhere_else(client: Client, ticket: str, file: AbstractFile) -> None:
    for path in (f"/api/files/{file.public_id}/", "/api/files/", "/api/users/me/"):
        assert ask(path, query=query_of(ticket)).status_code == 401
    for method in ("POST", "DELETE", "OPTIONS"):
        assert ask(ticket, method=method).status_code == 401
    value = parse_qs(query_of(ticket)[1:])["ticket"][0]
    path = f"/api/files/{file.public_id}/content/"
    assert ask(path, Authorization=f"Bearer {value}").status_code == 401
    # A login doesn't make up for a wrong ticket.
    assert client.get(f"{path}?ticket=x").status_code == 401


def test_odd_ticket__is_401_like_any_other(user: Any, ticket: str, file: AbstractFile) -> None:
    path = f"/api/files/{file.public_id}/content/"
    expected = answer_of(ask(f"{path}?ticket=x"))
    forged = signing.dumps([str(user.pk), str(file.public_id), None, ""], salt="another")
    right = query_of(ticket).partition("=")[2]
    odd = ("", "::", "\0", "é", "x" * 8000, "W10:1:x", forged, right[:-1], f"{right}A")

    for value in odd:
        assert answer_of(ask(f"{path}?{urlencode({'ticket': value})}")) == expected
    user.is_active = False
    user.save()
    assert answer_of(ask(ticket)) == expected
    assert expected[0] == 401


def test_deleted_user__is_401(ticket: str, user: Any) -> None:
    user.delete()

    assert ask(ticket).status_code == 401


def test_right_that_is_lost__is_404(ticket: str, user: Any, file: AbstractFile) -> None:
    membership = Membership.objects.filter(user=user)
    membership.update(role=Role.VIEWER)
    assert ask(ticket).status_code == 200

    membership.delete()

    assert ask(ticket, method="HEAD").status_code == 404
    assert ask(ticket, Range="bytes=0-9").status_code == 404
    assert Download.objects.count() == 1


def test_new_password__ends_tickets_also_of_a_fallback_key(
    ticket: str, user: Any, settings: Any
) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"
    assert ask(ticket).status_code == 401
    settings.SECRET_KEY_FALLBACKS = ["one-that-is-older-yet-and-has-thirty-two-bytes", old]
    assert (ask(ticket).status_code, ask(ticket).body) == (200, CONTENT)

    user.password = make_password("correct horse battery staple")
    user.save()

    assert ask(ticket).status_code == 401
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, []
    assert ask(ticket).status_code == 401


def test_refused_ticket__is_kept_from_other_sites(ticket: str, file: AbstractFile) -> None:
    for answer, status in (
        (ask(f"/api/files/{file.public_id}/content/?ticket=x"), 401),
        (ask(f"/api/files/{file.public_id}/renditions/200/?ticket=x"), 401),
        (ask(ticket, method="PUT"), 401),
        (ask(f"{ticket}&disposition=other"), 400),
    ):
        assert answer.status_code == status
        assert answer.headers["Referrer-Policy"] == "no-referrer"
