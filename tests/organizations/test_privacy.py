"""Memberships that a user sees: lists, single things and profiles say the same, and no more."""

import pytest

from org_files.access import get_policy
from org_files.testing.world import ROLES
from tests.organizations.calls import caller

HOME = {"home viewer", "home member", "home admin"}
AWAY = {"away foreigner", "away admin"}
EVERYTHING = HOME | AWAY

#: Memberships seen, ``<organization> <user>``, by policy and role.
SEEN = {
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


def named(world, organization, user):
    [place] = [name for name, row in world.organizations.items() if row.pk == organization]
    [person] = [name for name, row in world.users.items() if row.pk == user]
    return f"{place} {person}"


@pytest.mark.parametrize("policy", SEEN)
def test_policy(world, use, policy, django_assert_num_queries):
    use(policy)
    for role in ROLES:
        with django_assert_num_queries(1):
            seen = list(get_policy().visible_memberships(world.users[role]))

        assert len(seen) == len({row.pk for row in seen})
        found = {named(world, row.organization_id, row.user_id) for row in seen}
        assert found == SEEN[policy][role]


@pytest.mark.parametrize("role", ["viewer", "admin"])
@pytest.mark.parametrize("policy", ["OrganizationPolicy", "OwnerPolicy"])
def test_answers__say_what_the_policy_says(world, use, policy, role):
    use(policy)
    who = caller(world.users[role])

    expanded = who.get("organizations/", expand="members").body["results"]
    assert SEEN[policy][role] == {
        named(world, row["id"], member["id"]) for row in expanded for member in row["members"]
    }
    for row in expanded:
        members = who.get(f"organizations/{row['id']}/members/").body
        assert (members["results"], members["count"]) == (row["members"], len(row["members"]))
    users = who.get("users/").body["results"]
    assert users == [who.get(f"users/{row['id']}/").body for row in users]
    # Under OwnerPolicy an admin does not see those users whose memberships they manage.
    visible = [name for name, user in world.users.items() if user.pk in [u["id"] for u in users]]
    shown = {
        named(world, place["id"], row["id"]) for row in users for place in row["organizations"]
    }
    assert shown == {name for name in SEEN[policy][role] if name.split()[1] in visible}
    own = who.get("users/me/").body["organizations"]
    assert {named(world, place["id"], who.user.pk) for place in own} == {
        name for name in EVERYTHING if name.split()[1] == role
    }
