"""Share links that a user sees, and may make, by role and policy."""

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
@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("foreigner", {"away foreigner", "away foreigner public"}),
        ("former", set()),
        ("viewer", set()),
        ("member", {"home member", "home member expiring"}),
    ],
)
def test_links__are_seen_by_owners_who_may_upload(
    world: World, links: dict[str, ShareLink], policy: Policy, role: str, expected: set[str]
) -> None:
    assert seen(policy, world, links, role) == expected


@policies
def test_admin__sees_those_of_the_organization_where_admins_manage_files(
    world: World, links: dict[str, ShareLink], policy: Policy
) -> None:
    expected = own(links, world, "admin")
    if policy is not OWNER:
        expected |= {name for name in links if name.startswith("home ")}

    assert seen(policy, world, links, "admin") == expected & live(links, world)


@policies
def test_sharing__needs_a_role_that_may_upload_beside_the_right_to_change(
    world: World, policy: Policy
) -> None:
    for owner in (*ROLES, "nobody"):
        file: Any = world.files[f"home {owner}"]
        may = {role for role in ROLES if policy.allows(Action.LINK, world.users[role], file)}
        owners = {"admin", "operator"} if policy is not OWNER else {"operator"}
        assert may == owners | ({owner} & {"member", "admin"})


@policies
def test_former_admin__manages_no_links_to_files_of_others(world: World, policy: Policy) -> None:
    admin = world.users["admin"]
    link = make_link(world.files["home member"], admin)
    assert policy.visible_links(admin).filter(pk=link.pk).exists() is (policy is not OWNER)

    Membership.objects.filter(user=admin, organization=world.organizations["home"]).delete()

    assert not policy.visible_links(admin).exists()
    assert not policy.may_share(admin, world.files["home member"])


@policies
def test_creator__manages_their_link_while_their_role_may_upload(
    world: World, links: dict[str, ShareLink], policy: Policy
) -> None:
    user, file = world.users["viewer"], world.files["home viewer"]
    membership = Membership.objects.filter(user=user)

    def rights() -> set[bool]:
        return {
            "home viewer" in seen(policy, world, links, "viewer"),
            policy.allows(Action.LINK, user, file),
            policy.may_share(user, file),
        }

    for role, expected in ((Role.MEMBER, True), (Role.VIEWER, False), (Role.ADMIN, True)):
        membership.update(role=role)
        assert rights() == {expected}
    membership.delete()
    assert rights() == {False}


class Narrower(OrganizationPolicy):
    """Only admins share."""

    def allows(self, action: Action, user: Any, obj: Any) -> bool:
        if action is Action.LINK and not self.is_operator(user):
            own = Membership.objects.filter(user=user.pk, role=Role.ADMIN)
            return own.filter(organization=obj.organization_id).exists()
        return super().allows(action, user, obj)


class Wider(OrganizationPolicy):
    """Readers of a file share it."""

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


def test_policy_that_lets_others_share__shows_them_their_links(world: World) -> None:
    world.add_links()
    member = world.users["member"]

    def own(policy: Policy) -> set[str]:
        return world.names(world.links, policy.visible_links(member).filter(created_by=member))

    # Of those to files that the member sees, all that they could make now.
    assert own(ORGANIZATION) == {"home member by member"}
    assert own(Wider()) == {
        f"{name} by member"
        for name in world.live_files
        if f"{name} by member" in world.links and name != "away foreigner"
    }
    Membership.objects.filter(user=member).delete()
    assert own(ORGANIZATION) == set()
    assert own(Wider()) == {"home former public by member", "home nobody public by member"}


def test_policy_that_overrides_allows__shows_former_and_demoted_members_no_links(
    world: World,
) -> None:
    world.add_links()
    policy = Narrower()

    for role in ("former", "viewer"):
        assert not policy.visible_links(world.users[role]).exists()


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
