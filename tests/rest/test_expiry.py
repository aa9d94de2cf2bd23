"""A file that expires is gone at that moment, from everything, for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from org_files import counters
from org_files.models import AbstractFile, AbstractOrganization
from org_files.testing.clock import Clock, stopped_clock
from org_files.testing.factories import make_stored_file
from tests.organizations.calls import Caller, caller
from tests.rest.requests import MISSING_ID

POLICIES = ("OrganizationPolicy", "OwnerPolicy")


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The time, which stands still."""
    with stopped_clock() as clock:
        yield clock


@pytest.fixture
def expiring(clock: Clock, organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file that is over in a minute."""
    clock.advance(minutes=1)
    moment = clock.now()
    clock.advance(minutes=-1)
    return make_stored_file(
        organization,
        user,
        name="soon over.txt",
        is_public=True,
        expires_at=moment,
        resource="project",
        resource_id="7",
    )


@pytest.fixture
def people(user: Any, admin: Any, operator: Any, expiring: AbstractFile) -> list[Caller]:
    """The owner, an admin, an operator."""
    return [caller(user), caller(admin), caller(operator)]


def lists_of(file: AbstractFile, owner: Any) -> list[str]:
    return [
        "files/",
        "files/?is_public=true",
        f"files/?owner={owner.pk}",
        f"files/?organization={file.organization_id}",
        "files/?search=over",
        f"organizations/{file.organization_id}/files/",
        "resources/project/7/files/",
        f"resources/project/7/files/?owner={owner.pk}",
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_file__is_seen_up_to_the_moment_and_not_from_it_on(
    settings: Any,
    clock: Clock,
    expiring: AbstractFile,
    user: Any,
    people: list[Caller],
    policy: str,
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    path, id = f"files/{expiring.public_id}/", str(expiring.public_id)
    owner = people[0]
    clock.advance(seconds=59.999999)
    assert owner.get(path).status == 200
    for url in lists_of(expiring, user):
        assert owner.get(url).body["count"] == 1, url
    assert owner.client.get(f"/api/{path}content/").getvalue() == b"A report."
    counters.fold()

    clock.advance(microseconds=1)

    for who in people:
        for url in lists_of(expiring, user):
            assert who.get(url).body["count"] == 0, url
        for url in ("files/?trashed=true", "resources/project/7/files/?trashed=true"):
            assert who.get(url).body["count"] == 0, url
        for method, url in [
            ("GET", path),
            ("PATCH", path),
            ("DELETE", path),
            ("DELETE", f"{path}?permanent=true"),
            ("POST", f"{path}restore/"),
            ("GET", f"{path}content/"),
            ("HEAD", f"{path}content/"),
            ("GET", f"{path}downloads/"),
        ]:
            answer = who.send(method, url)
            missing = who.send(method, url.replace(id, MISSING_ID))
            assert (answer.status, answer.content) == (404, missing.content), (method, url)
        assert who.delete("resources/project/7/files/").body == {"deleted": 0}
    assert people[2].get(f"organizations/{expiring.organization_id}/").body["file_count"] == 0
    expiring.refresh_from_db()
    assert expiring.deleted_at is None


def test_conditional_and_partial_requests__are_404_too(
    clock: Clock, expiring: AbstractFile, people: list[Caller]
) -> None:
    url = f"/api/files/{expiring.public_id}/content/"
    tag = people[0].client.head(url).headers["ETag"]
    clock.advance(minutes=1)

    for headers in ({"If-None-Match": tag}, {"Range": "bytes=0-1"}, {"If-Match": tag}):
        assert people[0].client.get(url, headers=headers).status_code == 404


def test_file_in_the_trash__expires_there(
    clock: Clock, expiring: AbstractFile, people: list[Caller]
) -> None:
    owner, path = people[0], f"files/{expiring.public_id}/"
    owner.delete(path)
    assert owner.get("files/?trashed=true").body["count"] == 1

    clock.advance(minutes=1)

    assert owner.get("files/?trashed=true").body["count"] == 0
    assert owner.post(f"{path}restore/").status == 404
