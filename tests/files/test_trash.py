"""The trash."""

from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.files import purge_file, restore_file, restore_files, trash_file, trash_files
from org_files.files import services as file_services
from org_files.signals import file_deleted, file_restored, file_trashed
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file
from tests.files.rows import connected, rows
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


@pytest.mark.parametrize("do", SERVICES)
def test_removed_file__raises_does_not_exist(do):
    file = make_stored_file()
    rows().get(pk=file.pk).delete()

    assert nothing_to_do(do, file)


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
    monkeypatch.setattr(file_services, "BATCH_SIZE", 2)
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
