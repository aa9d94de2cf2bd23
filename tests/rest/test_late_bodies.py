"""Bodies that take their time: what holds is what holds when they are there."""

import json
from io import BytesIO

import pytest
from django.test import Client
from django.utils import timezone

from org_files import get_file_model
from org_files.files import purge_file, trash_file
from org_files.http import draining
from org_files.links import revoke_link, token_of
from org_files.models import Membership, Role, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from tests.matrix.table import CALLS
from tests.rest.requests import MISSING_ID, UPLOAD, browser_of, code_of, post_file, send, signed_in

JSON = "application/json"


class LateStream(BytesIO):
    """A connection whose body arrives once ``meanwhile`` has happened."""

    def __init__(self, body, meanwhile):
        super().__init__(body)
        self.meanwhile = meanwhile

    def read(self, size=-1):
        self.meanwhile()
        return super().read(size)


def send_late(client, method, path, body, meanwhile=lambda: None):
    """Send headers; then ``meanwhile`` happens; then the body arrives."""
    stream = LateStream(json.dumps(body).encode(), meanwhile)
    return send(client, f"/api/{path}", method=method, content_type=JSON, stream=stream)


@pytest.fixture
def mine(organization, user):
    """A file of the member's own, with its bytes."""
    return make_stored_file(organization, user, name="mine.txt", content=b"mine")


def row_of(file):
    return get_file_model()._base_manager.filter(pk=file.pk).first()


def expire(file):
    get_file_model()._base_manager.filter(pk=file.pk).update(expires_at=timezone.now())


def leave(file):
    """Remove the members of the file's organization."""
    Membership.objects.filter(organization=file.organization_id).delete()


def trash(file):
    trash_file(file=file)


def purge(file):
    purge_file(file=file)


CHANGE = ("PATCH", "", {"comment": "New."})
LINK = ("POST", "links/", {"expires_in": 600})


@pytest.mark.parametrize(
    ("end", "method", "path", "body"),
    [(expire, *LINK), (trash, *CHANGE), (purge, *CHANGE), (leave, *CHANGE), (leave, *LINK)],
)
def test_file_that_is_gone_when_the_body_arrives__is_404(mine, client, method, path, body, end):
    expected = send_late(client, method, f"files/{MISSING_ID}/{path}", body)

    path = f"files/{mine.public_id}/{path}"
    response = send_late(client, method, path, body, lambda: end(mine))

    assert (response.status_code, response.content) == (404, expected.content)
    left = row_of(mine)
    assert left is None or (left.comment, left.deleted_at is None) == ("", end is not trash)
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("end", [purge, leave])
def test_file_in_the_trash_that_is_gone_when_the_body_arrives__is_not_restored(mine, client, end):
    trash(mine)

    response = send_late(client, "POST", f"files/{mine.public_id}/restore/", {}, lambda: end(mine))

    assert response.status_code == 404
    left = row_of(mine)
    assert left is None or left.deleted_at is not None


def test_rights_that_are_gone_when_the_body_arrives__are_403(organization, admin, user, mine):
    members = f"organizations/{organization.pk}/members/"
    admins = Membership.objects.filter(user=admin)
    for method, path, body in [
        ("PATCH", f"files/{mine.public_id}/", {"comment": "New."}),
        ("PATCH", f"organizations/{organization.pk}/", {"description": "New."}),
        ("POST", members, {"user": "1", "role": "viewer"}),
        ("PATCH", f"{members}{user.pk}/", {"role": "admin"}),
    ]:
        admins.update(role=Role.ADMIN)

        def demote():
            admins.update(role=Role.VIEWER)

        response = send_late(signed_in(admin), method, path, body, demote)

        assert response.status_code == 403, (method, path)
    assert row_of(mine).comment == ""
    assert Membership.objects.get(user=user).role == Role.MEMBER


def test_share_link_that_ends_before_its_password_arrives__is_404(user):
    missing = send_late(Client(), "POST", "shared/nonsense/", {})
    for password in ("heron-lamp-42", "another"):
        link = make_link(password="heron-lamp-42")

        def revoke(link=link):
            revoke_link(link=link)

        path = f"shared/{token_of(link)}/"
        response = send_late(Client(), "POST", path, {"password": password}, revoke)

        assert (response.status_code, response.content) == (404, missing.content)


#: Calls of the matrix that take a body and the id of a file.
TAKING_BODIES = [
    call
    for call in CALLS
    if call.method in ("POST", "PATCH", "PUT", "DELETE")
    and "{file}" in call.path
    and "?" not in call.path
]


def test_body_that_cannot_be_read__says_nothing_of_files_or_links(mine, client):
    def send_broken(client, path, method="POST"):
        return send(client, f"/api/{path}", b"{", content_type=JSON, method=method)

    for call in TAKING_BODIES:
        seen, missing = (
            send_broken(client, call.path.format(file=id), call.method)
            for id in (mine.public_id, MISSING_ID)
        )
        assert (seen.status_code, seen.content) == (400, missing.content), call
    assert row_of(mine).deleted_at is None
    token = token_of(make_link(mine, password="heron-lamp-42"))
    assert code_of(send_broken(Client(), f"shared/{token}/")) == (400, "parse_error")
    assert code_of(send_broken(Client(), "shared/nonsense/")) == (404, "not_found")


def test_body_of_a_request_that_is_refused__is_not_read(settings, client, user, mine, monkeypatch):
    # Only drained, once the answer is sent.
    monkeypatch.setattr(draining, "MAX_BYTES", 0)
    read = []
    path = f"files/{mine.public_id}/"
    refused = send_late(browser_of(user), "PATCH", path, {}, lambda: read.append(path))
    assert refused.status_code == 403

    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"org_files_upload": "1/hour"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    assert post_file(client).status_code == 201
    stream = LateStream(b"--", lambda: read.append(UPLOAD))
    assert send(client, UPLOAD, stream=stream).status_code == 429
    assert read == []
