"""Bodies that take their time: what holds is what holds when they are there."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from org_files import get_file_model
from org_files.files import purge_file, trash_file
from org_files.links import revoke_link, token_of
from org_files.models import AbstractFile, AbstractOrganization, Membership, Role, ShareLink
from org_files.testing.factories import make_file, make_link, make_stored_file
from tests.matrix.table import CALLS
from tests.organizations.calls import caller
from tests.rest.requests import (
    MISSING_ID,
    MULTIPART,
    UPLOAD,
    browser_of,
    closed,
    part,
    send,
    signed_in,
)

JSON = "application/json"


class LateStream(BytesIO):
    """A connection whose body arrives once ``meanwhile`` has happened."""

    def __init__(self, body: bytes, meanwhile: Callable[[], Any]) -> None:
        super().__init__(body)
        self.meanwhile = meanwhile

    def read(self, size: int | None = -1) -> bytes:
        self.meanwhile()
        return super().read(size)


def send_late(
    client: Client, method: str, path: str, body: Any, meanwhile: Callable[[], Any]
) -> Any:
    """Send headers; then ``meanwhile`` happens; then the body arrives."""
    content = json.dumps(body).encode()
    stream = LateStream(content, meanwhile)
    return client.generic(
        method,
        f"/api/{path}",
        b"",
        content_type=JSON,
        CONTENT_TYPE=JSON,
        CONTENT_LENGTH=str(len(content)),
        **{"wsgi.input": stream},
    )


@pytest.fixture
def mine(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the member's own, with its bytes."""
    return make_stored_file(organization, user, name="mine.txt", content=b"mine")


def row_of(file: AbstractFile) -> Any:
    return get_file_model()._base_manager.filter(pk=file.pk).first()


def expire(file: AbstractFile) -> None:
    get_file_model()._base_manager.filter(pk=file.pk).update(expires_at=timezone.now())


def leave(file: AbstractFile) -> None:
    """Take everybody out of the file's organization."""
    Membership.objects.filter(organization=file.organization_id).delete()


ENDS = [expire, lambda file: trash_file(file=file), lambda file: purge_file(file=file), leave]
ENDS_IDS = ["expired", "trashed", "removed", "left"]


@pytest.mark.parametrize("end", ENDS, ids=ENDS_IDS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "files/{id}/", {"comment": "New."}),
        ("POST", "files/{id}/links/", {"expires_in": 600}),
    ],
)
def test_file_that_is_gone_when_the_body_arrives__is_404(
    mine: AbstractFile,
    client: Client,
    method: str,
    path: str,
    body: Any,
    end: Callable[[AbstractFile], None],
) -> None:
    missing = caller(None)
    missing.client = client
    expected = missing.send(method, path.format(id=MISSING_ID), body)

    response = send_late(client, method, path.format(id=mine.public_id), body, lambda: end(mine))

    assert (response.status_code, response.content) == (404, expected.content)
    left = row_of(mine)
    assert left is None or (left.comment, left.deleted_at is None) == ("", end is not ENDS[1])
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("end", [expire, ENDS[2], leave], ids=["expired", "removed", "left"])
def test_file_in_the_trash_that_is_gone_when_the_body_arrives__is_not_restored(
    mine: AbstractFile, client: Client, end: Callable[[AbstractFile], None]
) -> None:
    trash_file(file=mine)

    response = send_late(client, "POST", f"files/{mine.public_id}/restore/", {}, lambda: end(mine))

    assert response.status_code == 404
    left = row_of(mine)
    assert left is None or left.deleted_at is not None


def test_rights_that_are_gone_when_the_body_arrives__are_403(
    organization: AbstractOrganization, admin: Any, user: Any
) -> None:
    file = make_file(organization, user)

    def demote() -> None:
        Membership.objects.filter(user=admin).update(role=Role.VIEWER)

    for method, path, body in [
        ("PATCH", f"files/{file.public_id}/", {"comment": "New."}),
        ("PATCH", f"organizations/{organization.pk}/", {"description": "New."}),
        ("POST", f"organizations/{organization.pk}/members/", {"user": "1", "role": "viewer"}),
        ("PATCH", f"organizations/{organization.pk}/members/{user.pk}/", {"role": "admin"}),
    ]:
        Membership.objects.filter(user=admin).update(role=Role.ADMIN)
        response = send_late(signed_in(admin), method, path, body, demote)

        assert response.status_code == 403, (method, path)
    assert row_of(file).comment == ""
    assert Membership.objects.get(user=user).role == Role.MEMBER


def test_share_link_that_ends_before_its_password_arrives__is_404(user: Any) -> None:
    missing = send_late(Client(), "POST", "shared/nonsense/", {}, lambda: None)
    for password in ("heron-lamp-42", "another"):
        link = make_link(password="heron-lamp-42")

        def revoke(link: ShareLink = link) -> None:
            revoke_link(link=link)

        path = f"shared/{token_of(link)}/"
        response = send_late(Client(), "POST", path, {"password": password}, revoke)

        assert (response.status_code, response.content) == (404, missing.content)


#: Calls of the matrix that take a body and an id, by their method and the kind of path.
TAKING_BODIES = [
    call
    for call in CALLS
    if call.method in ("POST", "PATCH", "PUT", "DELETE")
    and "{file}" in call.path
    and "?" not in call.path
]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [(JSON, b"{", 400), (MULTIPART, part("a", "b"), 400), ("text/csv", b"a,b", 415)],
)
def test_body_that_cannot_be_read__says_nothing_of_files(
    mine: AbstractFile, client: Client, content_type: str, body: bytes, status: int
) -> None:
    for call in TAKING_BODIES:
        seen, missing = (
            send(
                client,
                f"/api/{call.path.format(file=id)}",
                body,
                content_type=content_type,
                method=call.method,
            )
            for id in (mine.public_id, MISSING_ID)
        )
        assert (seen.status_code, seen.content) == (status, missing.content), call
        assert missing.status_code == status
    assert row_of(mine).deleted_at is None


def test_token_that_opens_nothing__is_404_whatever_is_sent(user: Any) -> None:
    link = make_link(password="heron-lamp-42")
    wrong = Client().get("/api/shared/nonsense/")

    for body in (b"{", b"[]", b"{}"):
        response = send(Client(), "/api/shared/nonsense/", body, content_type=JSON)
        assert (response.status_code, response.content) == (404, wrong.content)

    broken = send(Client(), f"/api/shared/{token_of(link)}/", b"{", content_type=JSON)
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")


def fail() -> None:
    raise AssertionError("The body was read.")


def unread(client: Client, method: str, path: str, content_type: str = MULTIPART) -> Any:
    """Send a request whose body must not be read."""
    body = closed(part("file", b"some bytes", "a.txt"))
    return client.generic(
        method,
        path,
        b"",
        content_type=content_type,
        CONTENT_TYPE=content_type,
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": LateStream(body, fail)},
    )


def test_body_of_who_asks_too_often__is_not_read(
    settings: Any, client: Client, organization: AbstractOrganization
) -> None:
    rates = {**settings.REST_FRAMEWORK.get("DEFAULT_THROTTLE_RATES", {})}
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {**rates, "org_files_upload": "1/hour"},
    }
    cache.clear()
    assert send(client, UPLOAD, closed(part("file", b"A", "a.txt"))).status_code == 201

    assert unread(client, "POST", UPLOAD).status_code == 429


def test_session_without_its_token__has_no_json_read(user: Any, mine: AbstractFile) -> None:
    path = f"/api/files/{mine.public_id}/"

    assert unread(browser_of(user), "PATCH", path, JSON).status_code == 403
