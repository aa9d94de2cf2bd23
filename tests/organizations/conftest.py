from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from org_files.models import AbstractOrganization, Role
from org_files.testing.factories import join, make_organization, make_user
from org_files.testing.world import World, make_world
from tests.organizations.calls import Caller, caller


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """What was shown of an organization is not shown of another test's with the same key."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def use(settings: Any) -> Callable[[str], None]:
    """Put the site under another of the package's policies."""

    def put(policy: str) -> None:
        settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    return put


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def acme(db: None) -> AbstractOrganization:
    return make_organization("Acme", description="Anvils")


def member_of(organization: AbstractOrganization, role: Role) -> Caller:
    user = make_user(role.value)
    join(organization, user, role)
    return caller(user)


@pytest.fixture
def admin(acme: AbstractOrganization) -> Caller:
    """An admin of Acme."""
    return member_of(acme, Role.ADMIN)


@pytest.fixture
def member(acme: AbstractOrganization) -> Caller:
    """A member of Acme."""
    return member_of(acme, Role.MEMBER)


@pytest.fixture
def viewer(acme: AbstractOrganization) -> Caller:
    """A viewer of Acme."""
    return member_of(acme, Role.VIEWER)


@pytest.fixture
def operator(db: None) -> Caller:
    return caller(make_user("operator", is_staff=True))


@pytest.fixture
def colleague(admin: Caller) -> Any:
    """Somebody whom the admin sees: they share another organization."""
    other = make_organization("Club")
    join(other, admin.user, Role.VIEWER)
    user = make_user("colleague", first_name="Grace", last_name="Hopper")
    join(other, user)
    return user
