"""Fixtures of the tests of files."""

import pytest

from org_files import get_file_model
from org_files.storage import original_storage
from org_files.testing.factories import make_user
from tests.files.storages import blobs


def use_store(settings, backend, **options):
    store = {"BACKEND": backend, "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"org_files": store}


@pytest.fixture
def folder(settings, tmp_path):
    """The folder of the store, a new and empty one."""
    location = tmp_path / "store"
    use_store(settings, "django.core.files.storage.FileSystemStorage", location=location)
    return location


@pytest.fixture
def failing_store(settings, folder):
    """Have the store fail: arguments as those of ``FailingStorage``."""

    def fail(**options):
        use_store(settings, "tests.files.storages.FailingStorage", location=folder, **options)

    return fail


@pytest.fixture
def owner(db):
    return make_user()


@pytest.fixture
def nothing_left(folder):
    """The test leaves neither row nor bytes."""
    yield
    assert blobs(original_storage()) == set()
    assert not get_file_model()._base_manager.exists()
