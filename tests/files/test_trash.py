"""The trash, and concurrent changes of one file."""

from collections import Counter
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.files import (
    change_file,
    purge_file,
    purge_files,
    removal,
    restore_file,
    restore_files,
    trash_file,
    trash_files,
)
from org_files.files.quotas import verify_usage
from org_files.files.verification import verify_store
from org_files.models import Download, Tombstone
from org_files.signals import file_deleted, file_restored, file_trashed
from org_files.storage import original_storage
from org_files.testing.factories import make_file, make_stored_file
from org_files.testing.threads import PATIENCE, at_once
from tests.files.rows import connected, rows, used
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

#: A service that raises where there is nothing to do any more.
SERVICES = (trash_file, restore_file, purge_file)


def moment_of(file):
    return rows().get(pk=file.pk).deleted_at


def nothing_to_do(do, file):
    with pytest.raises(get_file_model().DoesNotExist):
        do(file=file)
    return True


def test_file__is_trashed_once_and_restored_as_it_was():
    file = make_stored_file(comment="Mine.")
    before = rows().filter(pk=file.pk).values().get()
    assert nothing_to_do(restore_file, file)
    trash_file(file=file)
    first = moment_of(file)

    assert nothing_to_do(trash_file, file)
    assert moment_of(file) == first
    restore_file(file=file)

    assert file.deleted_at is None
    assert rows().filter(pk=file.pk).values().get() == before


def test_expired_file__goes_neither_into_the_trash_nor_out_of_it():
    over = timezone.now() - timedelta(microseconds=1)
    assert nothing_to_do(trash_file, make_stored_file(expires_at=over))
    file = make_stored_file()
    trash_file(file=file)
    rows().filter(pk=file.pk).update(expires_at=over)

    assert nothing_to_do(restore_file, file)
    assert moment_of(file) is not None

    restore_file(file=file, among=rows())
    assert moment_of(file) is None


def test_trash_of_several__counts_those_that_it_moved(organization, monkeypatch):
    monkeypatch.setattr(removal, "BATCH_SIZE", 2)
    files = [make_stored_file(organization) for _ in range(5)]
    trash_file(file=files[0])
    other = make_stored_file()

    assert trash_files(files=rows(organization=organization)) == 4

    assert {moment_of(file) is None for file in files} == {False}
    assert moment_of(other) is None
    assert restore_files(files=rows()) == 5


def test_signals__are_sent_once_for_what_happened():
    heard = []

    def hear(sender, signal, file, **kwargs):
        there = blobs(original_storage()) == {file.content.name}
        heard.append((signal, sender, file.pk, file.name, there))

    signals = (file_trashed, file_restored, file_deleted)
    file = make_stored_file(name="a.txt")
    pk = file.pk
    with ExitStack() as stack:
        for signal in signals:
            stack.enter_context(connected(signal, hear))
        for do in SERVICES:
            do(file=file)
            with suppress(get_file_model().DoesNotExist):
                do(file=file)

    # The bytes are there for a last look.
    assert heard == [(signal, get_file_model(), pk, "a.txt", True) for signal in signals]


# Concurrent changes.


def in_the_trash():
    return rows().exclude(deleted_at=None)


def succeeded(do, file):
    try:
        do(file=file)
    except get_file_model().DoesNotExist:
        return False
    return True


def make_trashed(organization, count):
    files = [make_stored_file(organization, content=b"12345") for _ in range(count)]
    for file in files:
        trash_file(file=file)
    return files


def check(organization, *left):
    """Look at whether these files are left, whole, and nothing of any other."""
    assert set(rows()) == set(left)
    assert blobs(original_storage()) == {file.content.name for file in left}
    assert used(organization) == (sum(file.size for file in left), len(left))
    counters.fold()
    for verify in (verify_store, verify_usage, counters.verify):
        assert verify().findings == []


@pytest.mark.parametrize("do", [trash_file, restore_file, purge_file])
def test_concurrent_calls__succeed_once(organization, do):
    [file] = make_trashed(organization, 1)
    if do is trash_file:
        restore_file(file=file)

    done = at_once([partial(succeeded, do, rows().get()) for _ in range(4)])

    assert sorted(done) == [False] * 3 + [True]


def test_restored_or_purged_once__and_never_both(organization):
    files = make_trashed(organization, 8)
    kept = make_stored_file(organization, content=b"123")
    heard = []

    def hear(file, **kwargs):
        heard.append(file.pk)

    def purge():
        return purge_files(files=in_the_trash())

    def restore():
        # From the other end, so that they meet.
        return [file for file in reversed(files) if succeeded(restore_file, file)]

    with connected(file_deleted, hear):
        *purged, restored = at_once([purge, purge, restore])

    removed = {file.pk for file in files} - {file.pk for file in restored}
    assert sum(one.files for one in purged) == len(removed)
    assert sum(one.bytes for one in purged) == 5 * len(removed)
    assert sum(one.kept for one in purged) == 0
    assert set(Tombstone.objects.values_list("file", flat=True)) == removed
    assert Counter(heard) == Counter(removed)
    check(organization, kept, *restored)


def test_file_restored_before_its_turn__stays(organization):
    files = make_trashed(organization, 3)

    def restore_the_last(**kwargs):
        if files[2].deleted_at is not None:
            restore_file(file=files[2])

    with connected(file_deleted, restore_the_last):
        purged = purge_files(files=in_the_trash())

    assert purged.files == 2
    check(organization, rows().get(pk=files[2].pk))


def while_uncommitted(first, then):
    """Do ``first`` in a transaction, and meanwhile what ``then`` does; return what that returned.

    The transaction is committed a moment after, if ``then`` waits for it.
    """
    done, answered = Event(), Event()

    def begin():
        with transaction.atomic():
            first()
            done.set()
            answered.wait(0.05)

    def follow():
        done.wait(PATIENCE)
        try:
            return then()
        finally:
            answered.set()

    return at_once([begin, follow])[1]


def purge_trash(file):
    return bool(purge_files(files=in_the_trash()).files)


def expire(file):
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
    organization, is_trashed, first, then, is_left
):
    file = make_stored_file(organization)
    if is_trashed:
        trash_file(file=file)
    before = rows().get()

    assert while_uncommitted(partial(first, file=file), partial(then, file=before)) is False

    check(organization, *([before] if is_left else []))
    assert not rows().filter(comment="Too late.").exists()
    if first in (expire, trash_file):
        assert in_the_trash().exists()


def test_purge_while_the_first_upload_is_not_committed_yet__is_counted(organization):
    older = make_file(organization, content=b"1234567")

    while_uncommitted(
        partial(make_stored_file, organization, content=b"123"), partial(purge_file, file=older)
    )

    check(organization, rows().get())


@pytest.mark.parametrize("backend", ["LedgerCounters", "DirectCounters"])
def test_downloads_while_files_are_removed__stay_counted(organization, settings, backend):
    settings.ORG_FILES = {"COUNTERS": {"BACKEND": f"org_files.counters.{backend}"}}
    files = [make_stored_file(organization) for _ in range(4)]
    pks = [file.pk for file in files]
    kept = make_stored_file(organization)

    def download(number):
        counted = 0
        for turn in range(4):
            pk = pks[(number + turn) % 4]
            counted += counters.grant_download(rows().filter(pk=pk)) is not None
            counters.record_download(file=kept)
        return counted

    def fold():
        for _ in range(8):
            counters.fold(batch_size=5)

    def remove():
        for file in rows().exclude(pk=kept.pk):
            purge_file(file=file)

    *granted, _, _ = at_once([*(partial(download, number) for number in range(3)), fold, remove])

    counters.fold()
    assert Download.objects.count() == sum(granted) + 3 * 4
    assert counters.verify().findings == []
    organization.refresh_from_db()
    totals = [tombstone.folded_download_count for tombstone in Tombstone.objects.all()]
    assert (len(totals), sum(totals)) == (4, sum(granted))
    assert organization.folded_download_count == sum(totals) + 3 * 4
    assert counters.with_totals(rows()).get().download_count == 3 * 4


@pytest.mark.parametrize("folded", [False, True], ids=["pending", "folded"])
def test_download_after_the_file_is_gone__counts_for_its_tombstone_until_it_is_taken_back(
    organization, folded
):
    file = make_stored_file(organization)
    held = rows().get(pk=file.pk)
    download = counters.record_download(file=file)
    purge_file(file=file)
    # As where the bytes were opened before the file went.
    counters.record_download(file=held)
    if folded:
        counters.fold()

    counters.withdraw_download(download)

    counters.fold()
    assert Tombstone.objects.get().folded_download_count == 1
    organization.refresh_from_db()
    assert organization.folded_download_count == 1
    assert counters.verify().findings == []
