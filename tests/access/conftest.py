from __future__ import annotations

from typing import Any

import pytest

from org_files.testing.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """The world."""
    return make_world()


@pytest.fixture
def downloads(world: World) -> dict[str, Any]:
    """One download by each, of a file of either organization: ``<organization> <user>``."""
    world.add_downloads()
    return world.downloads
