"""Actions on what a user sees, by role and policy."""

from __future__ import annotations

from typing import Any

import pytest

from org_files.access import Action, OpenPolicy, OrganizationPolicy, OwnerPolicy, Policy
from org_files.models import Membership, Role
from org_files.testing.world import ROLES, World

pytestmark = pytest.mark.django_db

policies = pytest.mark.parametrize(
    "policy",
    [OpenPolicy(), OrganizationPolicy(), OwnerPolicy()],
    ids=lambda policy: type(policy).__name__,
)

# Who may share a file is in test_links.py.
ON_FILES = (Action.CHANGE, Action.DELETE, Action.VIEW_DOWNLOADS)


def those_who_may(policy: Policy, action: Action, world: World, thing: Any) -> set[str]:
    return {role for role in ROLES if policy.allows(action, world.users[role], thing)}


@policies
@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Action.UPLOAD, {"member", "admin", "operator"}),
        (Action.MANAGE, {"admin", "operator"}),
        (Action.CHANGE, {"admin", "operator"}),
        (Action.DELETE, {"admin", "operator"}),
        (Action.VIEW_DOWNLOADS, {"admin", "operator"}),
    ],
)
def test_actions_on_an_organization(
    world: World, policy: Policy, action: Action, expected: set[str]
) -> None:
    assert those_who_may(policy, action, world, world.organizations["home"]) == expected


@policies
@pytest.mark.parametrize("action", ON_FILES)
def test_actions_on_a_file__are_for_owners_who_may_upload_operators_and_admins(
    world: World, policy: Policy, action: Action
) -> None:
    others = {"operator"} if isinstance(policy, OwnerPolicy) else {"admin", "operator"}
    for owner in (*ROLES, "nobody"):
        allowed = those_who_may(policy, action, world, world.files[f"home {owner}"])
        assert allowed == ({owner} & {"member", "admin"}) | others, owner


@policies
def test_owner__has_rights_while_their_role_may_upload(world: World, policy: Policy) -> None:
    user, file = world.users["viewer"], world.files["home viewer"]
    membership = Membership.objects.filter(user=user)

    def rights() -> set[str]:
        removable = policy.removable_files(user).filter(pk=file.pk).exists()
        allowed = {str(action) for action in ON_FILES if policy.allows(action, user, file)}
        return allowed | ({"remove"} if removable else set())

    every_right = {*map(str, ON_FILES), "remove"}
    for role, expected in ((Role.MEMBER, every_right), (Role.ADMIN, every_right)):
        membership.update(role=role)
        assert rights() == expected
    membership.update(role=Role.VIEWER)
    assert rights() == set()
    membership.delete()
    assert rights() == set()


@policies
def test_files_that_one_may_remove__are_those_that_one_may_delete(
    world: World, policy: Policy
) -> None:
    for role, user in world.users.items():
        removable = world.names(world.files, policy.removable_files(user))
        seen = world.names(world.files, policy.visible_files(user))
        for name, file in world.files.items():
            if name in seen:
                assert (name in removable) is policy.allows(Action.DELETE, user, file), (role, name)


def test_admin_of_an_organization__has_no_trash_but_their_own_under_the_policy_of_owners(
    world: World,
) -> None:
    trashed = {
        type(policy): world.names(world.files, policy.trashed_files(world.users["admin"]))
        for policy in (OrganizationPolicy(), OwnerPolicy())
    }

    own = {"home admin trashed"}
    others = {
        f"home {owner} trashed" for owner in ("former", "viewer", "member", "operator", "nobody")
    }
    assert trashed == {OrganizationPolicy: own | others, OwnerPolicy: own}


@policies
@pytest.mark.parametrize("action", ON_FILES)
def test_admin_of_one_organization__is_none_of_another(
    world: World, policy: Policy, action: Action
) -> None:
    # The admin of "home" is a viewer of "away".
    file = world.files["away foreigner public"]

    assert those_who_may(policy, action, world, file) == {"foreigner", "operator"}


@policies
def test_organization_without_members__is_for_operators_alone(world: World, policy: Policy) -> None:
    for action in Action:
        allowed = those_who_may(policy, action, world, world.organizations["empty"])
        assert allowed == {"operator"}


@policies
def test_removed_admin__may_no_longer(world: World, policy: Policy) -> None:
    admin, home = world.users["admin"], world.organizations["home"]
    assert policy.allows(Action.MANAGE, admin, home)

    Membership.objects.filter(user=admin, role=Role.ADMIN).delete()

    assert not policy.allows(Action.MANAGE, admin, home)
    assert not policy.allows(Action.CHANGE, admin, world.files["home member"])


@policies
def test_things_that_are_neither_file_nor_organization__are_for_operators_alone(
    world: World, policy: Policy
) -> None:
    for action in Action:
        assert those_who_may(policy, action, world, world.users["member"]) == {"operator"}


@policies
@pytest.mark.parametrize("role", ROLES)
def test_operators__are_staff(world: World, policy: Policy, role: str) -> None:
    assert policy.is_operator(world.users[role]) is (role == "operator")


@policies
def test_question__takes_one_query_at_most(
    world: World, policy: Policy, django_assert_max_num_queries: Any
) -> None:
    for thing in (world.organizations["home"], world.files["home member"]):
        for action in Action:
            for user in world.users.values():
                # Who shares a file has to belong to its organization, too.
                with django_assert_max_num_queries(2 if action is Action.LINK else 1):
                    policy.allows(action, user, thing)


class EditorsOperate(OrganizationPolicy):
    """A site's own idea of who operates it."""

    def is_operator(self, user: Any) -> bool:
        return user.get_short_name() == "Editor"


def test_site_with_its_own_operators__is_followed_everywhere(world: World) -> None:
    policy, former, staff = EditorsOperate(), world.users["former"], world.users["operator"]
    former.first_name = "Editor"

    assert policy.visible_organizations(former).count() == len(world.organizations)
    assert policy.visible_users(former).count() == len(world.users)
    assert policy.visible_files(former).filter(name="empty nobody").exists()
    assert policy.listed_files(former).filter(name="empty nobody").exists()
    assert policy.sees_downloads_of(former, staff.pk)
    assert policy.allows(Action.MANAGE, former, world.organizations["empty"])
    assert not policy.visible_organizations(staff).exists()
    assert not policy.allows(Action.MANAGE, staff, world.organizations["home"])
