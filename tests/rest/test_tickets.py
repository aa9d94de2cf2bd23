"""POST files/{id}/ticket/, and what the URL that it gives opens."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from org_files import counters
from org_files.eventlog.masking import MaskSecrets
from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Download,
    Membership,
    RangeGrant,
    Role,
)
from org_files.rest.tickets import SALT, new_ticket
from org_files.testing.factories import make_file, make_stored_file, make_user
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID, signed_in
from tests.rest.shares import ask
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


def test_ticket__is_a_url_and_its_end(client: Client, file: AbstractFile) -> None:
    before = timezone.now()

    response = order(client, file)

    body = response.json()
    assert response.status_code == 200
    assert body.keys() == {"url", "expires_at"}
    assert body["url"].startswith(f"http://testserver/api/files/{file.public_id}/content/?ticket=")
    end = datetime.fromisoformat(body["expires_at"])
    assert before + timedelta(seconds=300) <= end <= timezone.now() + timedelta(seconds=300)


def test_ticket__opens_the_file_without_a_login(ticket: str, user: Any, file: AbstractFile) -> None:
    response = ask(ticket)

    assert (response.status_code, response.body) == (200, CONTENT)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "private" in response.headers["Cache-Control"]
    row = Download.objects.get()
    assert (row.user_id, row.file_id, row.link_id) == (user.pk, file.pk, None)


def test_parts_by_ticket__are_one_download_of_the_user(ticket: str) -> None:
    for start in (0, 10, 50):
        response = ask(ticket, Range=f"bytes={start}-{start + 9}")
        assert (response.status_code, response.body) == (206, CONTENT[start : start + 10])

    assert Download.objects.count() == 1
    assert ask(ticket).status_code == 200
    assert Download.objects.count() == 2
    assert counters.verify().findings == []


def test_head_and_conditions_by_ticket__are_no_download(ticket: str) -> None:
    assert ask(ticket, method="HEAD").status_code == 200
    assert ask(ticket, If_None_Match="*").status_code == 304
    assert ask(ticket, Range="bytes=999-").status_code == 416

    assert not Download.objects.exists()
    assert not RangeGrant.objects.exists()


def test_disposition__may_be_added(ticket: str) -> None:
    for disposition in ("attachment", "inline"):
        response = ask(f"{ticket}&disposition={disposition}")
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].startswith(disposition)


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer stale"}, {"Cookie": "sessionid=x"}])
def test_other_credentials__change_nothing(ticket: str, headers: dict[str, str]) -> None:
    assert ask(ticket, **headers).status_code == 200


def test_ticket__is_used_as_often_as_wanted_until_its_end(ticket: str) -> None:
    now = timezone.now().timestamp()

    with mock.patch("django.core.signing.time.time", return_value=now + 298):
        assert [ask(ticket).status_code for _ in range(3)] == [200] * 3
    with mock.patch("django.core.signing.time.time", return_value=now + 302):
        response = ask(ticket)
    assert response.status_code == 401
    assert response.json()["code"] == "authentication_failed"
    assert response.headers["WWW-Authenticate"]


def test_seconds__are_those_of_the_setting(
    client: Client, file: AbstractFile, settings: Any
) -> None:
    settings.ORG_FILES = {"TICKET_SECONDS": 30}
    parts = urlsplit(order(client, file).json()["url"])
    now = timezone.now().timestamp()

    with mock.patch("django.core.signing.time.time", return_value=now + 32):
        assert ask(f"{parts.path}?{parts.query}").status_code == 401


def test_ticket__is_of_one_file(
    ticket: str, organization: AbstractOrganization, user: Any, file: AbstractFile
) -> None:
    other = make_stored_file(organization, user, content=CONTENT)

    assert ask(f"/api/files/{other.public_id}/content/", query=query_of(ticket)).status_code == 401
    assert ask(f"/api/files/{MISSING_ID}/content/", query=query_of(ticket)).status_code == 401
    assert ask(f"/api/files/{file.pk}/content/", query=query_of(ticket)).status_code == 401


@pytest.mark.parametrize("height", [1, 200, "200"])
def test_ticket_for_a_height__does_not_open_the_original(
    ticket: str, user: Any, file: AbstractFile, height: Any
) -> None:
    key, id, none, stamp = signing.loads(parse_qs(query_of(ticket)[1:])["ticket"][0], salt=SALT)
    assert none is None
    other = signing.dumps([key, id, height, stamp], salt=SALT)

    path = f"/api/files/{file.public_id}/content/"

    assert ask(f"{path}?{urlencode({'ticket': other})}").status_code == 401


@pytest.mark.parametrize("height", [0, -1, "abc", "\uff12\uff10\uff10", 1.5, True, 2**31, []])
def test_height_that_is_none__is_400(client: Client, file: AbstractFile, height: Any) -> None:
    response = order(client, file, height=height)

    assert response.status_code == 400
    assert list(response.json()) == ["height"]


def test_height_of_what_is_no_picture__is_400(client: Client, organization: Any) -> None:
    response = order(client, make_stored_file(organization), height=200)

    assert response.status_code == 400
    assert response.json() == {"height": ["This file is no picture."]}


def test_credentials_of_the_requester__do_not_make_up_for_a_wrong_ticket(
    client: Client, file: AbstractFile
) -> None:
    assert client.get(f"/api/files/{file.public_id}/content/?ticket=x").status_code == 401


def test_file_that_one_does_not_see__gets_no_ticket(stranger: Any, file: AbstractFile) -> None:
    client = signed_in(stranger)
    gone = make_file(deleted_at=timezone.now())

    answers = [order(client, file), order(client, gone)]
    answers += [
        client.post(f"/api/files/{id}/ticket/", {}, content_type="application/json")
        for id in (MISSING_ID, "abc")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_who_reads_only__gets_tickets_too(
    organization: AbstractOrganization, file: AbstractFile
) -> None:
    viewer = make_user("viewer")
    Membership.objects.create(user=viewer, organization=organization, role=Role.VIEWER)

    parts = urlsplit(order(signed_in(viewer), file).json()["url"])

    assert ask(f"{parts.path}?{parts.query}").body == CONTENT
    assert Download.objects.get().user_id == viewer.pk


def test_ticket__needs_a_login_and_post(client: Client, file: AbstractFile) -> None:
    assert order(Client(), file).status_code == 401
    assert client.get(f"/api/files/{file.public_id}/ticket/").status_code == 405


def test_ticket_of_another_user__differs_and_opens_by_their_rights(
    admin: Any, user: Any, file: AbstractFile
) -> None:
    queries = {new_ticket(user=each, file=file, height=None)[0] for each in (admin, user)}

    assert len(queries) == 2
    for query in queries:
        assert ask(f"/api/files/{file.public_id}/content/?{query}").status_code == 200
    assert set(Download.objects.values_list("user", flat=True)) == {admin.pk, user.pk}


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
