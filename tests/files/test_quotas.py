"""Quotas of organizations: reserved with each file and released with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from org_files import get_file_model
from org_files.exceptions import QuotaExceeded
from org_files.files import purge_file, quota_of, restore_file, trash_file
from org_files.files import services as file_services
from org_files.files.quotas import verify_usage
from org_files.models import AbstractOrganization, Usage
from org_files.storage import original_storage
from org_files.testing.factories import make_file, make_organization, make_stored_file
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


@pytest.fixture
def limit(settings: Any) -> Callable[..., None]:
    """Set quotas."""

    def limit(**quotas: int) -> None:
        settings.ORG_FILES = {f"QUOTA_{name.upper()}": value for name, value in quotas.items()}

    return limit


def used(organization: AbstractOrganization) -> tuple[int, int]:
    usage = Usage.objects.get(organization=organization.pk)
    assert usage.is_counted
    return usage.bytes_stored, usage.file_count


def files_of(organization: AbstractOrganization) -> int:
    return int(get_file_model()._base_manager.filter(organization=organization).count())


def test_bytes_and_files__are_taken_up_to_the_last(
    organization: AbstractOrganization, limit: Callable[..., None]
) -> None:
    limit(bytes=10, files=3)
    make_stored_file(organization, content=b"1234567")
    kept = blobs(original_storage())

    with pytest.raises(QuotaExceeded):
        make_stored_file(organization, content=b"1234")
    assert blobs(original_storage()) == kept
    make_stored_file(organization, content=b"123")
    make_stored_file(organization, content=b"")
    with pytest.raises(QuotaExceeded):
        make_stored_file(organization, content=b"")

    assert used(organization) == (10, 3)
    assert files_of(organization) == 3


def test_file_larger_than_the_quota__is_refused_before_it_is_written(
    organization: AbstractOrganization, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(bytes=5)
    written: list[Any] = []
    monkeypatch.setattr(file_services, "write_blob", lambda *arguments: written.append(arguments))

    older = make_file(make_organization(), content=b"123456").organization
    for where, content in ((organization, b"123456"), (older, b"")):
        with pytest.raises(QuotaExceeded):
            make_stored_file(where, content=content)

    assert written == []
    assert not Usage.objects.exists()


def test_trash__takes_room_until_it_is_removed(
    organization: AbstractOrganization, limit: Callable[..., None]
) -> None:
    limit(bytes=5)
    file = make_stored_file(organization, content=b"12345")
    trash_file(file=file)

    with pytest.raises(QuotaExceeded):
        make_stored_file(organization, content=b"1")
    restore_file(file=file)
    assert used(organization) == (5, 1)
    purge_file(file=file)

    assert used(organization) == (0, 0)
    make_stored_file(organization, content=b"12345")


def test_quota_that_was_lowered__removes_nothing_and_takes_nothing_more(
    organization: AbstractOrganization, limit: Callable[..., None]
) -> None:
    files = [make_stored_file(organization, content=b"12345") for _ in range(3)]
    limit(bytes=7, files=100)

    with pytest.raises(QuotaExceeded):
        make_stored_file(organization, content=b"")
    purge_file(file=files[0])
    with pytest.raises(QuotaExceeded):
        make_stored_file(organization, content=b"")
    purge_file(file=files[1])
    make_stored_file(organization, content=b"12")

    assert used(organization) == (7, 2)


@pytest.mark.parametrize("older", [0, 4])
def test_first_upload_to_an_organization__counts_what_is_there(
    organization: AbstractOrganization, limit: Callable[..., None], older: int
) -> None:
    # Older than the table of usage, or put there by the site itself.
    for _ in range(older):
        make_file(organization, content=b"12345")
    assert not Usage.objects.exists()
    limit(bytes=5 * older + 3, files=older + 1)

    with pytest.raises(QuotaExceeded):
        make_stored_file(organization, content=b"1234")
    make_stored_file(organization, content=b"123")

    assert used(organization) == (5 * older + 3, older + 1)
    assert verify_usage().findings == []


def test_removal_of_a_file_that_was_never_counted__counts_what_is_left(
    organization: AbstractOrganization,
) -> None:
    files = [make_file(organization, content=b"12345") for _ in range(3)]

    files[0].delete()

    assert used(organization) == (10, 2)
    get_file_model()._base_manager.filter(pk=files[1].pk).delete()
    make_stored_file(organization, content=b"123")
    assert used(organization) == (8, 2)


def test_upload_in_a_transaction_of_the_site__is_counted_when_it_commits(
    organization: AbstractOrganization, limit: Callable[..., None]
) -> None:
    limit(bytes=10)
    with transaction.atomic():
        make_stored_file(organization, content=b"1234")
        transaction.set_rollback(True)
    with transaction.atomic():
        make_stored_file(organization, content=b"123456")

    assert used(organization) == (6, 1)
    assert files_of(organization) == 1


def test_refusal_in_a_transaction_of_the_site__leaves_the_rest_of_it_alone(
    organization: AbstractOrganization, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the deciding statement refuses, as it does for those who come at the same time.
    monkeypatch.setattr(file_services, "refuse_early", lambda pk, size: quota_of(pk))
    limit(bytes=10)

    with transaction.atomic():
        kept = make_stored_file(organization, content=b"1234567")
        with pytest.raises(QuotaExceeded):
            make_stored_file(organization, content=b"1234")
        make_stored_file(organization, content=b"123")

    assert used(organization) == (10, 2)
    keys = set(get_file_model()._base_manager.values_list("content", flat=True))
    assert blobs(original_storage()) == keys
    assert kept.content.name in keys


@pytest.mark.parametrize("counted", [False, True])
def test_deciding_statement__refuses_without_the_early_look(
    organization: AbstractOrganization,
    limit: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    counted: bool,
) -> None:
    monkeypatch.setattr(file_services, "refuse_early", lambda pk, size: quota_of(pk))
    (make_stored_file if counted else make_file)(organization, content=b"12345")
    limit(bytes=6)

    for content in (b"12", b"1" * 100):
        with pytest.raises(QuotaExceeded):
            make_stored_file(organization, content=content)

    assert files_of(organization) == 1
    assert len(blobs(original_storage())) == counted


def test_deleted_organization__takes_its_usage_along(organization: AbstractOrganization) -> None:
    purge_file(file=make_stored_file(organization))

    organization.delete()

    assert not Usage.objects.exists()
