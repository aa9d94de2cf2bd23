"""The one file of a download, found by SQL that was compiled for somebody else."""

from datetime import timedelta
from itertools import product

import pytest
from django.db.models import Manager
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy
from org_files.models import Role
from org_files.slots import PreparedQuery
from tests.factories import join, make_organization, make_stored_file, make_user

POLICIES = (OpenPolicy, OrganizationPolicy, OwnerPolicy)


class Cautious(OrganizationPolicy):
    """A site's own policy, which asks its user for more than the key."""

    def readable_files(self, user):
        readable = super().readable_files(user)
        return readable if user.first_name == "Trusted" else readable & ~readable


@pytest.fixture
def people(db):
    here, there = make_organization(), make_organization()
    users = {name: make_user(name) for name in ("admin", "owner", "viewer", "elsewhere", "nobody")}
    join(here, users["admin"], Role.ADMIN)
    join(here, users["owner"])
    join(here, users["viewer"], Role.VIEWER)
    join(there, users["elsewhere"], Role.ADMIN)
    return users | {"staff": make_user("staff", is_staff=True)}, (here, there)


@pytest.fixture
def files(people):
    users, (here, there) = people
    now = timezone.now()
    kept = [
        make_stored_file(here, users["owner"]),
        make_stored_file(here, users["owner"], is_public=True),
        make_stored_file(there, users["elsewhere"]),
        make_stored_file(there, None, expires_at=now + timedelta(hours=1)),
    ]
    expired, trashed = make_stored_file(here), make_stored_file(here)
    model = get_file_model()
    model._base_manager.filter(pk=expired.pk).update(expires_at=now - timedelta(seconds=1))
    model._base_manager.filter(pk=trashed.pk).update(deleted_at=now)
    return [*kept, expired, trashed]


@pytest.mark.parametrize(
    "policy", [policy() for policy in POLICIES], ids=lambda p: type(p).__name__
)
def test_grant__finds_what_the_policy_shows__whoever_came_before(policy, people, files):
    users, _ = people
    asked = list(product(users.values(), files))
    # Forth and back: the first to come makes the statement that the others use.
    for user, file in [*asked, *reversed(asked)]:
        visible = policy.visible_files(user).filter(public_id=file.public_id)
        prepared = policy.prepared_file(user, file.public_id)
        assert isinstance(prepared, PreparedQuery)
        granted = counters.grant_download(prepared, user=user)
        assert (granted is not None) == visible.exists()
        if granted is not None:
            found, download = granted
            assert (found, download.user_id) == (file, user.pk)


def test_subclass_of_a_policy__is_never_compiled_ahead(people, files):
    users, _ = people
    policy = Cautious()
    users["owner"].first_name = "Trusted"
    for name, found in (("owner", True), ("viewer", False), ("owner", True)):
        query = policy.prepared_file(users[name], files[0].public_id)
        assert not isinstance(query, PreparedQuery)
        assert (counters.grant_download(query, user=users[name]) is not None) == found


def test_file_that_expires__is_gone_for_a_statement_made_before(people, files):
    users, _ = people
    policy, file = OrganizationPolicy(), files[0]
    assert counters.grant_download(policy.prepared_file(users["owner"], file.public_id))
    get_file_model()._base_manager.filter(pk=file.pk).update(
        expires_at=timezone.now() - timedelta(milliseconds=1)
    )
    assert counters.grant_download(policy.prepared_file(users["owner"], file.public_id)) is None


class TenantManager(Manager):
    """A site's own manager, which knows of more than the policy does."""

    tenant = None

    def get_queryset(self):
        return super().get_queryset().filter(organization=self.tenant)


def test_manager_of_the_site__is_asked_each_time(people, files, monkeypatch):
    users, (here, there) = people
    model = get_file_model()
    manager = TenantManager()
    manager.model = model
    monkeypatch.setitem(model._meta.__dict__, "default_manager", manager)
    policy = OpenPolicy()

    def found(file):
        query = policy.prepared_file(users["nobody"], file.public_id)
        return counters.grant_download(query, user=users["nobody"]) is not None

    for manager.tenant, expected in ((here, [True, False]), (there, [False, True])):
        assert [found(files[0]), found(files[2])] == expected
