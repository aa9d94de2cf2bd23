"""The JSON of a file and of an organization, and files that expire."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from org_files import counters
from org_files.models import Role
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import (
    join,
    make_file,
    make_organization,
    make_stored_file,
    make_user,
)
from tests.organizations.calls import caller
from tests.rest.requests import MISSING_ID


def test_two_memberships_and_roles__list_a_file_once(client, user, organization):
    other = make_organization()
    join(other, user, Role.ADMIN)
    files = [make_file(organization, user), make_file(other, is_public=True)]

    body = client.get("/api/files/").json()

    assert body["count"] == 2
    assert {row["id"] for row in body["results"]} == {str(file.public_id) for file in files}


def test_organization__is_shown_with_its_totals(client, organization, user):
    now = timezone.now()
    file = make_file(organization, user)
    make_file(organization, content=b"x" * 100, deleted_at=now)
    make_file(organization, content=b"x" * 1000, expires_at=now - timedelta(seconds=1))
    for _ in range(3):
        counters.record_download(file=file, user=user)

    body = client.get(f"/api/organizations/{organization.pk}/").json()

    assert body == {
        "id": organization.pk,
        "name": "Acme",
        "description": "",
        "tier": None,
        "download_count": 3,
        "file_count": 1,
        # What is in the trash takes room.
        "bytes_stored": file.size + 1100,
        "created_at": organization.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert client.get("/api/organizations/").json()["results"] == [body]


def test_file__is_shown_in_utc_and_without_an_owner_who_is_gone(client, organization, settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DATETIME_FORMAT": "%d.%m.%Y"}
    owner = make_user("gone")
    file = make_file(organization, owner)
    owner.delete()

    body = client.get(f"/api/files/{file.public_id}/").json()

    assert body["owner"] is None
    assert body["created_at"].endswith("Z")
    shown = datetime.fromisoformat(body["created_at"])
    assert abs(datetime.now(UTC) - shown) < timedelta(minutes=1)


@pytest.fixture
def clock():
    """The time, which stands still."""
    with stopped_clock() as clock:
        yield clock


@pytest.fixture
def expiring(clock, organization, user):
    """A file that is over in a minute."""
    end = clock.now() + timedelta(minutes=1)
    linked = {"resource": "project", "resource_id": "7", "is_public": True}
    return make_stored_file(organization, user, name="soon over.txt", expires_at=end, **linked)


def test_file__is_seen_up_to_the_moment_and_not_from_it_on(clock, expiring, user, operator):
    path = f"files/{expiring.public_id}/"
    organization = f"organizations/{expiring.organization_id}/"
    lists = ("files/?is_public=true", f"{organization}files/", "resources/project/7/files/")
    owner, operator = caller(user), caller(operator)
    clock.advance(seconds=59.999999)
    assert owner.get(path).status == 200
    for url in lists:
        assert owner.get(url).body["count"] == 1, url
    tag = owner.client.head(f"/api/{path}content/").headers["ETag"]

    clock.advance(microseconds=1)

    for url in (*lists, "files/?trashed=true"):
        assert owner.get(url).body["count"] == 0, url
    for method, url in (
        ("GET", path),
        ("PATCH", path),
        ("DELETE", f"{path}?permanent=true"),
        ("POST", f"{path}restore/"),
        ("GET", f"{path}content/"),
    ):
        answer = owner.send(method, url)
        missing = owner.send(method, url.replace(str(expiring.public_id), MISSING_ID))
        assert (answer.status, answer.content) == (404, missing.content), (method, url)
    headers = {"If-None-Match": tag}
    assert owner.client.get(f"/api/{path}content/", headers=headers).status_code == 404
    assert owner.delete("resources/project/7/files/").body == {"deleted": 0}
    assert operator.get(organization).body["file_count"] == 0
    expiring.refresh_from_db()
    assert expiring.deleted_at is None
