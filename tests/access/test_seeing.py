"""Visibility: the table of the policies, cell by cell."""

from functools import partial

import pytest

from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy, Policy, get_policy
from org_files.testing.world import ROLES

pytestmark = pytest.mark.django_db

POLICIES = OPEN, ORGANIZATION, OWNER = OpenPolicy(), OrganizationPolicy(), OwnerPolicy()

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


Table = dict[Policy, dict[str, set[str]]]


def seen(table, names):
    """Return what each policy shows to each role, in the form of ``table``."""
    assert set(table) == set(POLICIES)
    assert all(set(row) == set(ROLES) for row in table.values())
    return {policy: {role: names(policy, role) for role in ROLES} for policy in POLICIES}


OWN_ORGANIZATIONS = {
    "foreigner": {"away"},
    "former": set(),
    "viewer": {"home"},
    "member": {"home"},
    "admin": {"home", "away"},
    "operator": ALL_ORGANIZATIONS,
}

ORGANIZATIONS = {
    OPEN: dict.fromkeys(ROLES, ALL_ORGANIZATIONS),
    ORGANIZATION: OWN_ORGANIZATIONS,
    OWNER: OWN_ORGANIZATIONS,
}

USERS = {
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


def test_organizations_and_users_seen(world):
    def organizations(policy, role):
        return world.names(world.organizations, policy.visible_organizations(world.users[role]))

    def users(policy, role):
        return world.names(world.users, policy.visible_users(world.users[role]))

    assert seen(ORGANIZATIONS, organizations) == ORGANIZATIONS
    assert seen(USERS, users) == USERS


FILES = {
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

LISTED = {
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

LISTED_PUBLIC = {
    OPEN: dict.fromkeys(ROLES, PUBLIC),
    ORGANIZATION: dict.fromkeys(ROLES, PUBLIC),
    OWNER: {role: OWN[role] & PUBLIC for role in ROLES},
}

MEMBERS_FILES = {"home member", "home member expiring"}

LISTED_OF_THE_MEMBER = {
    OPEN: dict.fromkeys(ROLES, MEMBERS_FILES),
    ORGANIZATION: dict.fromkeys(ROLES, MEMBERS_FILES) | {"foreigner": set(), "former": set()},
    OWNER: {role: MEMBERS_FILES if role in ("member", "operator") else set() for role in ROLES},
}


def test_files_seen_and_listed(world):
    def visible(policy, role):
        return world.names(world.files, policy.visible_files(world.users[role]))

    def listed(policy, role, asked, condition):
        files = policy.listed_files(world.users[role], **asked)
        return world.names(world.files, files.filter(**condition))

    public, by_owner = {"is_public": True}, {"by_owner": True}
    of_the_member = {"owner": world.users["member"]}
    assert seen(FILES, visible) == FILES
    for table, asked, condition in (
        (LISTED, {}, {}),
        (LISTED_PUBLIC, public, public),
        (LISTED_OF_THE_MEMBER, by_owner, of_the_member),
    ):
        assert seen(table, partial(listed, asked=asked, condition=condition)) == table


def own(role):
    return {f"home {role}", f"away {role}"}


def all_of(organization):
    return {f"{organization} {role}" for role in ROLES}


ALL_DOWNLOADS = all_of("home") | all_of("away")

DOWNLOADS = {
    OPEN: dict.fromkeys(ROLES, ALL_DOWNLOADS),
    ORGANIZATION: {role: own(role) for role in ROLES}
    | {
        "foreigner": all_of("away") | own("foreigner"),
        "admin": all_of("home") | own("admin"),
        "operator": ALL_DOWNLOADS,
    },
    OWNER: {role: own(role) for role in ROLES} | {"operator": ALL_DOWNLOADS},
}

DOWNLOADERS = {
    OPEN: dict.fromkeys(ROLES, ALL_USERS),
    ORGANIZATION: {role: {role} for role in ROLES}
    | {"foreigner": {"foreigner", "admin"}, "admin": TEAM, "operator": ALL_USERS},
    OWNER: {role: {role} for role in ROLES} | {"operator": ALL_USERS},
}


def test_downloads_seen_and_users_whose_downloads_may_be_asked_for(world):
    world.add_downloads()

    def rows(policy, role):
        return world.names(world.downloads, policy.visible_downloads(world.users[role]))

    def users(policy, role):
        user = world.users[role]
        return {n for n, other in world.users.items() if policy.sees_downloads_of(user, other.pk)}

    assert seen(DOWNLOADS, rows) == DOWNLOADS
    assert seen(DOWNLOADERS, users) == DOWNLOADERS


def test_what_is_seen__takes_one_query(world, django_assert_num_queries):
    for policy in POLICIES:
        for role in ("member", "operator"):
            for question in (
                policy.visible_organizations,
                policy.visible_users,
                policy.visible_files,
                policy.listed_files,
                policy.visible_downloads,
            ):
                with django_assert_num_queries(1):
                    list(question(world.users[role]))


def test_policy__is_the_one_of_the_settings(settings):
    settings.ORG_FILES = {}
    assert type(get_policy()) is OrganizationPolicy

    settings.ORG_FILES = {"POLICY": {"BACKEND": "org_files.access.OwnerPolicy"}}
    assert type(get_policy()) is OwnerPolicy
