"""The query of a download, compiled once for the policies of the package, and for no others."""

from datetime import timedelta
from typing import cast

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db.models import Manager, Q, QuerySet
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy, file_query
from org_files.access.claims import Claim, claimed_file_query, takes_claims
from org_files.db.prepared import PreparedQuery
from org_files.models import AbstractFile, Download


class Cautious(OrganizationPolicy):
    """A site's own policy, which asks its user for more than the key."""

    def readable_files(self, user):
        readable = super().readable_files(user)
        return readable if user.first_name == "Trusted" else readable & ~readable


def test_policy_of_the_package__is_compiled_ahead(world):
    for policy in (OpenPolicy(), OrganizationPolicy(), OwnerPolicy()):
        for role in ("member", "operator"):
            query = file_query(policy, world.users[role], world.files["home member"].public_id)
            assert isinstance(query, PreparedQuery)
            assert isinstance(query.filter(Q(size=1)), PreparedQuery)


# Other databases run the queryset instead of the compiled query.
@pytest.mark.postgresql
def test_compiled_query__grants_each_user_what_they_see(world):
    for policy in (OpenPolicy(), OrganizationPolicy(), OwnerPolicy()):
        # The first user's statement serves the others who are no operators.
        for role in ("former", "viewer", "member", "operator"):
            user, granted = world.users[role], set()
            for name, file in world.files.items():
                query = file_query(policy, user, file.public_id)
                granted |= {name} if counters.grant_download(query, user=user) else set()
            assert granted == world.names(world.files, policy.visible_files(user)), role


@pytest.mark.postgresql
def test_user_whose_row_was_not_read__is_granted_what_they_see_without_rights_of_operators(world):
    for policy in (OpenPolicy(), OrganizationPolicy(), OwnerPolicy()):
        for role in ("former", "viewer", "member", "operator"):
            user, granted = world.users[role], set()
            for name, file in world.files.items():
                query = claimed_file_query(policy, Claim("pk", user.pk), file.public_id)
                if found := counters.grant_download(query):
                    assert found[1].user_id == Download.objects.latest("pk").user_id == user.pk
                    granted.add(name)
            user.is_staff = False
            assert granted == world.names(world.files, policy.visible_files(user)), role
            user.is_staff = role == "operator"


class FilteringUsers(BaseUserManager[AbstractBaseUser]):
    """A site's own manager, which hides users."""

    def get_queryset(self):
        return super().get_queryset().none()


@pytest.mark.parametrize(
    ("alias", "users", "policy"),
    [
        ("another", {}, OrganizationPolicy()),
        ("default", {"objects": FilteringUsers()}, OrganizationPolicy()),
        ("default", {"is_active": True}, OrganizationPolicy()),
        ("default", {"is_active": property(lambda user: False)}, OrganizationPolicy()),
        ("default", {}, Cautious()),
    ],
    ids=["database", "manager", "attribute", "property", "policy"],
)
def test_user_whose_row_was_not_read__is_asked_for_where_only_the_site_can_tell(
    monkeypatch, alias, users, policy
):
    assert takes_claims(OrganizationPolicy(), "default")
    for name, value in users.items():
        monkeypatch.setattr(get_user_model(), name, value)

    assert not takes_claims(policy, alias)


def test_subclass_of_a_policy__is_never_compiled_ahead(world):
    policy, users, file = Cautious(), world.users, world.files["home member"]
    users["member"].first_name = "Trusted"
    for name, found in (("member", True), ("viewer", False), ("member", True)):
        query = file_query(policy, users[name], file.public_id)
        assert not isinstance(query, PreparedQuery)
        assert (counters.grant_download(query, user=users[name]) is not None) == found


def test_condition__holds_for_a_compiled_query(world):
    user, file = world.users["member"], world.files["home member"]
    for size, found in ((file.size, True), (file.size + 1, False), (file.size, True)):
        query = file_query(OrganizationPolicy(), user, file.public_id).filter(Q(size=size))
        assert (counters.grant_download(query, user=user) is not None) == found


def test_file_that_expires__is_gone_for_a_statement_made_before(world):
    policy, user, file = OrganizationPolicy(), world.users["member"], world.files["home member"]
    assert counters.grant_download(file_query(policy, user, file.public_id))
    get_file_model()._base_manager.filter(pk=file.pk).update(
        expires_at=timezone.now() - timedelta(milliseconds=1)
    )
    assert counters.grant_download(file_query(policy, user, file.public_id)) is None


class TenantManager(Manager[AbstractFile]):
    """A site's own manager, which knows of more than the policy does."""

    tenant = None

    def get_queryset(self):
        return super().get_queryset().filter(organization=self.tenant)


def test_manager_of_the_site__is_asked_each_time(world, monkeypatch):
    model, user = get_file_model(), world.users["former"]
    manager = TenantManager()
    manager.model = model
    monkeypatch.setitem(model._meta.__dict__, "default_manager", manager)

    def found(name):
        query = file_query(OpenPolicy(), user, world.files[name].public_id)
        return counters.grant_download(query, user=user) is not None

    for tenant, expected in (("home", [True, False]), ("away", [False, True])):
        manager.tenant = world.organizations[tenant]
        assert [found("home member"), found("away foreigner")] == expected


def own_trash(self, user):
    files = super(type(self), self).trashed_files(user)
    return cast("QuerySet[AbstractFile]", files.filter(owner=user.pk))


def without_owner(self, user, public_id):
    files = super(type(self), self).prepared_file(user, public_id)
    return cast("QuerySet[AbstractFile]", files.filter(owner=None))


def policy_with(name, method):
    """Return a policy of a site, which overrides a deprecated method and is warned of it."""
    with pytest.warns(DeprecationWarning, match=f"Own.{name} goes in the next release"):
        return type("Own", (OrganizationPolicy,), {name: method})()


def test_deprecated_methods__warn_and_are_still_obeyed(world):
    admin, file = world.users["admin"], world.files["home member"]

    policy = policy_with("trashed_files", own_trash)
    with pytest.warns(DeprecationWarning, match="Policy.trashed_files"):
        trash = world.names(world.files, policy.listed_files(admin, trashed=True))
    assert trash == {"home admin trashed"}

    policy = policy_with("prepared_file", without_owner)
    with pytest.warns(DeprecationWarning, match="Policy.prepared_file"):
        assert counters.grant_download(file_query(policy, admin, file.public_id)) is None

    policy = policy_with("statement_key", lambda self, user: "old")
    query = file_query(policy, admin, file.public_id)
    assert query.key == (type(policy), "old")
