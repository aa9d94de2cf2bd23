"""Verification of the store and of usage; repair removes only old bytes of the package."""

import os
import time
import tracemalloc
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
from org_files.db.reports import RepairRefused
from org_files.files import quotas, verification
from org_files.files.quotas import verify_usage
from org_files.files.verification import GRACE, verify_store
from org_files.models import Rendition, Usage
from org_files.pictures import make_renditions
from org_files.storage import StoredBytes, content_key, original_storage, rendition_storage
from org_files.storage.known import registered_storages
from org_files.storage.listing import Blob, Listing
from org_files.storage.owners import claim_store
from org_files.testing.factories import make_file, make_organization, make_stored_file
from tests.accounts.pictures import photo
from tests.files.rows import rows
from tests.files.storages import blobs
from tests.pictures.stored import heights_there, make_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

OLD = GRACE + timedelta(seconds=60)


def grow_old(path, age=OLD):
    then = time.time() - age.total_seconds()
    os.utime(path, (then, then), follow_symlinks=False)


def save(key, *, age=OLD):
    """Put bytes into the store, as if they had been there for ``age``."""
    storage = original_storage()
    assert storage.save(key, ContentFile(b"bytes")) == key
    grow_old(storage.path(key), age)
    return key


def orphan(file, **options):
    """Put bytes beside those of ``file`` that no row names."""
    return save(content_key(file, ""), **options)


def found(**options):
    findings = verify_store(**options).findings
    return [(finding.kind, finding.key, finding.repaired) for finding in findings]


def test_bytes_without_a_row__are_reported_and_removed_when_asked_to():
    file = make_stored_file(deleted_at="2024-01-01T00:00:00Z", expires_at="2024-01-01T00:00:00Z")
    key = orphan(file)

    assert found() == [("orphan", key, False)]
    assert key in blobs(original_storage())
    assert found(repair=True) == [("orphan", key, True)]
    assert blobs(original_storage()) == {file.content.name}
    assert found() == []


def test_bytes_of_an_organization_and_an_owner_that_are_gone__are_found(owner):
    claim_store(original_storage())
    keys = [f"{'a' * 24}/{part}/{'b' * 32}" for part in ("c" * 24, "none")]
    keys.append(f"avatars/{get_random_string(32)}")  # left by a change
    for key in keys:
        save(key)
    avatar = make_avatar(owner)

    assert found(repair=True) == [("orphan", key, True) for key in keys]
    assert blobs(original_storage()) == {avatar.key}


def test_young_bytes__may_be_an_upload_under_way():
    file = make_stored_file()
    # The last one for a clock that is behind.
    ages = (timedelta(), GRACE - timedelta(seconds=60), timedelta(hours=-2))
    young = {orphan(file, age=age) for age in ages}

    assert found(repair=True) == []
    assert young < blobs(original_storage())


def test_objects_of_other_programs__are_never_touched():
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
        "a" * 24 + "x/none/" + "b" * 32,
        "media/" + "a" * 24 + "/none/" + "b" * 32,
    }
    for key in keys:
        save(key)

    assert found(repair=True) == []
    assert keys < blobs(original_storage())


def test_more_than_one_batch__is_checked(monkeypatch):
    monkeypatch.setattr(verification, "BATCH_SIZE", 3)
    files = [make_stored_file() for _ in range(4)]
    lost = [make_file() for _ in range(4)]
    orphans = [orphan(file) for file in files]

    report = verify_store()

    assert report.checked == {"files": 8, "uploads": 0, "renditions": 0, "avatars": 0, "blobs": 8}
    by_kind = {(finding.kind, finding.key) for finding in report.findings}
    assert by_kind == {("orphan", key) for key in orphans} | {
        ("missing", file.content.name) for file in lost
    }


def test_bytes_that_the_store_does_not_let_go__are_not_called_removed(failing_store):
    key = orphan(make_stored_file())
    failing_store(fault="answers, and stays away")

    assert found(repair=True) == [("orphan", key, False)]


def test_file_removed_while_one_looks__is_no_finding(
    monkeypatch, django_capture_on_commit_callbacks
):
    file, storage = make_stored_file(), type(original_storage())
    exists = storage.exists

    def remove_and_look(self, key):
        with django_capture_on_commit_callbacks(execute=True):
            rows(pk=file.pk).delete()
        return exists(self, key)

    monkeypatch.setattr(storage, "exists", remove_and_look)

    assert found(repair=True) == []


# Damage: of originals and avatars, which stay, and of renditions, which are made again.


def make_avatar(user):
    """Give the user a picture, as an upload does."""
    return set_avatar(user=user, upload=ContentFile(photo()))


def spoil(path, kind):
    """Damage a blob, so that ``kind`` is what is wrong with it."""
    content = path.read_bytes()
    path.unlink()
    if kind == "size":
        path.write_bytes(content[:-1])
    elif kind == "digest":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif kind == "link":
        target = path.with_name("target")
        target.write_bytes(content)
        path.symlink_to(target)


@pytest.fixture
def picture(organization, settings, folder):
    """A picture with its heights, which are in a store of their own."""
    other = settings.STORAGES["org_files"] | {"OPTIONS": {"location": folder.parent / "small"}}
    settings.STORAGES = settings.STORAGES | {"small": other}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}
    file = make_picture(organization)
    make_renditions(file=file)
    return file


@pytest.mark.parametrize("kind", ["size", "digest", "link", "missing"])
def test_damaged_blob__stays_and_a_rendition_is_made_again(owner, picture, kind):
    avatar, rendition = make_avatar(owner), Rendition.objects.get(height=200)
    keys = [picture.content.name or "", avatar.key]
    paths = [Path(original_storage().path(key)) for key in keys]
    small = Path(rendition_storage().path(rendition.key))
    for path in (*paths, small):
        spoil(path, kind)
    before = blobs(original_storage())
    damaged = [(kind, key) for key in (keys[0], rendition.key, keys[1])]

    assert found(deep=True) == [(*each, False) for each in damaged]
    assert found() == ([] if kind == "digest" else [(*each, False) for each in damaged])
    assert heights_there(picture) == [200, 400]
    assert found(repair=True, deep=True) == [(*each, each[1] == rendition.key) for each in damaged]

    assert blobs(original_storage()) == before
    assert rows(pk=picture.pk).exists()
    assert Avatar.objects.filter(key=avatar.key).exists()
    assert heights_there(picture) == [400]
    assert not os.path.lexists(small)
    assert small.with_name("target").exists() == (kind == "link")


def test_old_bytes_without_a_row__are_removed_from_both_stores(picture):
    of_original, storage = orphan(picture), rendition_storage()
    rendition = Rendition.objects.get(height=200)
    before = blobs(original_storage()) | blobs(storage)
    # As after a kill between the bytes and the row.
    Rendition.objects.filter(pk=rendition.pk)._raw_delete("default")
    grow_old(storage.path(rendition.key))

    assert set(found(repair=True)) == {
        ("orphan", of_original, True),
        ("orphan", rendition.key, True),
    }
    after = blobs(original_storage()) | blobs(storage)
    assert before - after == {of_original, rendition.key}


def test_folder_that_is_a_link__is_followed(tmp_path):
    file = make_stored_file()
    folder = Path(original_storage().path(file.content.name or "")).parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    report = verify_store(deep=True)

    assert (report.findings, report.checked["blobs"]) == ([], 1)


@pytest.mark.parametrize("target_exists", [True, False])
def test_old_link_without_a_row__is_removed_and_its_target_is_not(tmp_path, target_exists):
    key, target = content_key(make_stored_file(), ""), tmp_path / "target"
    if target_exists:
        target.write_bytes(b"of somebody else")
    link = Path(original_storage().path(key))
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    assert found(repair=True) == []  # as young as the link is
    grow_old(link)

    assert found(repair=True) == [("orphan", key, True)]
    assert not link.is_symlink()
    assert target.exists() == target_exists


# How much a repair removes, and rows that other places hide.


@pytest.fixture
def after_survey(monkeypatch):
    """Have something happen between the survey of the storages and the removal."""
    survey = verification._survey

    def register(do):
        def survey_and_do(*arguments):
            store = survey(*arguments)
            do()
            return store

        monkeypatch.setattr(verification, "_survey", survey_and_do)

    return register


def test_row_that_is_newer_than_the_survey__keeps_its_bytes(after_survey):
    key = orphan(make_stored_file())
    after_survey(lambda: rows(pk=make_file().pk).update(content=key))

    assert found(repair=True) == []
    assert key in blobs(original_storage())


def test_database_that_writes_during_the_survey__is_seen_before_a_removal(after_survey, settings):
    orphan(make_stored_file())

    def write():
        settings.ORG_FILES = {"STORE_OWNER": "another"}
        claim_store(original_storage())
        settings.ORG_FILES = {}

    after_survey(write)

    assert refused() == ["other_writers"]


def refused(**options):
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
    monkeypatch, orphans, blobs_with_rows, allowed, is_refused
):
    monkeypatch.setattr(verification, "ORPHANS_ALLOWED", 2)
    claim_store(original_storage())
    file = make_file()
    rows()._raw_delete("default")
    keys = {orphan(file) for _ in range(orphans)}
    for _ in range(blobs_with_rows):
        save(content_key(file, ""))
    # As if a row named each of the others.
    monkeypatch.setattr(StoredBytes, "named", lambda self, names: {*names} - keys)

    if is_refused:
        assert refused(allow_orphans=allowed) == ["too_many_orphans"]
    else:
        findings = verify_store(repair=True, allow_orphans=allowed).findings
        assert {finding.key for finding in findings} == keys
        assert not keys & blobs(original_storage())


def test_two_aliases_of_one_folder__lose_nothing(settings):
    settings.STORAGES = settings.STORAGES | {"small": settings.STORAGES["org_files"]}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}
    file = make_picture(make_organization())
    make_renditions(file=file)
    before = blobs(original_storage())
    for key in before:
        grow_old(original_storage().path(key))

    assert found(repair=True) == []
    assert verify_store().checked["blobs"] == len(before)
    key = orphan(file)
    assert found(repair=True) == [("orphan", key, True)]
    assert blobs(original_storage()) == before


@pytest.mark.parametrize(("name", "count"), [("bucket", 1), ("another", 2)])
def test_two_aliases__are_one_storage_where_they_have_one_bucket(settings, name, count):
    backend = "tests.files.storages.BucketStorage"
    for alias, bucket in (("org_files", "bucket"), ("small", name)):
        storage = {"BACKEND": backend, "OPTIONS": {"bucket_name": bucket}}
        settings.STORAGES = settings.STORAGES | {alias: storage}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}

    assert len(registered_storages()) == count


def test_base_manager_that_hides_rows__loses_nothing(monkeypatch):
    file = make_stored_file()
    grow_old(original_storage().path(file.content.name or ""))

    class Hiding(Manager[Any]):
        def get_queryset(self):
            return super().get_queryset().none()

    hiding = Hiding()
    hiding.model = get_file_model()
    monkeypatch.setattr(get_file_model()._meta, "base_manager", hiding)
    assert not rows().exists()

    assert found(repair=True) == []
    assert verify_usage(repair=True).findings == []


# Usage.


@pytest.mark.parametrize("counted", [(0, 2), (10, 9)])
def test_wrong_usage__is_reported_and_recounted_when_asked_to(organization, counted):
    for _ in range(2):
        make_stored_file(organization, content=b"12345")
    make_stored_file()
    never_counted = make_file(make_organization()).organization
    usage = Usage.objects.filter(organization=organization)
    usage.update(bytes_stored=counted[0], file_count=counted[1])

    [finding] = verify_usage().findings
    assert finding.organization == str(organization.pk)
    assert (finding.bytes_stored, finding.file_count) == (10, 2)
    assert (finding.counted_bytes, finding.counted_files) == counted
    assert not finding.repaired
    assert usage.values_list("bytes_stored", "file_count").get() == counted

    [finding] = verify_usage(repair=True).findings
    assert finding.repaired
    assert usage.values_list("bytes_stored", "file_count").get() == (10, 2)
    assert (verify_usage().findings, verify_usage().checked) == ([], {"organizations": 3})
    assert Usage.objects.get(organization=never_counted).file_count == 1


def test_organization_deleted_while_one_looks__is_none(organization, monkeypatch):
    make_stored_file(organization).delete()
    writing = quotas.writing

    def delete_first(model):
        type(organization)._base_manager.filter(pk=organization.pk).delete()
        return writing(model)

    monkeypatch.setattr(quotas, "writing", delete_first)

    assert verify_usage(repair=True).checked == {"organizations": 0}


def test_usage_that_was_never_counted__is_counted_by_repair(organization):
    make_stored_file(organization, content=b"12345")
    usage = Usage.objects.filter(organization=organization)
    usage.update(bytes_stored=0, file_count=0, is_counted=False)

    assert verify_usage(repair=True).findings == []
    assert usage.values_list("bytes_stored", "file_count", "is_counted").get() == (5, 1, True)


def test_deep_verification__finds_out_the_charset_of_older_files():
    utf8, other, damaged = (
        make_stored_file(name="a.txt", content=content)
        for content in ("отчёт".encode(), "отчёт".encode("cp1251"), b"whole")
    )
    rows().update(charset=None)
    Path(original_storage().path(damaged.content.name)).write_bytes(b"later")

    def charsets():
        return [rows().get(pk=file.pk).charset for file in (utf8, other, damaged)]

    verify_store()
    assert charsets() == [None] * 3
    verify_store(deep=True)
    assert charsets() == ["utf-8", "", None]


def test_list_of_a_large_store__is_not_in_memory(monkeypatch):
    def stored_blobs(storage):
        return (Blob(f"{number:040}", 1, 0.0) for number in range(50_000))

    monkeypatch.setattr("org_files.storage.listing.stored_blobs", stored_blobs)
    tracemalloc.start()
    try:
        with Listing(original_storage()) as listing:
            assert sum(1 for _ in listing) == 50_000
            assert listing.find([f"{7:040}", "none"]) == {f"{7:040}": Blob(f"{7:040}", 1, 0.0)}
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()
