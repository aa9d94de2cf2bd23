"""Lists of files and organizations as the policy has them, and the JSON of a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files import counters
from org_files.models import AbstractOrganization, Membership, Role
from org_files.testing.factories import join, make_file, make_user

OPEN, ORGANIZATION, OWNER = "OpenPolicy", "OrganizationPolicy", "OwnerPolicy"


@pytest.fixture
def files(
    organization: AbstractOrganization, user: Any, stranger: Any, admin: Any
) -> dict[str, Any]:
    globex = Membership.objects.get(user=stranger).organization
    return {
        "mine": make_file(organization, user),
        "ours": make_file(organization, admin),
        "public": make_file(globex, stranger, is_public=True),
        "theirs": make_file(globex, stranger),
    }


def use(settings: Any, policy: str) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}


def listed(
    client: Client, files: dict[str, Any], path: str = "files/", **parameters: str
) -> set[str]:
    keys = {str(file.public_id): key for key, file in files.items()}
    response = client.get(f"/api/{path}", parameters)
    assert response.status_code == 200, response.content
    return {keys[row["id"]] for row in response.json()["results"]}


def retrieved(client: Client, files: dict[str, Any]) -> set[str]:
    return {
        key
        for key, file in files.items()
        if client.get(f"/api/files/{file.public_id}/").status_code == 200
    }


EVERYTHING = {"mine", "ours", "public", "theirs"}


@pytest.mark.parametrize(
    ("policy", "by_list", "by_id", "by_public"),
    [
        (OPEN, EVERYTHING, EVERYTHING, {"public"}),
        (ORGANIZATION, {"mine", "ours"}, {"mine", "ours", "public"}, {"public"}),
        (OWNER, {"mine"}, {"mine"}, set()),
    ],
)
def test_member__sees(
    client: Client,
    settings: Any,
    files: dict[str, Any],
    policy: str,
    by_list: set[str],
    by_id: set[str],
    by_public: set[str],
) -> None:
    use(settings, policy)

    assert listed(client, files) == by_list
    assert retrieved(client, files) == by_id
    assert listed(client, files, is_public="true") == by_public
    assert listed(client, files, is_public="false") == by_list - {"public"}


def test_two_memberships_and_roles__list_a_file_once(
    client: Client, user: Any, files: dict[str, Any]
) -> None:
    join(files["theirs"].organization, user, Role.ADMIN)

    body = client.get("/api/files/").json()

    assert body["count"] == 4
    assert len({row["id"] for row in body["results"]}) == 4


def test_organization__is_shown_with_its_totals(
    client: Client, organization: AbstractOrganization, files: dict[str, Any], user: Any
) -> None:
    now = timezone.now()
    make_file(organization, content=b"x" * 100, deleted_at=now)
    make_file(organization, content=b"x" * 1000, expires_at=now - timedelta(seconds=1))
    for _ in range(3):
        counters.record_download(file=files["ours"], user=user)
    size = files["mine"].size + files["ours"].size

    body = client.get(f"/api/organizations/{organization.pk}/").json()

    created_at = organization.created_at.isoformat().replace("+00:00", "Z")
    assert body == {
        "id": organization.pk,
        "name": "Acme",
        "description": "",
        "tier": None,
        "download_count": 3,
        "file_count": 2,
        # What is in the trash takes room.
        "bytes_stored": size + 1100,
        "created_at": created_at,
    }
    assert client.get("/api/organizations/").json()["results"] == [body]


def test_owner_who_is_gone__is_null(client: Client, organization: AbstractOrganization) -> None:
    owner = make_user("gone")
    file = make_file(organization, owner)
    owner.delete()

    assert client.get(f"/api/files/{file.public_id}/").json()["owner"] is None


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
def test_moments__are_in_utc_whatever_the_zone_of_the_site(
    client: Client, organization: AbstractOrganization, settings: Any, zone: str
) -> None:
    settings.TIME_ZONE = zone
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DATETIME_FORMAT": "%d.%m.%Y"}
    file = make_file(organization)

    body = client.get(f"/api/files/{file.public_id}/").json()

    assert body["created_at"].endswith("Z")
    shown = datetime.fromisoformat(body["created_at"])
    assert abs(datetime.now(UTC) - shown) < timedelta(minutes=1)
