"""Verification: rows and store, quotas and files; repair touches what is ours and old alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from org_files import get_file_model
from org_files.exceptions import StorageUnavailable
from org_files.files import verification
from org_files.files.verification import GRACE, verify_store, verify_usage
from org_files.models import AbstractFile, AbstractOrganization, Usage
from org_files.storage import content_key, original_storage
from org_files.testing.factories import make_file, make_organization, make_stored_file
from tests.files.storages import blobs

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
        "checked": {"files": 0, "renditions": 0, "blobs": 0},
    }
    assert verify_usage().checked == {"organizations": 0}


def test_files_with_their_bytes__are_right(organization: AbstractOrganization) -> None:
    for _ in range(3):
        make_stored_file(organization)
    make_stored_file(deleted_at="2024-01-01T00:00:00Z", expires_at="2024-01-01T00:00:00Z")

    report = verify_store(repair=True)

    assert (report.findings, report.checked) == ([], {"files": 4, "renditions": 0, "blobs": 4})


@pytest.mark.parametrize("repair", [False, True])
def test_row_without_bytes__is_reported_and_stays(repair: bool) -> None:
    make_stored_file()
    lost = make_file()

    assert found(repair=repair) == [("missing", lost.content.name, False)]
    assert get_file_model()._base_manager.filter(pk=lost.pk).exists()


def test_bytes_without_a_row__are_reported_and_removed_when_asked_to() -> None:
    file = make_stored_file()
    key = orphan(file)

    assert found() == [("orphan", key, False)]
    assert key in blobs(original_storage())
    assert found(repair=True) == [("orphan", key, True)]
    assert blobs(original_storage()) == {file.content.name}
    assert found() == []


def test_bytes_of_an_organization_and_an_owner_that_are_gone__are_found() -> None:
    nobody = save(f"{'a' * 24}/none/{'b' * 32}")
    somebody = save(f"{'a' * 24}/{'c' * 24}/{'b' * 32}")

    assert found(repair=True) == [("orphan", somebody, True), ("orphan", nobody, True)]
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


@pytest.mark.parametrize(
    "key",
    [
        "avatars/Xk29sLq81M",
        "avatars/" + "a" * 24 + "/" + "b" * 32,
        "readme.txt",
        "a" * 24,
        "a" * 24 + "/" + "b" * 32,
        "a" * 24 + "/none/" + "b" * 32 + ".txt",
        "a" * 24 + "/none/" + "B" * 32,
        "a" * 24 + "/none/" + "b" * 31,
        "a" * 24 + "/none/more/" + "b" * 32,
        "a" * 24 + "/other/" + "b" * 32,
        "a" * 23 + "/none/" + "b" * 32,
        "A" * 24 + "/none/" + "b" * 32,
        "a" * 24 + "x/none/" + "b" * 32,
        "media/" + "a" * 24 + "/none/" + "b" * 32,
    ],
)
def test_what_others_keep_in_the_store__is_never_touched(key: str) -> None:
    make_stored_file()
    save(key)

    assert found(repair=True) == []
    assert key in blobs(original_storage())


def test_more_than_one_batch__is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "BATCH_SIZE", 3)
    files = [make_stored_file() for _ in range(4)]
    lost = [make_file() for _ in range(4)]
    orphans = [orphan(file) for file in files]

    report = verify_store()

    assert report.checked == {"files": 8, "renditions": 0, "blobs": 8}
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


# Usage.


def test_usage__is_right_as_services_leave_it(organization: AbstractOrganization) -> None:
    make_stored_file(organization)
    make_stored_file(organization, deleted_at="2024-01-01T00:00:00Z")
    make_stored_file()

    report = verify_usage()

    assert (report.findings, report.checked) == ([], {"organizations": 2})


def test_organization_without_uploads__has_no_usage_to_verify() -> None:
    make_file(make_organization())

    assert verify_usage().checked == {"organizations": 0}


@pytest.mark.parametrize(("counted_bytes", "counted_files"), [(0, 2), (9, 0), (1000, 1000)])
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
    writing = verification.writing

    def delete_first(model: Any) -> Any:
        type(organization)._base_manager.filter(pk=organization.pk).delete()
        return writing(model)

    monkeypatch.setattr(verification, "writing", delete_first)

    assert verify_usage(repair=True).checked == {"organizations": 0}
