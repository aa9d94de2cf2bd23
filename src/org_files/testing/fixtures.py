"""Fixtures for pytest. Enable them in the ``conftest.py`` at the root of a site's tests::

    pytest_plugins = ["org_files.testing.fixtures"]

A fixture of the same name in the site's own ``conftest.py`` replaces one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.core.files.storage import Storage
    from rest_framework.test import APIClient

    from org_files.models import AbstractFile, AbstractOrganization

# pytest imports plugins before apps are loaded, so the fixtures import models when they run.


@pytest.fixture(autouse=True)
def _no_refusals_counted() -> Iterator[None]:
    """Forget refused requests, which are recorded in sums, between tests."""
    from org_files.events.refusals import refused

    refused.forget()
    yield
    refused.forget()


@pytest.fixture
def organization(db: None) -> AbstractOrganization:
    """An organization."""
    from org_files.testing.factories import make_organization

    return make_organization()


def _make_member(organization: AbstractOrganization, role: str) -> Any:
    from org_files.testing.factories import join, make_user

    return join(organization, make_user(role), role).user


@pytest.fixture
def organization_admin(organization: AbstractOrganization) -> Any:
    """A user who is an admin of ``organization``."""
    return _make_member(organization, "admin")


@pytest.fixture
def organization_member(organization: AbstractOrganization) -> Any:
    """A user who is a member of ``organization``."""
    return _make_member(organization, "member")


@pytest.fixture
def organization_viewer(organization: AbstractOrganization) -> Any:
    """A user who is a viewer of ``organization``."""
    return _make_member(organization, "viewer")


@pytest.fixture
def outsider(db: None) -> Any:
    """A user who is a member of another organization."""
    from org_files.testing.factories import make_organization

    return _make_member(make_organization("Globex"), "member")


@pytest.fixture
def operator(db: None) -> Any:
    """An operator: a user with ``is_staff``, a superuser where the site's policy asks for one."""
    from org_files.access import get_policy
    from org_files.testing.factories import make_user

    user = make_user("operator", is_staff=True)
    if not get_policy().is_operator(user):
        user.is_superuser = True
        user.save()
    return user


@pytest.fixture
def org_files_storage() -> Iterator[Storage]:
    """A storage in memory that keeps all files during the test."""
    from org_files.testing.storages import memory_storage

    with memory_storage() as storage:
        yield storage


@pytest.fixture
def stored_file(
    organization: AbstractOrganization, organization_member: Any, org_files_storage: Storage
) -> AbstractFile:
    """A file of ``organization_member``, its bytes in ``org_files_storage``."""
    from org_files.testing.factories import make_stored_file

    return make_stored_file(organization, organization_member)


@pytest.fixture
def org_files_client(db: None) -> Callable[[Any], APIClient]:
    """A function that returns a client of a user, logged in by session."""
    from rest_framework.test import APIClient

    def client_of(user: Any) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return client_of
