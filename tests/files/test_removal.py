"""Removal for good, by services or by a site's own code."""

import logging
from unittest import mock

import pytest
from django.apps import apps
from django.db import OperationalError, transaction
from django.db.models import ProtectedError
from django.db.models.signals import post_delete, pre_delete
from django.test.utils import isolate_apps

from org_files import counters, get_file_model
from org_files.db import rows as db_rows
from org_files.exceptions import Conflict
from org_files.files import purge_file, purge_files, removal, restore_file, trash_file
from org_files.files.quotas import verify_usage
from org_files.files.removal import before_deletion
from org_files.files.verification import verify_store
from org_files.models import Tombstone
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file, make_user
from tests.files.rows import connected, rows, used
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def by_service(file):
    purge_file(file=file)


def by_key_alone(file):
    # As Django allows it: an instance that knows nothing but which row it is.
    get_file_model()(pk=file.pk).delete()


def by_queryset(file):
    rows().filter(pk=file.pk).delete()


@pytest.mark.parametrize("remove", [by_service, by_key_alone, by_queryset])
def test_removed_file__leaves_a_tombstone_and_gives_its_room_back(organization, remove):
    file = make_stored_file(organization, name="gone.txt", content=b"12345")
    kept = make_stored_file(organization, content=b"123")
    pk, public_id = file.pk, file.public_id
    user = make_user()
    counters.record_download(file=file, user=user)
    counters.fold()
    counters.record_download(file=file, user=user)
    if remove is by_service:
        trash_file(file=file)

    remove(file)

    assert list(rows()) == [kept]
    assert blobs(original_storage()) == {kept.content.name}
    assert used(organization) == (3, 1)
    tombstone = Tombstone.objects.get()
    assert (tombstone.file_id, tombstone.file_public_id) == (pk, public_id)
    assert (tombstone.name, tombstone.organization) == ("gone.txt", organization)
    counters.fold()
    tombstone.refresh_from_db()
    assert tombstone.folded_download_count == 2
    assert counters.verify().findings == []
    assert verify_usage().findings == []
    assert verify_store().findings == []


def test_removal_that_is_rolled_back__removes_nothing(organization):
    file = make_stored_file(organization, content=b"12345")
    pk = file.pk

    with transaction.atomic():
        file.delete()
        transaction.set_rollback(True)

    assert rows().filter(pk=pk).exists()
    assert blobs(original_storage()) == {file.content.name}
    assert used(organization) == (5, 1)
    assert not Tombstone.objects.exists()


@pytest.mark.parametrize("is_restored", [False, True])
def test_deadlock__is_tried_again_and_removes_only_what_is_still_in_the_trash(
    organization, monkeypatch, is_restored
):
    file = make_stored_file(organization)
    trash_file(file=file)
    before, ended = blobs(original_storage()), []

    def end_once(**kwargs):
        if not ended:
            ended.append(1)
            raise OperationalError(1213, "Deadlock found when trying to get lock")

    def between(seconds):
        # The database has rolled back.
        assert blobs(original_storage()) == before
        assert used(organization) == (file.size, 1)
        if is_restored:
            restore_file(file=file)

    monkeypatch.setattr(db_rows.time, "sleep", between)
    with connected(post_delete, end_once):
        purged = purge_files(files=rows().exclude(deleted_at=None))

    assert ended
    assert purged.files == (0 if is_restored else 1)
    assert blobs(original_storage()) == (before if is_restored else set())
    assert rows().exists() is is_restored
    assert verify_store(deep=True).findings == verify_usage().findings == []


def test_proxy_of_the_file_model__is_seen_to_as_well(organization, monkeypatch):
    model = get_file_model()
    with isolate_apps(model._meta.app_label):
        meta = type("Meta", (), {"proxy": True, "app_label": model._meta.app_label})
        proxy = type("Scan", (model,), {"__module__": __name__, "Meta": meta})
    known = mock.Mock(get_models=lambda: [model, proxy], is_installed=lambda name: False)
    monkeypatch.setattr("org_files.apps.apps", known)
    file = make_stored_file(organization)
    apps.get_app_config("org_files").ready()
    try:
        proxy._base_manager.filter(pk=file.pk).delete()
    finally:
        pre_delete.disconnect(before_deletion, sender=proxy)

    assert blobs(original_storage()) == set()
    assert used(organization) == (0, 0)
    assert Tombstone.objects.count() == 1


def test_file_that_the_site_protects__is_a_conflict_and_stays_whole(
    organization, monkeypatch, caplog
):
    monkeypatch.setattr(removal, "BATCH_SIZE", 2)
    files = [make_stored_file(organization, content=b"12345") for _ in range(5)]
    kept, pk = files[1], files[1].pk
    told = []

    def refuse(instance, **kwargs):
        if instance.pk == pk:
            raise ProtectedError("An invoice refers to it.", {instance})

    with connected(pre_delete, refuse):
        with pytest.raises(Conflict):
            purge_file(file=kept)
        with caplog.at_level(logging.WARNING, "org_files.files"):
            purged = purge_files(files=rows(), on_batch=told.append)

    assert (purged.files, purged.bytes, purged.kept) == (4, 20, 1)
    assert told == [2, 2, 1]
    assert f"File {pk} cannot be removed" in caplog.text
    assert list(rows()) == [kept]
    assert blobs(original_storage()) == {kept.content.name}
    assert used(organization) == (5, 1)
    assert Tombstone.objects.count() == 4


def test_store_that_does_not_let_go__is_logged_and_the_row_is_gone(
    failing_store, organization, caplog
):
    file = make_stored_file(organization)
    failing_store(fault="answers, and stays away")

    purge_file(file=file)

    assert not rows().exists()
    assert used(organization) == (0, 0)
    assert "could not be removed" in caplog.text
