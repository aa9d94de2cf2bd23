from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from org_files.models import AbstractOrganization, Membership, Role
from org_files.testing.factories import join, make_organization, make_user


@pytest.fixture
def root(db: None) -> Any:
    """A superuser."""
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(root: Any) -> Client:
    """The superuser's browser."""
    browser = Client()
    browser.force_login(root)
    return browser


@pytest.fixture
def acme(db: None) -> AbstractOrganization:
    return make_organization("Acme")


@pytest.fixture
def boss(acme: AbstractOrganization) -> Membership:
    """The only admin of Acme."""
    return join(acme, make_user("boss"), Role.ADMIN)


@pytest.fixture
def clerk(acme: AbstractOrganization) -> Membership:
    """A member of Acme."""
    return join(acme, make_user("clerk"), Role.MEMBER)


def staff(*permissions: str) -> Client:
    """Return the browser of one of the staff who has these permissions alone."""
    user = make_user("staff", is_staff=True)
    found = Permission.objects.filter(codename__in=permissions)
    assert len(found) == len(permissions)
    user.user_permissions.set(found)
    browser = Client()
    browser.force_login(user)
    return browser
