"""Concurrent changes of one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.files import change_file, purge_file, purge_files, restore_file, trash_file
from org_files.files.quotas import verify_usage
from org_files.files.verification import verify_store
from org_files.models import AbstractFile, AbstractOrganization, Download, Tombstone, Usage
from org_files.signals import file_deleted
from org_files.storage import original_storage
from org_files.testing.factories import make_file, make_stored_file
from org_files.testing.threads import PATIENCE, at_once
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def rows() -> Any:
    return get_file_model()._base_manager.all()


def in_the_trash() -> Any:
    return rows().exclude(deleted_at=None)


def succeeded(do: Callable[..., None], file: AbstractFile) -> bool:
    try:
        do(file=file)
    except get_file_model().DoesNotExist:
        return False
    return True


def make_trashed(organization: AbstractOrganization, count: int) -> list[AbstractFile]:
    files = [make_stored_file(organization, content=b"12345") for _ in range(count)]
    for file in files:
        trash_file(file=file)
    return files


@contextmanager
def deletions() -> Iterator[list[Any]]:
    """The keys of the files that the signal tells of."""
    heard: list[Any] = []

    def hear(file: AbstractFile, **kwargs: Any) -> None:
        heard.append(file.pk)

    file_deleted.connect(hear, sender=get_file_model())
    try:
        yield heard
    finally:
        file_deleted.disconnect(hear, sender=get_file_model())


def check(organization: AbstractOrganization, *left: AbstractFile) -> None:
    """Look at whether these files are left, whole, and nothing of any other."""
    assert set(rows()) == set(left)
    assert blobs(original_storage()) == {file.content.name for file in left}
    usage = Usage.objects.get(organization=organization.pk)
    assert (usage.bytes_stored, usage.file_count) == (sum(f.size for f in left), len(left))
    counters.fold()
    for verify in (verify_store, verify_usage, counters.verify):
        assert verify().findings == []


@pytest.mark.parametrize("do", [trash_file, restore_file, purge_file])
def test_concurrent_calls__succeed_once(
    organization: AbstractOrganization, do: Callable[..., None]
) -> None:
    [file] = make_trashed(organization, 1)
    if do is trash_file:
        restore_file(file=file)

    done = at_once([partial(succeeded, do, rows().get()) for _ in range(16)])

    assert sorted(done) == [False] * 15 + [True]


def test_purgers_at_once__remove_each_file_once(organization: AbstractOrganization) -> None:
    files = make_trashed(organization, 12)
    keys = {file.pk for file in files}
    kept = make_stored_file(organization, content=b"123")

    with deletions() as heard:
        purged = at_once([lambda: purge_files(files=in_the_trash())] * 4)

    assert sum(one.files for one in purged) == 12
    assert sum(one.bytes for one in purged) == 12 * 5
    assert sum(one.kept for one in purged) == 0
    assert Counter(heard) == Counter(keys)
    assert set(Tombstone.objects.values_list("file", flat=True)) == keys
    check(organization, kept)


def test_file_restored_before_its_turn__stays(organization: AbstractOrganization) -> None:
    files = make_trashed(organization, 3)

    def restore_the_last(**kwargs: Any) -> None:
        if files[2].deleted_at is not None:
            restore_file(file=files[2])

    file_deleted.connect(restore_the_last, sender=get_file_model())
    try:
        purged = purge_files(files=in_the_trash())
    finally:
        file_deleted.disconnect(restore_the_last, sender=get_file_model())

    assert purged.files == 2
    check(organization, rows().get(pk=files[2].pk))


def test_restored_or_purged__never_both(organization: AbstractOrganization) -> None:
    files = make_trashed(organization, 12)

    def purge() -> int:
        return purge_files(files=in_the_trash()).files

    def restore() -> list[AbstractFile]:
        # From the other end, so that they meet.
        return [file for file in reversed(files) if succeeded(restore_file, file)]

    removed, restored = at_once([purge, restore])

    assert removed + len(restored) == 12
    check(organization, *restored)


def while_uncommitted(
    first: Callable[[], Any], then: Callable[[], Any], *, patience: float = 0.2
) -> Any:
    """Do ``first`` in a transaction, and meanwhile what ``then`` does; return what that returned.

    The transaction is committed ``patience`` seconds after, if ``then`` waits for it.
    """
    done, answered = Event(), Event()

    def begin() -> None:
        with transaction.atomic():
            first()
            done.set()
            answered.wait(patience)

    def follow() -> Any:
        done.wait(PATIENCE)
        try:
            return then()
        finally:
            answered.set()

    return at_once([begin, follow])[1]


def purge_trash(file: AbstractFile) -> bool:
    return bool(purge_files(files=in_the_trash()).files)


def expire(file: AbstractFile) -> None:
    rows().update(expires_at=timezone.now())


change = partial(change_file, comment="Too late.")


@pytest.mark.parametrize(
    ("is_trashed", "first", "then", "is_left"),
    [
        (True, restore_file, purge_trash, True),
        (True, purge_file, partial(succeeded, restore_file), False),
        (True, expire, partial(succeeded, restore_file), True),
        (False, purge_file, partial(succeeded, change), False),
        (False, trash_file, partial(succeeded, change), True),
    ],
    ids=["restore, purge", "purge, restore", "expire, restore", "purge, change", "trash, change"],
)
def test_second_change__waits_for_the_first_and_does_not_take_place(
    organization: AbstractOrganization,
    is_trashed: bool,
    first: Callable[..., Any],
    then: Callable[..., bool],
    is_left: bool,
) -> None:
    file = make_stored_file(organization)
    if is_trashed:
        trash_file(file=file)
    before = rows().get()

    assert while_uncommitted(partial(first, file=file), partial(then, file=before)) is False

    check(organization, *([before] if is_left else []))
    assert not rows().filter(comment="Too late.").exists()
    if first in (expire, trash_file):
        assert in_the_trash().exists()


def test_purge_while_the_first_upload_is_not_committed_yet__is_counted(
    organization: AbstractOrganization,
) -> None:
    older = make_file(organization, content=b"1234567")

    while_uncommitted(
        partial(make_stored_file, organization, content=b"123"), partial(purge_file, file=older)
    )

    check(organization, rows().get())
    assert Usage.objects.get().is_counted


@pytest.mark.parametrize("backend", ["LedgerCounters", "DirectCounters"])
def test_downloads_while_files_are_removed__stay_counted(
    organization: AbstractOrganization, settings: Any, backend: str
) -> None:
    settings.ORG_FILES = {"COUNTERS": {"BACKEND": f"org_files.counters.{backend}"}}
    files = [make_stored_file(organization) for _ in range(6)]
    pks = [file.pk for file in files]
    kept = make_stored_file(organization)

    def download(number: int) -> int:
        counted = 0
        for turn in range(9):
            pk = pks[(number + turn) % 6]
            counted += counters.grant_download(rows().filter(pk=pk)) is not None
            counters.record_download(file=kept)
        return counted

    def fold() -> None:
        for _ in range(20):
            counters.fold(batch_size=5)

    def remove() -> None:
        for file in rows().exclude(pk=kept.pk):
            purge_file(file=file)

    *granted, _, _ = at_once([*(partial(download, number) for number in range(4)), fold, remove])

    counters.fold()
    assert Download.objects.count() == sum(granted) + 4 * 9
    assert counters.verify().findings == []
    organization.refresh_from_db()
    totals = [tombstone.folded_download_count for tombstone in Tombstone.objects.all()]
    assert len(totals) == 6
    assert sum(totals) == sum(granted)
    assert organization.folded_download_count == sum(totals) + 4 * 9
    assert counters.with_totals(rows()).get().download_count == 4 * 9


@pytest.mark.parametrize("folded", [False, True], ids=["pending", "folded"])
def test_download_taken_back_after_the_file_is_gone__is_taken_from_its_tombstone(
    organization: AbstractOrganization, folded: bool
) -> None:
    file = make_stored_file(organization)
    counters.record_download(file=file)
    download = counters.record_download(file=file)
    purge_file(file=file)
    if folded:
        counters.fold()

    counters.withdraw_download(download)

    counters.fold()
    assert Tombstone.objects.get().folded_download_count == 1
    assert counters.verify().findings == []


def test_download_that_ends_after_the_file_is_gone__is_counted_for_its_tombstone(
    organization: AbstractOrganization,
) -> None:
    file = make_stored_file(organization)
    held = rows().get(pk=file.pk)
    purge_file(file=file)

    # As where the bytes were opened before the file went.
    counters.record_download(file=held)

    counters.fold()
    assert Tombstone.objects.get().folded_download_count == 1
    organization.refresh_from_db()
    assert organization.folded_download_count == 1
    assert counters.verify().findings == []
