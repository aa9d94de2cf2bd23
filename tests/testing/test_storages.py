"""Storages of tests, never a folder of the site."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage, storages
from django.test import override_settings

from org_files import get_file_model
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file
from org_files.testing.storages import memory_storage

FILES = "django.core.files.storage.FileSystemStorage"


@pytest.mark.django_db
def test_files_stored_meanwhile__are_in_memory(settings, tmp_path):
    folder = {"BACKEND": FILES, "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"org_files": folder}
    column = get_file_model()._meta.get_field("content")
    before = column.storage

    with memory_storage() as storage:
        file = make_stored_file(content=b"bytes")
        assert isinstance(storage, InMemoryStorage)
        assert original_storage() is storage is column.storage
        with override_settings(ORG_FILES={"MAX_FILE_SIZE": 10}):
            assert original_storage() is storage
        assert storage.open(file.content.name).read() == b"bytes"
        # Of the column's own storage too, which it has had since the model was loaded.
        found = get_file_model()._base_manager.get(pk=file.pk)
        assert found.content.open("rb").read() == b"bytes"

    assert list(tmp_path.iterdir()) == []
    assert column.storage is before
    make_stored_file()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] != []


def test_site_without_a_storage_of_its_own__keeps_everything_in_memory(settings, tmp_path):
    settings.STORAGES = {"default": {"BACKEND": FILES, "OPTIONS": {"location": tmp_path}}}

    with memory_storage() as storage:
        assert original_storage() is storage is storages["default"]
        default_storage.save("a.txt", ContentFile(b"-"))

    assert list(tmp_path.iterdir()) == []
