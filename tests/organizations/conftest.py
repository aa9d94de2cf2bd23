import pytest
from django.core.cache import cache

from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user
from org_files.testing.world import make_world
from tests.organizations.calls import caller


@pytest.fixture(autouse=True)
def _empty_cache():
    """Cached answers do not reach other tests, whose organizations have the same keys."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def use(settings):
    """Put the site under another of the package's policies."""

    def put(policy):
        settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    return put


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture
def acme(db):
    return make_organization("Acme", description="Anvils")


def member_of(organization, role):
    user = make_user(role.value)
    join(organization, user, role)
    return caller(user)


@pytest.fixture
def admin(acme):
    return member_of(acme, Role.ADMIN)


@pytest.fixture
def member(acme):
    return member_of(acme, Role.MEMBER)


@pytest.fixture
def viewer(acme):
    return member_of(acme, Role.VIEWER)


@pytest.fixture
def operator(db):
    return caller(make_user("operator", is_staff=True))


@pytest.fixture
def colleague(admin):
    """A user whom the admin sees: they share another organization."""
    other = make_organization("Club")
    join(other, admin.user, Role.VIEWER)
    user = make_user("colleague", first_name="Grace", last_name="Hopper")
    join(other, user)
    return user
