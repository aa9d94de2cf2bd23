"""The trash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.files import purge_file, restore_file, trash_file, trash_files
from org_files.files import services as file_services
from org_files.models import AbstractFile, AbstractOrganization, Usage
from org_files.signals import file_deleted, file_restored, file_trashed
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

#: A service that raises where there is nothing to do any more.
SERVICES = (trash_file, restore_file, purge_file)


def rows() -> Any:
    return get_file_model()._base_manager.all()


def moment_of(file: AbstractFile) -> Any:
    return rows().get(pk=file.pk).deleted_at


def used(organization: AbstractOrganization) -> tuple[int, int]:
    usage = Usage.objects.get(organization=organization.pk)
    return usage.bytes_stored, usage.file_count


def test_restored_file__is_as_it_was() -> None:
    file = make_stored_file(comment="Mine.")
    before = rows().filter(pk=file.pk).values().get()
    trash_file(file=file)

    restore_file(file=file)

    assert file.deleted_at is None
    assert rows().filter(pk=file.pk).values().get() == before


def test_trashed_again__keeps_the_first_moment() -> None:
    file = make_stored_file()
    trash_file(file=file)
    first = moment_of(file)

    with pytest.raises(get_file_model().DoesNotExist):
        trash_file(file=file)

    assert moment_of(file) == first


def test_expired_file__does_not_go_to_the_trash() -> None:
    file = make_stored_file(expires_at=timezone.now() - timedelta(microseconds=1))

    with pytest.raises(get_file_model().DoesNotExist):
        trash_file(file=file)

    assert moment_of(file) is None


@pytest.mark.parametrize("do", SERVICES)
def test_removed_file__raises_does_not_exist(do: Callable[..., None]) -> None:
    file = make_stored_file()
    rows().get(pk=file.pk).delete()

    with pytest.raises(get_file_model().DoesNotExist):
        do(file=file)


def test_expired_file__does_not_come_out_of_the_trash() -> None:
    file = make_stored_file()
    trash_file(file=file)
    rows().filter(pk=file.pk).update(expires_at=timezone.now() - timedelta(microseconds=1))

    with pytest.raises(get_file_model().DoesNotExist):
        restore_file(file=file)
    assert moment_of(file) is not None

    restore_file(file=file, among=rows())
    assert moment_of(file) is None


def test_file_that_is_in_no_trash__is_not_restored() -> None:
    with pytest.raises(get_file_model().DoesNotExist):
        restore_file(file=make_stored_file())


def test_trash_of_several__counts_those_that_it_moved(
    organization: AbstractOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_services, "BATCH_SIZE", 2)
    files = [make_stored_file(organization) for _ in range(5)]
    trash_file(file=files[0])
    other = make_stored_file()

    assert trash_files(files=rows().filter(organization=organization)) == 4

    assert {moment_of(file) is None for file in files} == {False}
    assert moment_of(other) is None


def test_signals__are_sent_once_for_what_happened() -> None:
    heard: list[Any] = []

    def listener(name: str) -> Callable[..., None]:
        def hear(sender: Any, file: AbstractFile, **kwargs: Any) -> None:
            there = blobs(original_storage()) == {file.content.name}
            heard.append((name, sender, file.pk, file.name, there))

        return hear

    signals = {"trashed": file_trashed, "restored": file_restored, "deleted": file_deleted}
    receivers = {name: listener(name) for name in signals}
    for name, signal in signals.items():
        signal.connect(receivers[name], sender=get_file_model())
    file = make_stored_file(name="a.txt")
    pk = file.pk
    try:
        for do in (trash_file, trash_file, restore_file, restore_file, purge_file, purge_file):
            with suppress(get_file_model().DoesNotExist):
                do(file=file)
    finally:
        for name, signal in signals.items():
            signal.disconnect(receivers[name], sender=get_file_model())

    # The bytes are there for a last look.
    names = ["trashed", "restored", "deleted"]
    assert heard == [(name, get_file_model(), pk, "a.txt", True) for name in names]
