"""Who sees which share links, and who may make them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q

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


class Narrower(OrganizationPolicy):
    """Admins alone share."""

    def allows(self, action: Action, user: Any, obj: Any) -> bool:
        if action is Action.LINK and not self.is_operator(user):
            own = Membership.objects.filter(user=user.pk, role=Role.ADMIN)
            return own.filter(organization=obj.organization_id).exists()
        return super().allows(action, user, obj)


class Wider(OrganizationPolicy):
    """Who reads a file shares it."""

    def allows(self, action: Action, user: Any, obj: Any) -> bool:
        return action is Action.LINK or super().allows(action, user, obj)


class Closed(OrganizationPolicy):
    """Public files are for members alone, and operators are others."""

    def is_operator(self, user: Any) -> bool:
        return user.get_username() == "admin"

    def readable_files(self, user: Any) -> Q:
        return Q() if self.is_operator(user) else Q(owner=user.pk) | Q(owner=None)


EVERY_POLICY = [OPEN, ORGANIZATION, OWNER, Narrower(), Wider(), Closed()]


@pytest.mark.parametrize("policy", EVERY_POLICY, ids=lambda policy: type(policy).__name__)
def test_link_opens__while_its_file_is_seen_and_may_be_linked_to(
    world: World, policy: Policy
) -> None:
    opened = set()
    for role, user in world.users.items():
        seen = set(policy.visible_files(user).values_list("pk", flat=True))
        for name, file in world.files.items():
            may = file.pk in seen and policy.allows(Action.LINK, user, file)
            assert policy.may_share(user, file) is may, (role, name)
            opened |= {(role, name)} if may else set()

    # Not for everybody, and for some.
    assert 0 < len(opened) < len(world.users) * len(world.live_files)


def test_policy_that_says_who_shares__is_asked(world: World) -> None:
    member, file = world.users["member"], world.files["home member"]
    foreign = world.files["away foreigner public"]

    assert ORGANIZATION.may_share(member, file)
    assert not Narrower().may_share(member, file)
    assert not ORGANIZATION.may_share(member, foreign)
    assert Wider().may_share(member, foreign)
    assert not Wider().may_share(member, world.files["away foreigner"])


@policies
@pytest.mark.parametrize("role", ROLES)
def test_question_whether_a_link_opens__is_one_statement_whoever_made_it(
    world: World,
    policy: Policy,
    role: str,
    django_assert_num_queries: Any,
) -> None:
    for name in ("home member", "home nobody", "away foreigner", "home member trashed"):
        with django_assert_num_queries(1):
            policy.may_share(world.users[role], world.files[name])
