"""What goes with a file that is removed for good, and what a removal meanwhile leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.files import purge_file, purge_files, restore_file, trash_file
from org_files.files.verification import verify_store
from org_files.maintenance import run_job
from org_files.models import AbstractFile, AbstractOrganization, Decoding, Rendition
from org_files.pictures import get_rendition, make_renditions, services
from org_files.storage import rendition_storage
from org_files.testing.factories import make_stored_file
from tests.pictures.stored import (
    heights_there,
    make_picture,
    photo,
    stored_keys,
    while_decoding,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(organization: AbstractOrganization) -> AbstractFile:
    """A picture with its heights."""
    file = make_picture(organization)
    make_renditions(file=file)
    return file


def files_of(file: AbstractFile) -> Any:
    return get_file_model()._base_manager.filter(pk=file.pk)


def expire(file: AbstractFile) -> None:
    files_of(file).update(expires_at=timezone.now() - timedelta(seconds=1))
    run_job("expire")


def empty_the_trash(file: AbstractFile) -> None:
    files_of(file).update(deleted_at=timezone.now() - timedelta(days=31))
    run_job("purge")


@pytest.mark.parametrize(
    "remove",
    [
        lambda file: purge_file(file=file),
        lambda file: purge_files(files=files_of(file)),
        lambda file: file.delete(),
        lambda file: files_of(file).delete(),
        expire,
        empty_the_trash,
    ],
    ids=["purge_file", "purge_files", "delete", "queryset", "expiry", "trash"],
)
def test_removed_picture__takes_its_heights_along(
    file: AbstractFile, organization: AbstractOrganization, remove: Callable[[AbstractFile], Any]
) -> None:
    kept = make_picture(organization)
    make_renditions(file=kept)
    plain = make_stored_file(organization)
    assert len(stored_keys()) == 7

    remove(file)

    assert set(Rendition.objects.values_list("file", flat=True)) == {kept.pk}
    assert len(stored_keys()) == 4
    assert stored_keys() > {kept.content.name, plain.content.name}
    assert verify_store().findings == []


def test_trash__keeps_the_heights(file: AbstractFile) -> None:
    before = stored_keys()

    trash_file(file=file)
    assert stored_keys() == before
    restore_file(file=file)

    assert heights_there(file) == [200, 400]
    assert stored_keys() == before


def test_rolled_back_removal__leaves_the_heights(
    file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import transaction

    before = stored_keys()

    with transaction.atomic():
        purge_file(file=file)
        transaction.set_rollback(True)

    assert heights_there(file) == [200, 400]
    assert stored_keys() == before


def test_failure_that_is_remembered__goes_with_the_file(organization: AbstractOrganization) -> None:
    from org_files.exceptions import NotAPicture

    file = make_picture(organization, content=photo()[:5000])
    with pytest.raises(NotAPicture):
        get_rendition(file=file, height=200)
    assert Decoding.objects.count() == 1

    purge_file(file=file)

    assert not Decoding.objects.exists()
    assert stored_keys() == set()


def test_picture_removed_while_it_is_decoded__leaves_nothing(
    organization: AbstractOrganization,
) -> None:
    file = make_picture(organization)

    with (
        while_decoding(lambda: purge_file(file=files_of(file).get())),
        pytest.raises(type(file).DoesNotExist),
    ):
        get_rendition(file=file, height=200)

    assert stored_keys() == set()
    assert not Rendition.objects.exists()
    assert not Decoding.objects.exists()


@pytest.mark.parametrize("written", [1, 2])
def test_picture_removed_while_a_height_is_stored__leaves_nothing(
    organization: AbstractOrganization, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    file = make_picture(organization)
    write_blob, count = services.write_blob, 0

    def write_and_remove(*arguments: Any) -> str:
        nonlocal count
        key = write_blob(*arguments)
        count += 1
        if count == written:
            purge_file(file=files_of(file).get())
        return key

    monkeypatch.setattr(services, "write_blob", write_and_remove)

    with pytest.raises(type(file).DoesNotExist):
        get_rendition(file=file, height=200)

    assert stored_keys() == set()
    assert not Rendition.objects.exists()
    assert not Decoding.objects.exists()


def test_picture_removed_before_it_is_opened__is_gone(
    organization: AbstractOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_picture(organization)
    opened = services._opened

    def remove_and_open(file: AbstractFile) -> Any:
        purge_file(file=files_of(file).get())
        return opened(file)

    monkeypatch.setattr(services, "_opened", remove_and_open)

    with pytest.raises(type(file).DoesNotExist):
        get_rendition(file=file, height=200)

    assert stored_keys() == set()


def test_bytes_that_the_store_does_not_let_go__do_not_keep_the_file(
    file: AbstractFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*arguments: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(type(rendition_storage()), "delete", refuse)

    purge_file(file=file)

    assert not files_of(file).exists()
    assert not Rendition.objects.exists()
    assert "could not be removed" in caplog.text
