from __future__ import annotations

import pytest

from org_files.testing.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """The world."""
    return make_world()
