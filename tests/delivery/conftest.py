from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from org_files.delivery import Deliverable
from org_files.testing.storages import WatchedStorage
from tests.delivery import site


@pytest.fixture
def one_view(settings: Any) -> Iterator[None]:
    """The site of one view."""
    settings.ROOT_URLCONF = site.__name__
    settings.MIDDLEWARE = []
    # As Django's test client does: there is no database here.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def storage(tmp_path: Path) -> WatchedStorage:
    return WatchedStorage(str(tmp_path))


@pytest.fixture
def deliver() -> Iterator[Callable[[Deliverable], None]]:
    """Put something on the shelf."""
    yield site.shelf.append
    site.shelf.clear()
