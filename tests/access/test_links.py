"""Share links that a user sees, and may make, by role and policy."""

import pytest

from org_files.access import Action, OpenPolicy, OrganizationPolicy, OwnerPolicy
from org_files.models import Membership, Role
from org_files.testing.factories import make_link
from org_files.testing.world import ROLES

pytestmark = pytest.mark.django_db

POLICIES = OPEN, ORGANIZATION, OWNER = OpenPolicy(), OrganizationPolicy(), OwnerPolicy()


@pytest.fixture
def links(world):
    """A link to each file of an owner, made by them: ``<organization> <owner>``."""
    owned = {name: file for name, file in world.files.items() if file.owner_id is not None}
    return {name: make_link(file) for name, file in owned.items()}


def seen(policy, world, links, role):
    names = {link.pk: name for name, link in links.items()}
    return {names[link.pk] for link in policy.visible_links(world.users[role])}


def test_links__are_seen_by_owners_who_may_upload_admins_and_operators(world, links):
    live = {name for name in links if name in world.live_files}
    at_home = {name for name in live if name.startswith("home ")}
    for policy in POLICIES:
        assert {role: seen(policy, world, links, role) for role in ROLES} == {
            "foreigner": {"away foreigner", "away foreigner public"},
            "former": set(),
            "viewer": set(),
            "member": {"home member", "home member expiring"},
            "admin": {"home admin"} if policy is OWNER else at_home,
            "operator": live,
        }


def test_sharing__needs_a_role_that_may_upload_beside_the_right_to_change(world):
    for policy in POLICIES:
        owners = {"admin", "operator"} if policy is not OWNER else {"operator"}
        for owner in (*ROLES, "nobody"):
            file = world.files[f"home {owner}"]
            may = {role for role in ROLES if policy.allows(Action.LINK, world.users[role], file)}
            assert may == owners | ({owner} & {"member", "admin"})


def test_former_admin__manages_no_links_to_files_of_others(world):
    admin, file = world.users["admin"], world.files["home member"]
    make_link(file, admin)
    assert ORGANIZATION.visible_links(admin).exists()
    assert not OWNER.visible_links(admin).exists()

    Membership.objects.filter(user=admin, organization=world.organizations["home"]).delete()

    for policy in POLICIES:
        assert not policy.visible_links(admin).exists()
        assert not policy.may_share(admin, file)


class Narrower(OrganizationPolicy):
    """Only admins share."""

    def allows(self, action, user, obj):
        if action is Action.LINK and not self.is_operator(user):
            own = Membership.objects.filter(user=user.pk, role=Role.ADMIN)
            return own.filter(organization=obj.organization_id).exists()
        return super().allows(action, user, obj)


class Wider(OrganizationPolicy):
    """Readers of a file share it."""

    def allows(self, action, user, obj):
        return action is Action.LINK or super().allows(action, user, obj)


class Managing(OrganizationPolicy):
    """Readers of a file change it."""

    def _manages(self, user, file):
        return True


def test_policy_that_says_who_shares__is_asked(world):
    member, file = world.users["member"], world.files["home member"]
    foreign = world.files["away foreigner public"]

    assert ORGANIZATION.may_share(member, file)
    assert not Narrower().may_share(member, file)
    assert not ORGANIZATION.may_share(member, foreign)
    assert Wider().may_share(member, foreign)
    assert not Wider().may_share(member, world.files["away foreigner"])
    # To change a file is not to share it.
    viewer = world.users["viewer"]
    assert Managing().allows(Action.CHANGE, viewer, file)
    assert not Managing().allows(Action.LINK, viewer, file)


def test_policy_that_lets_others_share__shows_them_their_links(world):
    world.add_links()
    member = world.users["member"]

    def own(policy):
        return world.names(world.links, policy.visible_links(member).filter(created_by=member))

    # Of those to files that the member sees, all that they could make now.
    assert own(ORGANIZATION) == {"home member by member"}
    assert own(Wider()) == {
        f"{name} by member"
        for name in world.live_files
        if f"{name} by member" in world.links and name != "away foreigner"
    }
    for role in ("former", "viewer"):
        assert not Narrower().visible_links(world.users[role]).exists()
    Membership.objects.filter(user=member).delete()
    assert own(ORGANIZATION) == set()
    assert own(Wider()) == {"home former public by member", "home nobody public by member"}


def test_question_whether_a_link_opens__is_one_statement_for_each_creator(
    world, django_assert_num_queries
):
    for policy in POLICIES:
        for user in world.users.values():
            for name in ("home member", "away foreigner"):
                with django_assert_num_queries(1):
                    policy.may_share(user, world.files[name])
