import pytest

from org_files.testing.world import make_world


@pytest.fixture
def world(db):
    return make_world()
