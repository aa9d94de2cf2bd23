"""Concurrent uploads to the last space of a quota: exactly as many succeed as fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from org_files import get_file_model
from org_files.exceptions import QuotaExceeded
from org_files.files import purge_file
from org_files.files import services as file_services
from org_files.files.quotas import verify_usage
from org_files.files.verification import verify_store
from org_files.models import AbstractOrganization, Usage
from org_files.storage import original_storage
from org_files.storage.blobs import write_blob
from org_files.testing.factories import make_file, make_organization, make_stored_file
from org_files.testing.threads import PATIENCE, at_once
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

CLIENTS = 16

UploadAtOnce = Callable[[AbstractOrganization, int], Counter[str]]


def attempt(organization: AbstractOrganization, size: int) -> str:
    try:
        make_stored_file(organization, content=b"x" * size)
    except QuotaExceeded:
        return "refused"
    return "stored"


@pytest.fixture
def upload_at_once(monkeypatch: pytest.MonkeyPatch) -> UploadAtOnce:
    """Have many upload, none of whom writes before all were let through by the first look."""

    def upload(organization: AbstractOrganization, size: int) -> Counter[str]:
        all_here = Barrier(CLIENTS)

        def wait_and_write(*arguments: Any) -> str:
            all_here.wait(PATIENCE)
            return write_blob(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(file_services, "write_blob", wait_and_write)
            return Counter(at_once([partial(attempt, organization, size)] * CLIENTS))

    return upload


def check(organization: AbstractOrganization) -> tuple[int, int]:
    """Return the usage, after a look at whether the rows are what it says, and bytes have rows."""
    keys = get_file_model()._base_manager.values_list("content", flat=True)
    assert blobs(original_storage()) <= set(keys)
    files = get_file_model()._base_manager.filter(organization=organization)
    usage = Usage.objects.get(organization=organization.pk)
    assert (usage.bytes_stored, usage.file_count) == (sum(f.size for f in files), len(files))
    assert verify_usage().findings == []
    return usage.bytes_stored, usage.file_count


def test_last_bytes__go_to_as_many_as_fit(
    organization: AbstractOrganization, settings: Any, upload_at_once: UploadAtOnce
) -> None:
    fit = 5
    make_stored_file(organization, content=b"x" * 100)
    # One byte too few for one more.
    settings.ORG_FILES = {"QUOTA_BYTES": 100 + 10 * fit + 9}

    outcome = upload_at_once(organization, 10)

    assert outcome == {"stored": fit, "refused": CLIENTS - fit}
    assert check(organization) == (100 + 10 * fit, 1 + fit)
    assert verify_store().findings == []
    assert len(blobs(original_storage())) == 1 + fit


@pytest.mark.parametrize("older", [0, 6])
def test_first_uploads_to_an_organization__are_counted_with_what_is_there(
    organization: AbstractOrganization, settings: Any, upload_at_once: UploadAtOnce, older: int
) -> None:
    for _ in range(older):
        make_file(organization, content=b"x" * 10)
    settings.ORG_FILES = {"QUOTA_BYTES": 10 * older + 45}

    outcome = upload_at_once(organization, 10)

    assert outcome == {"stored": 4, "refused": CLIENTS - 4}
    assert check(organization) == (10 * older + 40, older + 4)


def test_first_uploads_and_removals_of_what_is_older__are_counted_exactly(
    organization: AbstractOrganization,
) -> None:
    older = [make_file(organization, content=b"x" * 7) for _ in range(8)]
    uploads = [partial(attempt, organization, 10) for _ in range(8)]

    at_once([*uploads, *(partial(purge_file, file=file) for file in older[:5])])

    assert check(organization) == (8 * 10 + 3 * 7, 11)


def test_uploads_and_removals_at_once__stay_within_the_quota_and_are_counted_exactly(
    organization: AbstractOrganization, settings: Any
) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 120}
    files = [make_stored_file(organization, content=b"x" * 10) for _ in range(12)]
    uploads = [partial(attempt, organization, 10) for _ in range(16)]

    outcome = Counter(at_once([*uploads, *(partial(purge_file, file=file) for file in files[:8])]))

    assert outcome["stored"] + outcome["refused"] == 16
    assert outcome["stored"] <= 8
    assert check(organization) == (10 * (4 + outcome["stored"]), 4 + outcome["stored"])


def test_transactions_of_the_site__are_counted_as_they_end(
    organization: AbstractOrganization, settings: Any
) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 100}
    make_stored_file(organization, content=b"")

    def upload(number: int) -> str:
        with transaction.atomic():
            outcome = attempt(organization, 10)
            transaction.set_rollback(bool(number % 2))
        return outcome

    outcome = at_once(partial(upload, number) for number in range(16))

    kept = [outcome[number] for number in range(0, 16, 2)].count("stored")
    files = get_file_model()._base_manager.filter(organization=organization)
    usage = Usage.objects.get(organization=organization.pk)
    assert files.count() == usage.file_count == 1 + kept
    assert usage.bytes_stored == 10 * kept


def test_organizations__do_not_wait_in_a_circle(settings: Any) -> None:
    settings.ORG_FILES = {"QUOTA_FILES": 3}
    organizations = [make_organization() for _ in range(4)]

    outcome = Counter(
        at_once(partial(attempt, organizations[number % 4], number) for number in range(CLIENTS))
    )

    assert outcome == {"stored": 12, "refused": CLIENTS - 12}
    assert {check(organization)[1] for organization in organizations} == {3}
