"""Who learns who belongs where: lists, single things and profiles say the same, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from org_files.access import get_policy
from org_files.models import Membership
from org_files.testing.world import ROLES, World
from tests.organizations.calls import Caller, caller

POLICIES = ("OpenPolicy", "OrganizationPolicy", "OwnerPolicy")

HOME = {"home viewer", "home member", "home admin"}
AWAY = {"away foreigner", "away admin"}
EVERYTHING = HOME | AWAY

#: Memberships seen, ``<organization> <user>``, by policy and role.
SEEN: dict[str, dict[str, set[str]]] = {
    "OpenPolicy": dict.fromkeys(ROLES, EVERYTHING),
    "OrganizationPolicy": {
        "foreigner": AWAY,
        "former": set(),
        # That the admin of "home" belongs to "away", too, is not theirs to know.
        "viewer": HOME,
        "member": HOME,
        "admin": EVERYTHING,
        "operator": EVERYTHING,
    },
    "OwnerPolicy": {
        # An admin knows the members of what they manage, whatever else they see of them.
        "foreigner": AWAY,
        "former": set(),
        "viewer": {"home viewer"},
        "member": {"home member"},
        "admin": HOME | {"away admin"},
        "operator": EVERYTHING,
    },
}


@pytest.fixture
def named(world: World) -> Callable[[Any, Any], str]:
    organizations = {row.pk: name for name, row in world.organizations.items()}
    users = {row.pk: name for name, row in world.users.items()}
    return lambda organization, user: f"{organizations[organization]} {users[user]}"


@pytest.mark.parametrize("policy", POLICIES)
def test_policy(
    world: World, named: Any, use: Any, policy: str, django_assert_num_queries: Any
) -> None:
    use(policy)
    for role in ROLES:
        with django_assert_num_queries(1):
            seen = list(get_policy().visible_memberships(world.users[role]))

        assert len(seen) == len({row.pk for row in seen})
        assert {named(row.organization_id, row.user_id) for row in seen} == SEEN[policy][role]


def by_expand(who: Caller, named: Any) -> set[str]:
    rows = who.get("organizations/", expand="members").body["results"]
    return {named(row["id"], member["id"]) for row in rows for member in row["members"]}


def by_member_lists(who: Caller, named: Any) -> set[str]:
    found = set()
    for row in who.get("organizations/").body["results"]:
        members = who.get(f"organizations/{row['id']}/members/").body
        assert members["count"] == len(members["results"])
        found |= {named(row["id"], member["id"]) for member in members["results"]}
    return found


@pytest.mark.parametrize("role", ["viewer", "admin"])
@pytest.mark.parametrize("policy", ["OrganizationPolicy", "OwnerPolicy"])
def test_organizations__say_what_the_policy_says(
    world: World, named: Any, use: Any, policy: str, role: str
) -> None:
    use(policy)
    who = caller(world.users[role])

    for look in (by_expand, by_member_lists):
        assert look(who, named) == SEEN[policy][role]


@pytest.mark.parametrize("role", ["viewer", "admin"])
@pytest.mark.parametrize("policy", ["OrganizationPolicy", "OwnerPolicy"])
def test_users__say_what_the_policy_says(
    world: World, named: Any, use: Any, policy: str, role: str
) -> None:
    use(policy)
    who = caller(world.users[role])
    names = {row.pk: name for name, row in world.users.items()}

    rows = who.get("users/").body["results"]
    ones = [who.get(f"users/{row['id']}/").body for row in rows]

    assert rows == ones
    shown = {named(place["id"], row["id"]) for row in rows for place in row["organizations"]}
    # Under OwnerPolicy an admin does not see those users whose memberships they manage.
    visible = {names[row["id"]] for row in rows}
    assert shown == {name for name in SEEN[policy][role] if name.split()[1] in visible}


@pytest.mark.parametrize("policy", ["OpenPolicy", "OwnerPolicy"])
def test_own_profile__has_all_of_ones_own(world: World, named: Any, use: Any, policy: str) -> None:
    use(policy)
    role = "admin"
    user = world.users[role]

    rows = caller(user).get("users/me/").body["organizations"]

    assert {named(row["id"], user.pk) for row in rows} == {
        name for name in EVERYTHING if name.split()[1] == role
    }
    assert len(rows) == Membership.objects.filter(user=user).count()
