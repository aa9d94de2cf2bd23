"""Fixtures for pytest. Enable them in the ``conftest.py`` at the root of a site's tests::

    pytest_plugins = ["org_files.testing.fixtures"]

A fixture of the same name in the site's own ``conftest.py`` takes the place of one of these, for
those that build on it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.core.files.storage import Storage
    from rest_framework.test import APIClient

    from org_files.models import AbstractFile, AbstractOrganization

__all__ = [
    "operator",
    "org_files_client",
    "org_files_storage",
    "organization",
    "organization_admin",
    "organization_member",
    "organization_viewer",
    "outsider",
    "stored_file",
]

# pytest imports a plugin before apps are loaded: what needs them is imported in the fixtures.


@pytest.fixture(autouse=True)
def _no_refusals_counted() -> Iterator[None]:
    """Record the first refusal of each test at once, and no sum of them in a later test."""
    from org_files.events.refusals import refused

    refused.forget()
    yield
    refused.forget()


@pytest.fixture
def organization(db: None) -> AbstractOrganization:
    """An organization."""
    from org_files.testing.factories import make_organization

    return make_organization()


def _member(organization: AbstractOrganization, role: str) -> Any:
    from org_files.testing.factories import join, make_user

    user = make_user(role)
    join(organization, user, role)
    return user


@pytest.fixture
def organization_admin(organization: AbstractOrganization) -> Any:
    """A user who is an admin of ``organization``."""
    return _member(organization, "admin")


@pytest.fixture
def organization_member(organization: AbstractOrganization) -> Any:
    """A user who is a member of ``organization``."""
    return _member(organization, "member")


@pytest.fixture
def organization_viewer(organization: AbstractOrganization) -> Any:
    """A user who is a viewer of ``organization``."""
    return _member(organization, "viewer")


@pytest.fixture
def outsider(db: None) -> Any:
    """A user who is a member of another organization."""
    from org_files.testing.factories import make_organization

    return _member(make_organization("Globex"), "member")


@pytest.fixture
def operator(db: None) -> Any:
    """A user with ``is_staff``, whom policies take for an operator unless a site's own does not."""
    from org_files.testing.factories import make_user

    return make_user("operator", is_staff=True)


@pytest.fixture
def org_files_storage() -> Iterator[Storage]:
    """A storage in memory, where files are kept during the test whatever the settings say."""
    from org_files.testing.storages import memory_storage

    with memory_storage() as storage:
        yield storage


@pytest.fixture
def stored_file(
    organization: AbstractOrganization, organization_member: Any, org_files_storage: Storage
) -> AbstractFile:
    """A file of ``organization_member``'s, its bytes in ``org_files_storage``."""
    from org_files.testing.factories import make_stored_file

    return make_stored_file(organization, organization_member)


@pytest.fixture
def org_files_client(db: None) -> Callable[[Any], APIClient]:
    """What returns a client of the user that it is given, logged in by session."""
    from rest_framework.test import APIClient

    def client_of(user: Any) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return client_of
