import pytest

from org_files.testing.world import make_world


@pytest.fixture
def world(db):
    """The world."""
    return make_world()
