"""Renditions of files that are removed, also while they are made."""

import pytest
from django.db import transaction

from org_files import get_file_model
from org_files.exceptions import NotAPicture
from org_files.files import purge_file, purge_files, restore_file, trash_file
from org_files.files.verification import verify_store
from org_files.models import Decoding, Rendition
from org_files.pictures import get_rendition, make_renditions, services
from org_files.storage import rendition_storage
from org_files.testing.factories import make_stored_file
from tests.pictures.stored import heights_there, make_picture, photo, stored_keys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(organization):
    """A picture with its heights."""
    file = make_picture(organization)
    make_renditions(file=file)
    return file


def files_of(file):
    return get_file_model()._base_manager.filter(pk=file.pk)


@pytest.mark.parametrize(
    "remove",
    [
        lambda file: purge_file(file=file),
        lambda file: purge_files(files=files_of(file)),
        lambda file: files_of(file).delete(),
    ],
    ids=["purge_file", "purge_files", "queryset"],
)
def test_removed_picture__takes_its_heights_along(file, organization, remove):
    kept = make_picture(organization)
    make_renditions(file=kept)
    plain = make_stored_file(organization)
    assert len(stored_keys()) == 7

    remove(file)

    assert set(Rendition.objects.values_list("file", flat=True)) == {kept.pk}
    assert len(stored_keys()) == 4
    assert stored_keys() > {kept.content.name, plain.content.name}
    assert verify_store().findings == []


def test_trash__keeps_the_heights(file):
    before = stored_keys()

    trash_file(file=file)
    assert stored_keys() == before
    restore_file(file=file)

    assert heights_there(file) == [200, 400]
    assert stored_keys() == before


def test_rolled_back_removal__leaves_the_heights(file):
    before = stored_keys()

    with transaction.atomic():
        purge_file(file=file)
        transaction.set_rollback(True)

    assert heights_there(file) == [200, 400]
    assert stored_keys() == before


def test_failure_that_is_remembered__goes_with_the_file(organization):
    file = make_picture(organization, content=photo()[:5000])
    with pytest.raises(NotAPicture):
        get_rendition(file=file, height=200)
    assert Decoding.objects.count() == 1

    purge_file(file=file)

    assert not Decoding.objects.exists()
    assert stored_keys() == set()


@pytest.mark.parametrize(
    ("step", "time"), [("_open", 1), ("scale", 1), ("write_blob", 1), ("write_blob", 2)]
)
def test_picture_removed_while_it_is_made__leaves_nothing(organization, monkeypatch, step, time):
    file = make_picture(organization)
    do, done = getattr(services, step), 0

    def do_and_remove(*arguments, **options):
        nonlocal done
        done += 1
        # What is opened before the removal can still be read.
        if step == "_open":
            purge_file(file=files_of(file).get())
        result = do(*arguments, **options)
        if step != "_open" and done == time:
            purge_file(file=files_of(file).get())
        return result

    monkeypatch.setattr(services, step, do_and_remove)

    with pytest.raises(type(file).DoesNotExist):
        get_rendition(file=file, height=200)

    assert done == time
    assert stored_keys() == set()
    assert not Rendition.objects.exists()
    assert not Decoding.objects.exists()


def test_bytes_that_the_store_does_not_let_go__do_not_keep_the_file(file, monkeypatch, caplog):
    def refuse(*arguments):
        raise PermissionError

    monkeypatch.setattr(type(rendition_storage()), "delete", refuse)

    purge_file(file=file)

    assert not files_of(file).exists()
    assert not Rendition.objects.exists()
    assert "could not be removed" in caplog.text
