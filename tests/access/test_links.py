"""Who sees which share links, and who may make them."""

from __future__ import annotations

from typing import Any

import pytest

from org_files.access import Action, OpenPolicy, OrganizationPolicy, OwnerPolicy, Policy
from org_files.models import Membership, Role, ShareLink
from org_files.testing.factories import make_link
from org_files.testing.world import ROLES, World

pytestmark = pytest.mark.django_db

OPEN, ORGANIZATION, OWNER = OpenPolicy(), OrganizationPolicy(), OwnerPolicy()

policies = pytest.mark.parametrize(
    "policy", [OPEN, ORGANIZATION, OWNER], ids=lambda policy: type(policy).__name__
)


@pytest.fixture
def links(world: World) -> dict[str, ShareLink]:
    """A link to each file of an owner, made by them: ``<organization> <owner>``."""
    owned = {name: file for name, file in world.files.items() if file.owner_id is not None}
    return {name: make_link(file) for name, file in owned.items()}


def seen(policy: Policy, world: World, links: dict[str, ShareLink], role: str) -> set[str]:
    names = {link.pk: name for name, link in links.items()}
    return {names[link.pk] for link in policy.visible_links(world.users[role])}


def own(links: dict[str, ShareLink], world: World, role: str) -> set[str]:
    return {name for name, link in links.items() if link.created_by_id == world.users[role].pk}


def live(links: dict[str, ShareLink], world: World) -> set[str]:
    files = set(OPEN.visible_files(world.users["operator"]).values_list("pk", flat=True))
    return {name for name, link in links.items() if link.file_id in files}


@policies
def test_operator__sees_every_link_to_a_live_file(
    world: World, links: dict[str, ShareLink], policy: Policy
) -> None:
    assert seen(policy, world, links, "operator") == live(links, world)
    assert live(links, world)


@policies
@pytest.mark.parametrize("role", ["foreigner", "viewer", "member"])
def test_who_is_no_admin__sees_their_own(
    world: World, links: dict[str, ShareLink], policy: Policy, role: str
) -> None:
    files = set(policy.visible_files(world.users[role]).values_list("pk", flat=True))
    expected = {name for name in own(links, world, role) if links[name].file_id in files}
    assert f"{'away' if role == 'foreigner' else 'home'} {role}" in expected

    assert seen(policy, world, links, role) == expected


@policies
def test_admin__sees_those_of_the_organization_where_admins_manage_files(
    world: World, links: dict[str, ShareLink], policy: Policy
) -> None:
    expected = own(links, world, "admin")
    if policy is not OWNER:
        expected |= {name for name in links if name.startswith("home ")}

    assert seen(policy, world, links, "admin") == expected & live(links, world)


@pytest.mark.parametrize(
    ("policy", "expected"), [(OPEN, True), (ORGANIZATION, False), (OWNER, True)]
)
def test_former_member__sees_theirs_while_they_see_the_file(
    world: World, links: dict[str, ShareLink], policy: Policy, expected: bool
) -> None:
    found = seen(policy, world, links, "former")

    assert found == (own(links, world, "former") & live(links, world) if expected else set())


@policies
def test_sharing__needs_a_membership_beside_the_right_to_change(
    world: World, policy: Policy
) -> None:
    for owner in (*ROLES, "nobody"):
        file: Any = world.files[f"home {owner}"]
        may = {role for role in ROLES if policy.allows(Action.LINK, world.users[role], file)}
        members = {"viewer", "member", "admin", "operator"}
        owners = {"admin", "operator"} if policy is not OWNER else {"operator"}
        assert may == (owners | {owner}) & members


@policies
def test_role__does_not_matter_for_who_owns_the_file(world: World, policy: Policy) -> None:
    user, file = world.users["viewer"], world.files["home viewer"]
    assert policy.allows(Action.LINK, user, file)

    Membership.objects.filter(user=user).update(role=Role.MEMBER)
    assert policy.allows(Action.LINK, user, file)
    Membership.objects.filter(user=user).delete()
    assert not policy.allows(Action.LINK, user, file)
    assert policy.allows(Action.CHANGE, user, file)
