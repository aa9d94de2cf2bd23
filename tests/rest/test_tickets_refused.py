"""Where a ticket opens nothing, and what ends it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.test import Client
from django.utils import timezone

from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Download,
    Membership,
    Role,
)
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID, signed_in
from tests.rest.shares import answer_of, ask
from tests.rest.tickets import order, query_of


@pytest.fixture
def file(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the member's, which browsers may show."""
    return make_stored_file(
        organization, user, name="picture.png", content=CONTENT, content_type="image/png"
    )


@pytest.fixture
def ticket(client: Client, file: AbstractFile) -> str:
    """Path and query of what the ticket opens."""
    parts = urlsplit(order(client, file).json()["url"])
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize(
    "path",
    [
        "/api/files/{id}/",
        "/api/files/{id}/downloads/",
        "/api/files/{id}/links/",
        "/api/files/",
        "/api/links/",
        "/api/downloads/",
        "/api/users/me/",
        "/api/organizations/",
    ],
)
def test_ticket__is_accepted_nowhere_else(ticket: str, file: AbstractFile, path: str) -> None:
    response = ask(path.format(id=file.public_id), query=query_of(ticket))

    assert response.status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_ticket__reads_and_does_nothing_else(ticket: str, method: str) -> None:
    assert ask(ticket, method=method).status_code == 401
    for path in ("/api/files/", f"{ticket.partition('content/')[0]}ticket/"):
        assert ask(path, method="POST", query=query_of(ticket)).status_code == 401


def test_ticket_in_the_header__is_none(ticket: str, file: AbstractFile) -> None:
    value = parse_qs(query_of(ticket)[1:])["ticket"][0]
    path = f"/api/files/{file.public_id}/content/"

    for headers in ({"Authorization": f"Bearer {value}"}, {"Authorization": f"Token {value}"}):
        assert ask(path, **headers).status_code == 401


@pytest.mark.parametrize(
    "value", ["", "x", "a:b:c", "::", "\0", "é", "%FF", "x" * 8000, "null", "W10:1:x"]
)
def test_odd_ticket__is_401(file: AbstractFile, value: str) -> None:
    response = ask(f"/api/files/{file.public_id}/content/?{urlencode({'ticket': value})}")

    assert response.status_code == 401


def test_ticket_that_is_changed__is_401(ticket: str) -> None:
    for changed in (ticket[:-1], ticket.swapcase().replace("/API/", "/api/"), ticket + "A"):
        assert ask(changed).status_code in (401, 404)
    assert ask(ticket[:-1]).status_code == 401


def test_signature_for_something_else__is_no_ticket(user: Any, file: AbstractFile) -> None:
    forged = signing.dumps([str(user.pk), str(file.public_id), None, ""], salt="another")

    path = f"/api/files/{file.public_id}/content/"

    assert ask(f"{path}?{urlencode({'ticket': forged})}").status_code == 401


def test_disabled_user__is_401(ticket: str, user: Any) -> None:
    user.is_active = False
    user.save()

    assert ask(ticket).status_code == 401


def test_deleted_user__is_401(ticket: str, user: Any) -> None:
    user.delete()

    assert ask(ticket).status_code == 401


def test_new_password__ends_tickets(ticket: str, user: Any) -> None:
    user.password = make_password("correct horse battery staple")
    user.save()

    assert ask(ticket).status_code == 401


def test_right_that_is_lost__is_404(ticket: str, user: Any) -> None:
    membership = Membership.objects.filter(user=user)
    membership.update(role=Role.VIEWER)
    assert ask(ticket).status_code == 200

    membership.delete()

    for method in ("GET", "HEAD"):
        assert ask(ticket, method=method).status_code == 404
    assert ask(ticket, Range="bytes=0-9").status_code == 404
    assert Download.objects.count() == 1


@pytest.mark.parametrize("column", ["deleted_at", "expires_at"])
def test_file_that_is_gone__is_404(ticket: str, file: AbstractFile, column: str) -> None:
    type(file).objects.update(**{column: timezone.now()})

    assert ask(ticket).status_code == 404


def test_key_of_the_site_that_is_another_now__ends_tickets(ticket: str, settings: Any) -> None:
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"

    assert ask(ticket).status_code == 401


def test_fallback_key__keeps_tickets_until_it_goes(ticket: str, settings: Any) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"
    settings.SECRET_KEY_FALLBACKS = ["one-that-is-older-yet-and-has-thirty-two-bytes", old]
    assert (ask(ticket).status_code, ask(ticket).body) == (200, CONTENT)

    settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY_FALLBACKS[:1]
    assert ask(ticket).status_code == 401


def test_new_password__ends_tickets_of_a_fallback_key_too(
    ticket: str, user: Any, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"
    user.password = make_password("correct horse battery staple")
    user.save()

    assert ask(ticket).status_code == 401


def test_refused_ticket__is_not_told_to_other_sites(
    client: Client, user: Any, file: AbstractFile, ticket: str
) -> None:
    by_login = signed_in(user).get(f"/api/files/{file.public_id}/content/?disposition=other")
    answers = [
        ask(f"/api/files/{file.public_id}/content/?ticket=x"),
        ask(f"/api/files/{file.public_id}/renditions/200/?ticket=x"),
        ask(f"/api/files/{MISSING_ID}/content/?ticket=x"),
        ask(ticket, method="PUT"),
        ask(f"{ticket}&disposition=other"),
        by_login,
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 400, 400]
    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"no-referrer"}


def test_refusals__are_alike(ticket: str, file: AbstractFile, user: Any) -> None:
    path = f"/api/files/{file.public_id}/content/?ticket=x"
    expected = answer_of(ask(path))

    user.is_active = False
    user.save()

    assert answer_of(ask(ticket)) == expected
