"""Verification of renditions: rows and their store; lost ones are forgotten, and made again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from org_files.files.verification import verify_store, verify_usage
from org_files.models import AbstractFile, AbstractOrganization, Rendition, Usage
from org_files.pictures import get_rendition, make_renditions
from org_files.storage import content_key, original_storage, rendition_storage
from tests.files.storages import blobs
from tests.files.test_verification import found, orphan
from tests.pictures.stored import heights_there, make_picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["one store", "two stores"])
def stores(request: pytest.FixtureRequest, folder: Path, settings: Any) -> None:
    """Renditions lie beside the originals, or in a store of their own."""
    if request.param == "two stores":
        other = {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder.parent / "small"},
        }
        settings.STORAGES = settings.STORAGES | {"small": other}
        settings.ORG_FILES = {"RENDITION_STORAGE": "small"}


@pytest.fixture
def file(organization: AbstractOrganization, stores: None) -> AbstractFile:
    """A picture with its heights."""
    file = make_picture(organization)
    make_renditions(file=file)
    return file


def lose(height: int) -> str:
    """Remove the bytes of a rendition, and return their key."""
    key = Rendition.objects.get(height=height).key
    rendition_storage().delete(key)
    return key


@pytest.mark.usefixtures("file")
def test_renditions_with_their_bytes__are_right() -> None:
    report = verify_store(repair=True)

    assert report.findings == []
    assert report.checked == {"files": 1, "renditions": 2, "avatars": 0, "blobs": 3}


def test_lost_rendition__is_reported_and_forgotten_when_asked_to(file: AbstractFile) -> None:
    key = lose(200)

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
    # As a process leaves them that is killed between the bytes and the row.
    Rendition.objects.filter(pk=rendition.pk)._raw_delete("default")
    age(Path(storage.path(rendition.key)))

    assert set(found(repair=True)) == {
        ("orphan", of_original, True),
        ("orphan", rendition.key, True),
    }
    after = blobs(original_storage()) | blobs(storage)
    assert before - after == {of_original, rendition.key}


def age(path: Path) -> None:
    """Have bytes lie there for two days."""
    import os
    import time

    then = time.time() - 2 * 24 * 60 * 60
    os.utime(path, (then, then))


@pytest.mark.usefixtures("file")
def test_rendition_that_is_young__may_be_about_to_get_its_row() -> None:
    rendition = Rendition.objects.get(height=200)
    Rendition.objects.filter(pk=rendition.pk)._raw_delete("default")

    assert found(repair=True) == []
    assert rendition.key in blobs(rendition_storage())


def test_rendition_removed_while_one_looks__is_no_finding(
    file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = type(rendition_storage())
    exists: Callable[..., bool] = storage.exists

    def remove_and_look(self: Any, key: str) -> bool:
        Rendition.objects.filter(key=key).delete()
        return exists(self, key)

    monkeypatch.setattr(storage, "exists", remove_and_look)

    assert found(repair=True) == []
    assert heights_there(file) == []


def test_key_of_a_rendition__is_looked_at_as_that_of_an_original(file: AbstractFile) -> None:
    key = Rendition.objects.get(height=200).key

    assert key.rpartition("/")[0] == content_key(file, "").rpartition("/")[0]


def test_renditions__take_no_room_of_the_organization(file: AbstractFile) -> None:
    usage = Usage.objects.get(organization=file.organization_id)

    assert (usage.bytes_stored, usage.file_count) == (file.size, 1)
    assert verify_usage().findings == []
