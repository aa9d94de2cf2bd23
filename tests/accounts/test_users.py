"""GET users/ and users/{id}/."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files.accounts.models import Avatar
from org_files.models import Membership
from org_files.storage import owner_prefix
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import make_file
from tests.accounts.clients import CLIENTS, USERS
from tests.accounts.world import World
from tests.rest.requests import MISSING_ID

POLICIES = ("OpenPolicy", "OrganizationPolicy", "OwnerPolicy")


def under(settings: Any, policy: str) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}


ALL = {
    "admin": [("Acme", "admin")],
    "member": [("Acme", "member")],
    "viewer": [("Acme", "viewer"), ("Globex", "admin")],
    "stranger": [("Globex", "member")],
    "nobody": [],
    "operator": [],
}

IN_ACME = {
    "admin": [("Acme", "admin")],
    "member": [("Acme", "member")],
    # That there is a Globex is nobody's business here.
    "viewer": [("Acme", "viewer")],
}

#: Who sees whom, and in which organizations. Operators see all under every policy.
SEEN = {
    "OpenPolicy": dict.fromkeys(ALL, ALL),
    "OrganizationPolicy": {
        "admin": IN_ACME,
        "member": IN_ACME,
        "viewer": {name: ALL[name] for name in ("admin", "member", "viewer", "stranger")},
        "stranger": {"viewer": [("Globex", "admin")], "stranger": [("Globex", "member")]},
        "nobody": {"nobody": []},
        "operator": ALL,
    },
    "OwnerPolicy": {name: {name: ALL[name]} for name in ALL} | {"operator": ALL},
}


@pytest.mark.parametrize("policy", POLICIES)
def test_list__has_whom_the_policy_shows_and_of_them_what_it_shows(
    world: World, settings: Any, policy: str
) -> None:
    under(settings, policy)

    assert {name: world.listed(name) for name in ALL} == SEEN[policy]


@pytest.mark.parametrize("policy", POLICIES)
def test_user__is_shown_as_in_the_list_or_not_at_all(
    world: World, settings: Any, policy: str
) -> None:
    under(settings, policy)

    for name, seen in SEEN[policy].items():
        client = world.client(name)
        missing = client.get(f"{USERS}4711471147/")
        rows = {row["first_name"]: row for row in client.get(USERS).json()["results"]}
        for other, user in world.users.items():
            response = client.get(f"{USERS}{user.pk}/")
            if other in seen:
                assert response.json() == rows[other]
            else:
                assert (response.status_code, response.content) == (404, missing.content)


def test_former_member__is_seen_no_more(world: World) -> None:
    Membership.objects.filter(user=world.users["member"]).delete()

    assert world.listed("member") == {"member": []}
    assert set(world.listed("admin")) == {"admin", "viewer"}


def test_row__has_the_profile_and_for_operators_what_is_stored(world: World) -> None:
    member = world.users["member"]
    with stopped_clock() as clock:
        make_file(world.acme, member, content=b"123")
        make_file(world.acme, member, content=b"4567", deleted_at=clock.now())
        make_file(world.globex, member, content=b"89")
        make_file(world.globex, None, content=b"nobody's")
    path = f"{USERS}{member.pk}/"

    plain = world.client("admin").get(path).json()
    full = world.client("operator").get(path).json()

    assert plain == {
        "id": member.pk,
        "email": member.email,
        "first_name": "member",
        "last_name": "",
        "phone": "",
        "avatar_url": None,
        "is_staff": False,
        "organizations": [{"id": world.acme.pk, "name": "Acme", "role": "member"}],
    }
    paths = full.pop("storage_paths")
    assert full == plain | {"is_active": True, "file_count": 2, "bytes_stored": 9}
    assert sorted(paths) == sorted(
        owner_prefix(organization.pk, member.pk) for organization in (world.acme, world.globex)
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_stored__is_for_operators_alone(world: World, settings: Any, policy: str) -> None:
    under(settings, policy)

    for name in ALL:
        for row in world.client(name).get(USERS).json()["results"]:
            for column in ("is_active", "file_count", "bytes_stored", "storage_paths"):
                assert (column in row) == (name == "operator")
            for column in ("password", "last_login", "is_superuser"):
                assert column not in row


def test_storage_paths__are_what_the_keys_begin_with(world: World) -> None:
    file = make_file(world.acme, world.users["member"])

    rows = world.client("operator").get(USERS).json()["results"]

    [path] = [path for row in rows for path in row["storage_paths"]]
    assert file.content.name.startswith(path)


@pytest.mark.parametrize("kind", CLIENTS)
def test_list__is_there_by_every_way_of_being_logged_in(superuser: Any, kind: str) -> None:
    assert CLIENTS[kind](superuser).get(USERS).json()["count"] == 1


@pytest.mark.django_db
def test_nobody__sees_nobody(world: World) -> None:
    for path in (USERS, f"{USERS}{world.users['admin'].pk}/"):
        assert Client().get(path).status_code == 401


@pytest.mark.parametrize(
    "id",
    [
        "0",
        "-1",
        "+{}",
        "0{}",
        "{}.0",
        "{}%0A",
        "%20{}",
        "{}%00",
        "\uff11",
        "9" * 30,
        "9" * 5000,
        "me2",
        "None",
        "abc",
        "%2e%2e",
        MISSING_ID,
        "x" * 8000,
    ],
)
def test_malformed_id__is_404_like_a_missing_one(world: World, id: str) -> None:
    client = world.client("operator")
    path = f"{USERS}{id.format(world.users['admin'].pk)}/"
    missing = client.get(f"{USERS}4711471147/").content

    for method in ("GET", "PATCH", "DELETE"):
        response = client.generic(method, path, b"{}", content_type="application/json")
        assert (response.status_code, response.content) == (404, missing), method


def test_picture__has_an_absolute_address(world: World) -> None:
    member = world.users["member"]
    Avatar.objects.create(user=member, key="avatars/x", content_type="image/jpeg", size=1)

    shown = world.client("admin").get(f"{USERS}{member.pk}/").json()

    assert shown["avatar_url"] == f"http://testserver/api/users/{member.pk}/avatar/"


@pytest.mark.parametrize("path", [USERS, "{user}"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_other_methods__are_405(world: World, path: str, method: str) -> None:
    path = path.format(user=f"{USERS}{world.users['admin'].pk}/")

    response = world.client("operator").generic(
        method, path, b"{}", content_type="application/json"
    )

    assert response.status_code == 405
