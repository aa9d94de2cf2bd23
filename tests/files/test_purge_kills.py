"""A process killed while it removes a file for good: done whole, or not at all."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from org_files import counters, get_file_model
from org_files.files import purge_file
from org_files.files.verification import GRACE, verify_store, verify_usage
from org_files.models import AbstractFile, AbstractOrganization, Tombstone, Usage
from org_files.storage import original_storage
from org_files.testing.factories import make_organization, make_stored_file
from tests.files.storages import blobs
from tests.victims import FINISHED, KILLED, Victims

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = b"there or gone"


@pytest.fixture
def organization(transactional_db: None) -> AbstractOrganization:
    """An organization that other processes see."""
    return make_organization()


def downloaded_file(organization: AbstractOrganization) -> AbstractFile:
    """Return a file with one download that is folded, and one that is not."""
    file = make_stored_file(organization, content=CONTENT)
    counters.record_download(file=file)
    counters.fold()
    counters.record_download(file=file)
    return file


def is_whole(file: AbstractFile) -> bool:
    """Return whether the file is there; what goes with its row has gone with it, or stayed."""
    there = get_file_model()._base_manager.filter(pk=file.pk).exists()
    assert Tombstone.objects.filter(file_public_id=file.public_id).exists() != there
    stored = blobs(original_storage())
    for key in get_file_model()._base_manager.values_list("content", flat=True):
        assert key in stored
    usage = Usage.objects.get(organization=file.organization_id)
    files = get_file_model()._base_manager.filter(organization=file.organization_id).count()
    assert (usage.bytes_stored, usage.file_count) == (files * len(CONTENT), files)
    assert counters.verify().findings == []
    return there


def make_old(key: str) -> None:
    """Have the bytes lie there for longer than an upload may take."""
    then = time.time() - (GRACE + timedelta(minutes=1)).total_seconds()
    os.utime(Path(original_storage().path(key)), (then, then))


def test_purge_killed_after_any_statement__is_done_whole_or_not_at_all(
    doomed: Victims, organization: AbstractOrganization
) -> None:
    file = downloaded_file(organization)
    ends: list[str] = []
    for statement in range(1, 40):
        if not is_whole(file):
            file = downloaded_file(organization)
        ends.append(doomed.run("purge", file=file.pk, statement=statement))
        if ends[-1] == FINISHED:
            break

    assert ends[-1] == FINISHED
    assert ends.count(KILLED) >= 5
    assert not is_whole(file)
    assert file.content.name not in blobs(original_storage())


def test_purge_killed_between_row_and_bytes__leaves_bytes_that_verify_removes(
    doomed: Victims, organization: AbstractOrganization
) -> None:
    file, kept = downloaded_file(organization), make_stored_file(organization, content=CONTENT)
    key = file.content.name

    assert doomed.run("purge_the_row", file=file.pk) == KILLED

    assert not is_whole(file)
    assert blobs(original_storage()) == {key, kept.content.name}
    # They might belong to an upload that is under way.
    assert verify_store(repair=True).findings == []
    make_old(key)
    found: Any = verify_store(repair=True).findings
    assert [(finding.kind, finding.key, finding.repaired) for finding in found] == [
        ("orphan", key, True)
    ]
    assert blobs(original_storage()) == {kept.content.name}
    for verify in (verify_store, verify_usage, counters.verify):
        assert verify().findings == []


def test_killed_purge__can_be_repeated(doomed: Victims, organization: AbstractOrganization) -> None:
    file = downloaded_file(organization)
    assert doomed.run("purge", file=file.pk, statement=3) == KILLED
    assert is_whole(file)

    purge_file(file=get_file_model()._base_manager.get(pk=file.pk))

    assert not is_whole(file)
    assert blobs(original_storage()) == set()
    counters.fold()
    assert Tombstone.objects.get().folded_download_count == 2
