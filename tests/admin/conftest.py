import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user


@pytest.fixture
def root(db):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(root):
    """The superuser's browser."""
    return browser_of(root)


@pytest.fixture
def acme(db):
    return make_organization("Acme")


@pytest.fixture
def boss(acme):
    """The only admin of Acme."""
    return join(acme, make_user("boss"), Role.ADMIN)


@pytest.fixture
def clerk(acme):
    """A member of Acme."""
    return join(acme, make_user("clerk"), Role.MEMBER)


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def staff(*permissions):
    """Return the browser of one of the staff who has these permissions alone."""
    user = make_user("staff", is_staff=True)
    found = Permission.objects.filter(codename__in=permissions)
    assert len(found) == len(permissions)
    user.user_permissions.set(found)
    return browser_of(user)
