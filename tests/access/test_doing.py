"""Actions on what a user sees, by role and policy."""

import pytest

from org_files.access import Action, OpenPolicy, OrganizationPolicy, OwnerPolicy
from org_files.models import Membership, Role
from org_files.testing.factories import make_link
from org_files.testing.world import ROLES

pytestmark = pytest.mark.django_db

POLICIES = _, ORGANIZATION, OWNER = OpenPolicy(), OrganizationPolicy(), OwnerPolicy()

# Sharing is in test_links.py.
ON_FILES = (Action.CHANGE, Action.DELETE, Action.VIEW_DOWNLOADS)


def those_who_may(policy, action, world, thing):
    return {role for role in ROLES if policy.allows(action, world.users[role], thing)}


def test_actions_on_an_organization__are_for_its_admins_and_uploads_for_members(world):
    for policy in POLICIES:
        for action in Action:
            expected = {"admin", "operator"} | ({"member"} if action is Action.UPLOAD else set())
            assert those_who_may(policy, action, world, world.organizations["home"]) == expected
            # Of other models no user but an operator changes anything.
            for thing in (world.organizations["empty"], world.users["member"]):
                assert those_who_may(policy, action, world, thing) == {"operator"}


def test_actions_on_a_file__are_for_owners_who_may_upload_operators_and_admins(world):
    for policy in POLICIES:
        others = {"operator"} if policy is OWNER else {"admin", "operator"}
        for action in ON_FILES:
            for owner in (*ROLES, "nobody"):
                allowed = those_who_may(policy, action, world, world.files[f"home {owner}"])
                assert allowed == ({owner} & {"member", "admin"}) | others, (policy, owner)
            # The admin of "home" is a viewer of "away".
            foreign = world.files["away foreigner public"]
            assert those_who_may(policy, action, world, foreign) == {"foreigner", "operator"}


def test_owner__has_rights_and_shares_while_their_role_may_upload(world):
    user, file = world.users["viewer"], world.files["home viewer"]
    membership, link = Membership.objects.filter(user=user), make_link(file)

    def rights(policy):
        holds = {str(action): policy.allows(action, user, file) for action in ON_FILES}
        holds["remove"] = policy.removable_files(user).filter(pk=file.pk).exists()
        holds["link"] = policy.allows(Action.LINK, user, file)
        holds["share"] = policy.may_share(user, file)
        holds["manage the link"] = policy.visible_links(user).filter(pk=link.pk).exists()
        return {right for right, does_hold in holds.items() if does_hold}

    every_right = {*map(str, ON_FILES), "remove", "link", "share", "manage the link"}
    for role, expected in (
        (Role.MEMBER, every_right),
        (Role.ADMIN, every_right),
        (Role.VIEWER, set()),
        (None, set()),
    ):
        membership.update(role=role) if role else membership.delete()
        for policy in POLICIES:
            assert rights(policy) == expected, (policy, role)


def test_admin_of_an_organization__has_no_trash_but_their_own_under_the_policy_of_owners(world):
    for policy, owners in (
        (ORGANIZATION, ("admin", "former", "viewer", "member", "operator", "nobody")),
        (OWNER, ("admin",)),
    ):
        trashed = policy.listed_files(world.users["admin"], trashed=True)
        expected = {f"home {owner} trashed" for owner in owners}
        assert world.names(world.files, trashed) == expected


def test_question__takes_one_query_at_most(world, django_assert_max_num_queries):
    for thing in (world.organizations["home"], world.files["home member"]):
        for action in Action:
            # Sharing also takes a membership of the file's organization.
            with django_assert_max_num_queries(2 if action is Action.LINK else 1):
                ORGANIZATION.allows(action, world.users["member"], thing)


class EditorsOperate(OrganizationPolicy):
    """A site's own idea of who operates it."""

    def is_operator(self, user):
        return user.get_short_name() == "Editor"


def test_site_with_its_own_operators__is_followed_everywhere(world):
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
