import os

import pytest

from org_files.testing.factories import make_user
from tests.accounts.clients import PASSWORD
from tests.accounts.world import World
from tests.rest.requests import signed_in


@pytest.fixture
def user(db):
    """A user with a password and no organization."""
    return make_user(password=PASSWORD)


@pytest.fixture
def client(user):
    """A client that sends an access token of ``user``."""
    return signed_in(user)


@pytest.fixture
def superuser(db):
    """A user who may do everything."""
    return make_user("root", password=PASSWORD, is_staff=True, is_superuser=True)


@pytest.fixture
def world(db):
    """People in two organizations, and elsewhere."""
    return World()


@pytest.fixture(scope="session", autouse=True)
def _own_turns():
    """Pictures wait for no other run of the tests on this machine."""
    from org_files.renditions import pool
    from org_files.renditions.turns import Turns

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "_turns", Turns(f"accounts-{os.getpid()}", pool._turns.count))
        yield
