"""Fixtures of the tests of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from org_files import get_file_model
from org_files.storage import original_storage
from org_files.testing.factories import make_user
from tests.files.storages import blobs
from tests.victims import Victims, victims


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The folder of the store, a new and empty one."""
    store = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "store"},
    }
    settings.STORAGES = settings.STORAGES | {"org_files": store}
    return Path(store["OPTIONS"]["location"])


@pytest.fixture
def failing_store(settings: Any, folder: Path) -> Callable[..., None]:
    """Have the store fail: arguments as those of ``FailingStorage``."""

    def fail(**options: Any) -> None:
        store = {
            "BACKEND": "tests.files.storages.FailingStorage",
            "OPTIONS": {"location": folder} | options,
        }
        settings.STORAGES = settings.STORAGES | {"org_files": store}

    return fail


@pytest.fixture
def owner(db: None) -> Any:
    """The owner of what is stored."""
    return make_user()


@pytest.fixture
def nothing_left(folder: Path) -> Iterator[None]:
    """The test leaves neither row nor bytes."""
    yield
    assert blobs(original_storage()) == set()
    assert not get_file_model()._base_manager.exists()


@pytest.fixture(scope="session")
def doomed(django_db_setup: None) -> Iterator[Victims]:
    """Processes that are killed while they work on the tests' database and store."""
    with victims() as child:
        yield child
