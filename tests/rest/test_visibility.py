"""Who sees which files and organizations: the table of policies, through HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files import counters
from org_files.models import AbstractOrganization, Membership, Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.rest.requests import signed_in

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


@pytest.mark.parametrize(
    ("policy", "by_list", "by_owner"),
    [
        (OPEN, EVERYTHING, {"public", "theirs"}),
        (ORGANIZATION, EVERYTHING, {"public", "theirs"}),
        (OWNER, set(), {"public", "theirs"}),
    ],
)
def test_operator__sees_everything_but_has_a_plain_list_of_their_own_under_owner_policy(
    operator: Any,
    stranger: Any,
    settings: Any,
    files: dict[str, Any],
    policy: str,
    by_list: set[str],
    by_owner: set[str],
) -> None:
    use(settings, policy)
    client = signed_in(operator)

    assert listed(client, files) == by_list
    assert retrieved(client, files) == EVERYTHING
    assert listed(client, files, owner=str(stranger.pk)) == by_owner


def test_owner_parameter__shows_nobody_more(
    client: Client, stranger: Any, settings: Any, files: dict[str, Any]
) -> None:
    for policy, expected in ((ORGANIZATION, set()), (OWNER, set()), (OPEN, {"public", "theirs"})):
        use(settings, policy)
        assert listed(client, files, owner=str(stranger.pk)) == expected


@pytest.mark.parametrize("is_public", ["true", "TRUE", "True"])
def test_public_files_of_an_organization__are_asked_for_in_any_case(
    client: Client, settings: Any, files: dict[str, Any], is_public: str
) -> None:
    use(settings, ORGANIZATION)

    assert listed(client, files, is_public=is_public) == {"public"}


def test_two_memberships_and_roles__list_a_file_once(
    client: Client, user: Any, files: dict[str, Any]
) -> None:
    join(files["theirs"].organization, user, Role.ADMIN)

    body = client.get("/api/files/").json()

    assert body["count"] == 4
    assert len({row["id"] for row in body["results"]}) == 4


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(OPEN, {"Acme", "Globex"}), (ORGANIZATION, {"Acme"}), (OWNER, {"Acme"})],
)
def test_organizations__are_ones_own_or_all(
    client: Client, settings: Any, stranger: Any, policy: str, expected: set[str]
) -> None:
    use(settings, policy)
    foreign = Membership.objects.get(user=stranger).organization_id

    rows = client.get("/api/organizations/").json()["results"]

    assert {row["name"] for row in rows} == expected
    for path in ("", "files/"):
        status = client.get(f"/api/organizations/{foreign}/{path}").status_code
        assert status == (200 if policy == OPEN else 404)


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


def test_organization_without_files__has_zeros(operator: Any) -> None:
    organization = make_organization("Empty")

    body = signed_in(operator).get(f"/api/organizations/{organization.pk}/").json()

    assert (body["download_count"], body["file_count"], body["bytes_stored"]) == (0, 0, 0)


def test_owner_who_is_gone__is_null(client: Client, organization: AbstractOrganization) -> None:
    owner = make_user("gone")
    file = make_file(organization, owner)
    owner.delete()

    assert client.get(f"/api/files/{file.public_id}/").json()["owner"] is None


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns", "UTC"])
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
