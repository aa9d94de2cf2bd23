"""Verification of the store and of usage; repair removes only old bytes of the package."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import Manager
from django.utils.crypto import get_random_string

from org_files import get_file_model
from org_files.accounts.avatars import set_avatar
from org_files.accounts.models import Avatar
from org_files.exceptions import RepairRefused, StorageUnavailable
from org_files.files import quotas, verification
from org_files.files.quotas import verify_usage
from org_files.files.verification import GRACE, verify_store
from org_files.models import AbstractFile, AbstractOrganization, Usage
from org_files.pictures import make_renditions
from org_files.storage import StoredBytes, content_key, original_storage, registered_storages
from org_files.storage.owners import claim_store
from org_files.testing.factories import make_file, make_organization, make_stored_file
from tests.accounts.pictures import photo
from tests.files.storages import blobs
from tests.pictures.stored import make_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


def save(key: str, *, age: timedelta = GRACE + timedelta(seconds=60)) -> str:
    """Put bytes into the store, as if they had been there for ``age``."""
    storage = original_storage()
    assert storage.save(key, ContentFile(b"bytes")) == key
    then = time.time() - age.total_seconds()
    os.utime(Path(storage.path(key)), (then, then))
    return key


def orphan(file: AbstractFile, **options: Any) -> str:
    """Put bytes beside those of ``file`` that no row names."""
    return save(content_key(file, ""), **options)


def found(*, repair: bool = False) -> list[tuple[str, str, bool]]:
    findings = verify_store(repair=repair).findings
    return [(finding.kind, finding.key, finding.repaired) for finding in findings]


def test_empty_site__has_nothing_to_find() -> None:
    assert verify_store().as_json() == {
        "findings": [],
        "warnings": [],
        "checked": {"files": 0, "renditions": 0, "avatars": 0, "blobs": 0},
    }
    assert verify_usage().checked == {"organizations": 0}


def test_files_with_their_bytes__are_right(organization: AbstractOrganization) -> None:
    for _ in range(3):
        make_stored_file(organization)
    make_stored_file(deleted_at="2024-01-01T00:00:00Z", expires_at="2024-01-01T00:00:00Z")

    report = verify_store(repair=True)

    assert report.findings == []
    assert report.checked == {"files": 4, "renditions": 0, "avatars": 0, "blobs": 4}


def test_bytes_without_a_row__are_reported_and_removed_when_asked_to() -> None:
    file = make_stored_file()
    key = orphan(file)

    assert found() == [("orphan", key, False)]
    assert key in blobs(original_storage())
    assert found(repair=True) == [("orphan", key, True)]
    assert blobs(original_storage()) == {file.content.name}
    assert found() == []


def test_bytes_of_an_organization_and_an_owner_that_are_gone__are_found() -> None:
    claim_store(original_storage())
    without_owner = save(f"{'a' * 24}/none/{'b' * 32}")
    with_owner = save(f"{'a' * 24}/{'c' * 24}/{'b' * 32}")

    assert found(repair=True) == [("orphan", with_owner, True), ("orphan", without_owner, True)]
    assert blobs(original_storage()) == set()


def test_young_bytes__may_be_an_upload_under_way() -> None:
    file = make_stored_file()
    young = {
        orphan(file, age=timedelta()),
        orphan(file, age=GRACE - timedelta(seconds=60)),
        # A clock that is behind.
        orphan(file, age=timedelta(hours=-2)),
    }

    assert found(repair=True) == []
    assert young < blobs(original_storage())


def test_objects_of_other_programs__are_never_touched() -> None:
    make_stored_file()
    keys = {
        "avatars/" + "a" * 24 + "/" + "b" * 32,
        "avatars/" + "c" * 31,
        # The name that another app gives by uuid4().hex.
        "avatars/0f8fad5bd9cb469fa16570867728950e",
        "readme.txt",
        "a" * 24 + "/" + "b" * 32,
        "a" * 24 + "/none/" + "b" * 32 + ".txt",
        "a" * 24 + "/none/" + "B" * 32,
        "a" * 24 + "/none/more/" + "b" * 32,
        "a" * 24 + "/other/" + "b" * 32,
        "a" * 23 + "/none/" + "b" * 32,
        "a" * 24 + "x/none/" + "b" * 32,
        "media/" + "a" * 24 + "/none/" + "b" * 32,
    }
    for key in keys:
        save(key)

    assert found(repair=True) == []
    assert keys < blobs(original_storage())


def test_more_than_one_batch__is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "BATCH_SIZE", 3)
    files = [make_stored_file() for _ in range(4)]
    lost = [make_file() for _ in range(4)]
    orphans = [orphan(file) for file in files]

    report = verify_store()

    assert report.checked == {"files": 8, "renditions": 0, "avatars": 0, "blobs": 8}
    by_kind = {(finding.kind, finding.key) for finding in report.findings}
    assert by_kind == {("orphan", key) for key in orphans} | {
        ("missing", file.content.name) for file in lost
    }


def test_bytes_that_the_store_does_not_let_go__are_not_called_removed(
    failing_store: Callable[..., None],
) -> None:
    file = make_stored_file()
    key = orphan(file)
    failing_store(fault="answers, and stays away")

    assert found(repair=True) == [("orphan", key, False)]


def test_store_that_does_not_answer__is_an_error_and_no_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_stored_file()

    def fail(*arguments: Any) -> None:
        raise OSError(5, "told to fail")

    monkeypatch.setattr(type(original_storage()), "exists", fail)

    with pytest.raises(StorageUnavailable):
        verify_store(repair=True)


def test_file_removed_while_one_looks__is_no_finding(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    file, storage = make_stored_file(), type(original_storage())
    exists = storage.exists

    def remove_and_look(self: Any, key: str) -> bool:
        with django_capture_on_commit_callbacks(execute=True):
            get_file_model()._base_manager.filter(pk=file.pk).delete()
        return exists(self, key)

    monkeypatch.setattr(storage, "exists", remove_and_look)

    assert found(repair=True) == []


# Avatars, sizes, digests, links.


def make_avatar(user: Any) -> Avatar:
    """Give the user a picture, as an upload does."""
    return set_avatar(user=user, upload=ContentFile(photo()))


def test_avatar_left_by_a_change__is_an_orphan(owner: Any) -> None:
    avatar = make_avatar(owner)
    left = save(f"avatars/{get_random_string(32)}")

    assert verify_store().checked["avatars"] == 1
    assert found(repair=True) == [("orphan", left, True)]
    assert blobs(original_storage()) == {avatar.key}


def spoil(key: str, kind: str, tmp_path: Path) -> None:
    """Damage a blob, so that ``kind`` is what is wrong with it."""
    path = Path(original_storage().path(key))
    content = path.read_bytes()
    if kind == "size":
        path.write_bytes(content[:-1])
    elif kind == "digest":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        path.unlink()
    if kind == "link":
        target = tmp_path / "target"
        target.write_bytes(content)
        path.symlink_to(target)


@pytest.mark.parametrize("kind", ["size", "digest", "link", "missing"])
def test_damaged_original_and_avatar__are_reported_and_stay(
    owner: Any, tmp_path: Path, kind: str
) -> None:
    file, avatar = make_stored_file(owner=owner), make_avatar(owner)
    keys = [file.content.name or "", avatar.key]
    for key in keys:
        spoil(key, kind, tmp_path)
    before = blobs(original_storage())

    for repair in (False, True):
        findings = verify_store(repair=repair, deep=True).findings
        assert [(f.kind, f.key, f.repaired) for f in findings] == [
            (kind, key, False) for key in keys
        ]
    assert bool(verify_store().findings) == (kind != "digest")
    assert blobs(original_storage()) == before
    assert get_file_model()._base_manager.filter(pk=file.pk).exists()
    assert Avatar.objects.filter(key=avatar.key).exists()


def test_folder_that_is_a_link__is_followed(tmp_path: Path) -> None:
    file = make_stored_file()
    folder = Path(original_storage().path(file.content.name or "")).parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    report = verify_store(deep=True)

    assert (report.findings, report.checked["blobs"]) == ([], 1)


@pytest.mark.parametrize("target_exists", [True, False])
def test_old_link_without_a_row__is_removed_and_its_target_is_not(
    tmp_path: Path, target_exists: bool
) -> None:
    file, target = make_stored_file(), tmp_path / "target"
    if target_exists:
        target.write_bytes(b"of somebody else")
    key = content_key(file, "")
    link = Path(original_storage().path(key))
    link.symlink_to(target)
    assert found(repair=True) == []  # as young as the link is
    then = time.time() - 2 * GRACE.total_seconds()
    os.utime(link, (then, then), follow_symlinks=False)

    assert found(repair=True) == [("orphan", key, True)]
    assert not link.is_symlink()
    assert target.exists() == target_exists


# How much a repair removes, and rows that other places hide.


def refused(**options: Any) -> list[str]:
    """Return the codes for which a repair is refused; nothing has changed then."""
    before = blobs(original_storage())
    with pytest.raises(RepairRefused) as raised:
        verify_store(repair=True, **options)
    assert blobs(original_storage()) == before
    return [refusal.code for refusal in raised.value.refusals]


@pytest.mark.parametrize(
    ("orphans", "blobs_with_rows", "allowed", "is_refused"),
    [
        (2, 0, None, False),
        (3, 0, None, True),
        (3, 0, 4, True),
        (3, 0, 3, False),
        (3, 56, None, True),
        (3, 57, None, False),
    ],
)
def test_many_orphans__need_their_exact_number(
    monkeypatch: pytest.MonkeyPatch,
    orphans: int,
    blobs_with_rows: int,
    allowed: int | None,
    is_refused: bool,
) -> None:
    monkeypatch.setattr(verification, "ORPHANS_ALLOWED", 2)
    file = make_stored_file()
    keys = {orphan(file) for _ in range(orphans)}
    # Their rows are not what this is about: as if they were looked at and found whole.
    monkeypatch.setattr(
        StoredBytes,
        "named",
        lambda self, names: {name for name in names if name not in keys},
    )
    for _ in range(blobs_with_rows - 1):
        save(content_key(file, ""))
    if not blobs_with_rows:
        get_file_model()._base_manager.all()._raw_delete("default")
        original_storage().delete(file.content.name)

    if is_refused:
        assert refused(allow_orphans=allowed) == ["too_many_orphans"]
    else:
        findings = verify_store(repair=True, allow_orphans=allowed).findings
        assert {finding.key for finding in findings} == keys
        assert not keys & blobs(original_storage())
    assert {finding.key for finding in verify_store().findings} == (keys if is_refused else set())


def test_two_aliases_of_one_folder__lose_nothing(settings: Any, folder: Path) -> None:
    settings.STORAGES = settings.STORAGES | {"small": settings.STORAGES["org_files"]}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}
    file = make_picture(make_organization())
    make_renditions(file=file)
    before = blobs(original_storage())
    for key in before:
        path = folder / key
        then = time.time() - 2 * GRACE.total_seconds()
        os.utime(path, (then, then))

    assert found(repair=True) == []
    assert blobs(original_storage()) == before
    assert verify_store().checked["blobs"] == len(before)
    key = orphan(file)
    assert found() == [("orphan", key, False)]
    assert found(repair=True) == [("orphan", key, True)]
    assert blobs(original_storage()) == before


@pytest.mark.parametrize(("name", "count"), [("bucket", 1), ("another", 2)])
def test_two_aliases__are_one_storage_where_they_have_one_bucket(
    settings: Any, name: str, count: int
) -> None:
    backend = "tests.files.storages.BucketStorage"
    for alias, bucket in (("org_files", "bucket"), ("small", name)):
        storage = {"BACKEND": backend, "OPTIONS": {"bucket_name": bucket}}
        settings.STORAGES = settings.STORAGES | {alias: storage}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}

    assert len(registered_storages()) == count


def test_base_manager_that_hides_rows__loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_stored_file()
    key = file.content.name or ""
    then = time.time() - 2 * GRACE.total_seconds()
    os.utime(original_storage().path(key), (then, then))

    class Hiding(Manager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().none()

    hiding = Hiding()
    hiding.model = get_file_model()
    monkeypatch.setattr(get_file_model()._meta, "base_manager", hiding)
    assert not get_file_model()._base_manager.exists()

    assert found(repair=True) == []
    assert verify_usage(repair=True).findings == []


# Usage.


def test_organization_without_uploads__has_no_usage_to_verify() -> None:
    make_file(make_organization())

    assert verify_usage().checked == {"organizations": 0}


@pytest.mark.parametrize(("counted_bytes", "counted_files"), [(0, 2), (10, 9)])
def test_wrong_usage__is_reported_and_recounted_when_asked_to(
    organization: AbstractOrganization, counted_bytes: int, counted_files: int
) -> None:
    for _ in range(2):
        make_stored_file(organization, content=b"12345")
    make_stored_file()
    usage = Usage.objects.filter(organization=organization)
    usage.update(bytes_stored=counted_bytes, file_count=counted_files)

    [finding] = verify_usage().findings
    assert finding.organization == str(organization.pk)
    assert (finding.bytes_stored, finding.file_count) == (10, 2)
    assert (finding.counted_bytes, finding.counted_files) == (counted_bytes, counted_files)
    assert not finding.repaired
    assert usage.get().bytes_stored == counted_bytes

    [finding] = verify_usage(repair=True).findings
    assert finding.repaired
    assert (usage.get().bytes_stored, usage.get().file_count) == (10, 2)
    assert verify_usage().findings == []


def test_organization_deleted_while_one_looks__is_none(
    organization: AbstractOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_stored_file(organization)
    file.delete()
    writing = quotas.writing

    def delete_first(model: Any) -> Any:
        type(organization)._base_manager.filter(pk=organization.pk).delete()
        return writing(model)

    monkeypatch.setattr(quotas, "writing", delete_first)

    assert verify_usage(repair=True).checked == {"organizations": 0}


def test_usage_that_was_never_counted__is_counted_by_repair(
    organization: AbstractOrganization,
) -> None:
    make_stored_file(organization, content=b"12345")
    usage = Usage.objects.filter(organization=organization)
    usage.update(bytes_stored=0, file_count=0, is_counted=False)

    assert verify_usage(repair=True).findings == []
    assert usage.values_list("bytes_stored", "file_count", "is_counted").get() == (5, 1, True)
