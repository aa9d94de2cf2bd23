"""Verification of renditions in a store of their own: lost ones are made again."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from org_files.files.verification import verify_store
from org_files.models import AbstractFile, AbstractOrganization, Rendition
from org_files.pictures import get_rendition, make_renditions
from org_files.storage import original_storage, rendition_storage
from tests.files.storages import blobs
from tests.files.test_verification import found, orphan
from tests.pictures.stored import heights_there, make_picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(organization: AbstractOrganization, folder: Path, settings: Any) -> AbstractFile:
    """A picture with its heights."""
    other = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder.parent / "small"},
    }
    settings.STORAGES = settings.STORAGES | {"small": other}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}
    file = make_picture(organization)
    make_renditions(file=file)
    return file


def test_lost_rendition__is_reported_and_forgotten_when_asked_to(file: AbstractFile) -> None:
    report = verify_store(repair=True)
    assert report.findings == []
    assert report.checked == {"files": 1, "renditions": 2, "avatars": 0, "blobs": 3}
    key = Rendition.objects.get(height=200).key
    rendition_storage().delete(key)

    assert found() == [("missing", key, False)]
    assert heights_there(file) == [200, 400]
    assert found(repair=True) == [("missing", key, True)]
    assert heights_there(file) == [400]
    assert found() == []

    get_rendition(file=file, height=200)
    assert heights_there(file) == [200, 400]
    assert found() == []


@pytest.mark.parametrize("kind", ["size", "digest", "link"])
def test_damaged_rendition__is_made_again(file: AbstractFile, tmp_path: Path, kind: str) -> None:
    rendition = Rendition.objects.get(height=200)
    path = Path(rendition_storage().path(rendition.key))
    content = path.read_bytes()
    path.unlink()
    if kind == "link":
        (tmp_path / "target").write_bytes(content)
        path.symlink_to(tmp_path / "target")
    else:
        path.write_bytes(content + b"-" if kind == "size" else bytes(len(content)))

    findings = verify_store(repair=True, deep=True).findings
    assert [(f.kind, f.key, f.repaired) for f in findings] == [(kind, rendition.key, True)]
    assert heights_there(file) == [400]
    assert not path.is_symlink()
    assert not path.exists()
    assert (kind == "link") == (tmp_path / "target").exists()

    get_rendition(file=file, height=200)
    assert verify_store(deep=True).findings == []


def test_lost_original__is_not_forgotten_with_its_renditions(file: AbstractFile) -> None:
    key = file.content.name or ""
    original_storage().delete(key)

    assert found(repair=True) == [("missing", key, False)]
    assert heights_there(file) == [200, 400]


def test_old_bytes_without_a_row__are_removed_from_both_stores(file: AbstractFile) -> None:
    of_original = orphan(file)
    rendition = Rendition.objects.get(height=200)
    storage = rendition_storage()
    before = blobs(original_storage()) | blobs(storage)
    # As after a kill between the bytes and the row.
    Rendition.objects.filter(pk=rendition.pk)._raw_delete("default")
    then = time.time() - 2 * 24 * 60 * 60
    os.utime(storage.path(rendition.key), (then, then))

    assert set(found(repair=True)) == {
        ("orphan", of_original, True),
        ("orphan", rendition.key, True),
    }
    after = blobs(original_storage()) | blobs(storage)
    assert before - after == {of_original, rendition.key}
