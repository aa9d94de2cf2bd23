"""When the one file of a download is found by SQL that was compiled for somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Manager, Q, QuerySet
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy, Policy
from org_files.db.prepared import PreparedQuery
from org_files.models import AbstractFile
from org_files.testing.world import World


class Cautious(OrganizationPolicy):
    """A site's own policy, which asks its user for more than the key."""

    def readable_files(self, user: Any) -> Q:
        readable = super().readable_files(user)
        return readable if user.first_name == "Trusted" else readable & ~readable


@pytest.mark.parametrize(
    "policy", [OpenPolicy(), OrganizationPolicy(), OwnerPolicy()], ids=lambda p: type(p).__name__
)
def test_policy_of_the_package__is_compiled_ahead(world: World, policy: Policy) -> None:
    for user in world.users.values():
        for file in world.files.values():
            assert isinstance(policy.prepared_file(user, file.public_id), PreparedQuery)


def test_subclass_of_a_policy__is_never_compiled_ahead(world: World) -> None:
    policy, users, file = Cautious(), world.users, world.files["home member"]
    users["member"].first_name = "Trusted"
    for name, found in (("member", True), ("viewer", False), ("member", True)):
        query = policy.prepared_file(users[name], file.public_id)
        assert not isinstance(query, PreparedQuery)
        assert (counters.grant_download(query, user=users[name]) is not None) == found


def test_file_that_expires__is_gone_for_a_statement_made_before(world: World) -> None:
    policy, user, file = OrganizationPolicy(), world.users["member"], world.files["home member"]
    assert counters.grant_download(policy.prepared_file(user, file.public_id))
    get_file_model()._base_manager.filter(pk=file.pk).update(
        expires_at=timezone.now() - timedelta(milliseconds=1)
    )
    assert counters.grant_download(policy.prepared_file(user, file.public_id)) is None


class TenantManager(Manager[AbstractFile]):
    """A site's own manager, which knows of more than the policy does."""

    tenant: Any = None

    def get_queryset(self) -> QuerySet[AbstractFile]:
        return super().get_queryset().filter(organization=self.tenant)


def test_manager_of_the_site__is_asked_each_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, policy, user = get_file_model(), OpenPolicy(), world.users["former"]
    manager: Any = TenantManager()
    manager.model = model
    monkeypatch.setitem(model._meta.__dict__, "default_manager", manager)

    def found(name: str) -> bool:
        query = policy.prepared_file(user, world.files[name].public_id)
        return counters.grant_download(query, user=user) is not None

    for tenant, expected in (("home", [True, False]), ("away", [False, True])):
        manager.tenant = world.organizations[tenant]
        assert [found("home member"), found("away foreigner")] == expected
