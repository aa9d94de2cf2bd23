"""Removal for good, by services or by a site's own code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.test import Client
from django.test.utils import isolate_apps
from django.urls import reverse

from org_files import counters, get_file_model
from org_files.exceptions import Conflict
from org_files.files import purge_file, purge_files, trash_file
from org_files.files import services as file_services
from org_files.files.quotas import verify_usage
from org_files.files.services import before_deletion
from org_files.files.verification import verify_store
from org_files.models import AbstractFile, AbstractOrganization, Tombstone, Usage
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file, make_user
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def rows() -> Any:
    return get_file_model()._base_manager.all()


def used(organization: AbstractOrganization) -> tuple[int, int]:
    usage = Usage.objects.get(organization=organization.pk)
    return usage.bytes_stored, usage.file_count


def by_service(file: AbstractFile) -> None:
    purge_file(file=file)


def by_key_alone(file: AbstractFile) -> None:
    # As Django allows it: an instance that knows nothing but which row it is.
    get_file_model()(pk=file.pk).delete()


def by_queryset(file: AbstractFile) -> None:
    rows().filter(pk=file.pk).delete()


def by_transaction_of_the_site(file: AbstractFile) -> None:
    with transaction.atomic():
        file.delete()


def admin_client() -> Client:
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def admin_url(page: str, *arguments: Any) -> str:
    meta = get_file_model()._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


def by_page_of_the_admin(file: AbstractFile) -> None:
    response = admin_client().post(admin_url("delete", file.pk), {"post": "yes"})
    assert response.status_code == 302


def by_action_of_the_admin(file: AbstractFile) -> None:
    data = {"action": "delete_selected", "_selected_action": [str(file.pk)], "post": "yes"}
    response = admin_client().post(admin_url("changelist"), data)
    assert response.status_code == 302


@pytest.mark.parametrize(
    "remove",
    [
        by_service,
        by_key_alone,
        by_queryset,
        by_transaction_of_the_site,
        by_page_of_the_admin,
        by_action_of_the_admin,
    ],
)
def test_removed_file__leaves_a_tombstone_and_gives_its_room_back(
    organization: AbstractOrganization, remove: Callable[[AbstractFile], None]
) -> None:
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


def test_removal_that_is_rolled_back__removes_nothing(organization: AbstractOrganization) -> None:
    file = make_stored_file(organization, content=b"12345")
    pk = file.pk

    with transaction.atomic():
        file.delete()
        transaction.set_rollback(True)

    assert rows().filter(pk=pk).exists()
    assert blobs(original_storage()) == {file.content.name}
    assert used(organization) == (5, 1)
    assert not Tombstone.objects.exists()


def test_proxy_of_the_file_model__is_seen_to_as_well(
    organization: AbstractOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
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


@contextmanager
def protected(*files: AbstractFile) -> Iterator[None]:
    """Have a row of the site refer to ``files``, by a key that protects them."""
    pks = {file.pk for file in files}

    def refuse(instance: AbstractFile, **kwargs: Any) -> None:
        if instance.pk in pks:
            raise ProtectedError("An invoice refers to it.", {instance})

    pre_delete.connect(refuse, sender=get_file_model())
    try:
        yield
    finally:
        pre_delete.disconnect(refuse, sender=get_file_model())


def test_file_that_the_site_protects__is_a_conflict_and_stays_whole(
    organization: AbstractOrganization,
) -> None:
    file = make_stored_file(organization, content=b"12345")

    with protected(file), pytest.raises(Conflict):
        purge_file(file=file)

    assert rows().filter(pk=file.pk).exists()
    assert blobs(original_storage()) == {file.content.name}
    assert used(organization) == (5, 1)
    assert not Tombstone.objects.exists()


def test_purge_of_several__goes_on_after_one_that_is_protected(
    organization: AbstractOrganization,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(file_services, "BATCH_SIZE", 2)
    files = [make_stored_file(organization, content=b"12345") for _ in range(5)]
    told: list[int] = []

    with protected(files[1]), caplog.at_level(logging.WARNING, "org_files.files"):
        purged = purge_files(files=rows(), on_batch=told.append)

    assert (purged.files, purged.bytes, purged.kept) == (4, 20, 1)
    assert told == [2, 2, 1]
    assert list(rows()) == [files[1]]
    assert str(files[1].pk) in caplog.text
    assert used(organization) == (5, 1)


def test_store_that_does_not_let_go__is_logged_and_the_row_is_gone(
    failing_store: Callable[..., None],
    organization: AbstractOrganization,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = make_stored_file(organization)
    failing_store(fault="answers, and stays away")

    purge_file(file=file)

    assert not rows().exists()
    assert used(organization) == (0, 0)
    assert "could not be removed" in caplog.text


def test_rows_that_were_never_counted__go_all_the_same(organization: AbstractOrganization) -> None:
    make_stored_file(organization, content=b"1")
    stray = make_stored_file(organization, content=b"12345")
    # As if the site had inserted the row by itself.
    Usage.objects.filter(organization=organization).update(bytes_stored=1, file_count=1)

    purge_files(files=rows().filter(pk=stray.pk))

    assert used(organization) == (0, 0)
    assert [str(finding) for finding in verify_usage(repair=True).findings] != []
    assert used(organization) == (1, 1)
