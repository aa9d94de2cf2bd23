"""Who sees what: the table of the policies, cell by cell."""

from __future__ import annotations

from typing import Any

import pytest

from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy, Policy, get_policy
from org_files.testing.world import ROLES, World

pytestmark = pytest.mark.django_db

OPEN, ORGANIZATION, OWNER = OpenPolicy(), OrganizationPolicy(), OwnerPolicy()
POLICIES = (OPEN, ORGANIZATION, OWNER)

ALL_ORGANIZATIONS = {"home", "away", "empty"}
ALL_USERS = set(ROLES)
AT_HOME = (*ROLES, "nobody", "nobody public", "former public", "member expiring")
HOME = {f"home {owner}" for owner in AT_HOME}
AWAY = {"away foreigner", "away foreigner public"}
PUBLIC = {"home nobody public", "home former public", "away foreigner public"}
ALL_FILES = HOME | AWAY | {"empty nobody"}
#: Owned in organizations that the owner belongs to; an operator belongs to none.
OWN = {
    "foreigner": AWAY,
    "former": set(),
    "viewer": {"home viewer"},
    "member": {"home member", "home member expiring"},
    "admin": {"home admin"},
    "operator": {"home operator"},
}
TEAM = {"viewer", "member", "admin"}


def cells(table: dict[Policy, dict[str, Any]]) -> Any:
    """Return a parameter for each policy, role and what the table says of them."""
    assert set(table) == set(POLICIES)
    assert all(set(row) == set(ROLES) for row in table.values())
    return pytest.mark.parametrize(
        ("policy", "role", "expected"),
        [
            pytest.param(policy, role, expected, id=f"{type(policy).__name__}-{role}")
            for policy, row in table.items()
            for role, expected in row.items()
        ],
    )


OWN_ORGANIZATIONS = {
    "foreigner": {"away"},
    "former": set(),
    "viewer": {"home"},
    "member": {"home"},
    "admin": {"home", "away"},
    "operator": ALL_ORGANIZATIONS,
}


@cells(
    {
        OPEN: dict.fromkeys(ROLES, ALL_ORGANIZATIONS),
        ORGANIZATION: OWN_ORGANIZATIONS,
        OWNER: OWN_ORGANIZATIONS,
    }
)
def test_organizations_seen(world: World, policy: Policy, role: str, expected: set[str]) -> None:
    seen = policy.visible_organizations(world.users[role])

    assert world.names(world.organizations, seen) == expected


@cells(
    {
        OPEN: dict.fromkeys(ROLES, ALL_USERS),
        ORGANIZATION: {
            "foreigner": {"foreigner", "admin"},
            "former": {"former"},
            "viewer": TEAM,
            "member": TEAM,
            "admin": {"foreigner", *TEAM},
            "operator": ALL_USERS,
        },
        OWNER: {role: {role} for role in ROLES} | {"operator": ALL_USERS},
    }
)
def test_users_seen(world: World, policy: Policy, role: str, expected: set[str]) -> None:
    seen = policy.visible_users(world.users[role])

    assert world.names(world.users, seen) == expected


FILES: dict[Policy, dict[str, set[str]]] = {
    OPEN: dict.fromkeys(ROLES, ALL_FILES),
    ORGANIZATION: {
        "foreigner": AWAY | PUBLIC,
        "former": PUBLIC,
        "viewer": HOME | PUBLIC,
        "member": HOME | PUBLIC,
        "admin": HOME | AWAY,
        "operator": ALL_FILES,
    },
    OWNER: OWN | {"operator": ALL_FILES},
}


@cells(FILES)
def test_files_seen(world: World, policy: Policy, role: str, expected: set[str]) -> None:
    seen = policy.visible_files(world.users[role])

    assert world.names(world.files, seen) == expected


@cells(
    {
        OPEN: FILES[OPEN],
        ORGANIZATION: {
            "foreigner": AWAY,
            "former": set(),
            "viewer": HOME,
            "member": HOME,
            "admin": HOME | AWAY,
            "operator": ALL_FILES,
        },
        OWNER: OWN,
    }
)
def test_files_listed(world: World, policy: Policy, role: str, expected: set[str]) -> None:
    listed = policy.listed_files(world.users[role])

    assert world.names(world.files, listed) == expected


@cells(
    {
        OPEN: dict.fromkeys(ROLES, PUBLIC),
        ORGANIZATION: dict.fromkeys(ROLES, PUBLIC),
        OWNER: {role: OWN[role] & PUBLIC for role in ROLES},
    }
)
def test_public_files_listed_when_asked_for(
    world: World, policy: Policy, role: str, expected: set[str]
) -> None:
    listed = policy.listed_files(world.users[role], is_public=True).filter(is_public=True)

    assert world.names(world.files, listed) == expected


MEMBERS_FILES = {"home member", "home member expiring"}


@cells(
    {
        OPEN: dict.fromkeys(ROLES, MEMBERS_FILES),
        ORGANIZATION: dict.fromkeys(ROLES, MEMBERS_FILES) | {"foreigner": set(), "former": set()},
        OWNER: {role: MEMBERS_FILES if role in ("member", "operator") else set() for role in ROLES},
    }
)
def test_files_of_the_member_listed_when_asked_for(
    world: World, policy: Policy, role: str, expected: set[str]
) -> None:
    listed = policy.listed_files(world.users[role], by_owner=True)

    assert world.names(world.files, listed.filter(owner=world.users["member"])) == expected


def own(role: str) -> set[str]:
    return {f"home {role}", f"away {role}"}


def all_of(organization: str) -> set[str]:
    return {f"{organization} {role}" for role in ROLES}


ALL_DOWNLOADS = all_of("home") | all_of("away")


@cells(
    {
        OPEN: dict.fromkeys(ROLES, ALL_DOWNLOADS),
        ORGANIZATION: {role: own(role) for role in ROLES}
        | {
            "foreigner": all_of("away") | own("foreigner"),
            "admin": all_of("home") | own("admin"),
            "operator": ALL_DOWNLOADS,
        },
        OWNER: {role: own(role) for role in ROLES} | {"operator": ALL_DOWNLOADS},
    }
)
def test_downloads_seen(
    world: World, downloads: dict[str, Any], policy: Policy, role: str, expected: set[str]
) -> None:
    seen = policy.visible_downloads(world.users[role])

    assert world.names(downloads, seen) == expected


@cells(
    {
        OPEN: dict.fromkeys(ROLES, ALL_USERS),
        ORGANIZATION: {role: {role} for role in ROLES}
        | {
            "foreigner": {"foreigner", "admin"},
            "admin": TEAM,
            "operator": ALL_USERS,
        },
        OWNER: {role: {role} for role in ROLES} | {"operator": ALL_USERS},
    }
)
def test_users_whose_downloads_may_be_asked_for(
    world: World, policy: Policy, role: str, expected: set[str]
) -> None:
    user = world.users[role]

    allowed = {
        name for name, other in world.users.items() if policy.sees_downloads_of(user, other.pk)
    }

    assert allowed == expected


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
@pytest.mark.parametrize(
    "seen",
    [
        "visible_organizations",
        "visible_users",
        "visible_files",
        "listed_files",
        "visible_downloads",
    ],
)
def test_what_is_seen__takes_one_query(
    world: World, policy: Policy, seen: str, django_assert_num_queries: Any
) -> None:
    for user in world.users.values():
        with django_assert_num_queries(1):
            list(getattr(policy, seen)(user))


def test_default_policy__is_that_of_organizations(settings: Any) -> None:
    settings.ORG_FILES = {}

    assert type(get_policy()) is OrganizationPolicy


def test_policy__is_the_one_of_the_settings(settings: Any) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": "org_files.access.OwnerPolicy"}}

    assert type(get_policy()) is OwnerPolicy
