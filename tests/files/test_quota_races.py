"""Concurrent uploads to the last space of a quota: exactly as many succeed as fit."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Barrier

import pytest
from django.db import transaction

from org_files.exceptions import QuotaExceeded
from org_files.files import purge_file
from org_files.files import services as file_services
from org_files.files.quotas import verify_usage
from org_files.files.verification import verify_store
from org_files.models import AbstractOrganization
from org_files.storage import original_storage
from org_files.storage.blobs import write_blob
from org_files.testing.factories import make_file, make_organization, make_stored_file
from org_files.testing.threads import PATIENCE, at_once
from tests.files.rows import rows, used
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

CLIENTS = 8

UploadAtOnce = Callable[[AbstractOrganization, int], Counter[str]]


def attempt(organization, size):
    try:
        make_stored_file(organization, content=b"x" * size)
    except QuotaExceeded:
        return "refused"
    return "stored"


@pytest.fixture
def upload_at_once(monkeypatch):
    """Have many upload, none of whom writes before all were let through by the first look."""

    def upload(organization, size):
        all_here = Barrier(CLIENTS)

        def wait_and_write(*arguments):
            all_here.wait(PATIENCE)
            return write_blob(*arguments)

        monkeypatch.setattr(file_services, "write_blob", wait_and_write)
        return Counter(at_once([partial(attempt, organization, size)] * CLIENTS))

    return upload


def check(organization):
    """Return the usage, after a look at whether the rows are what it says, and bytes have rows."""
    assert blobs(original_storage()) <= set(rows().values_list("content", flat=True))
    sizes = rows(organization=organization).values_list("size", flat=True)
    assert used(organization) == (sum(sizes), len(sizes))
    assert verify_usage().findings == []
    return used(organization)


@pytest.mark.parametrize("older", [0, 6])
@pytest.mark.parametrize("is_counted", [False, True])
def test_last_bytes__go_to_as_many_as_fit(
    organization, settings, upload_at_once, older, is_counted
):
    for _ in range(older):
        make_file(organization, content=b"x" * 10)
    if is_counted:
        make_stored_file(organization, content=b"")
    # One byte too few for one more.
    settings.ORG_FILES = {"QUOTA_BYTES": 10 * older + 49}

    outcome = upload_at_once(organization, 10)

    assert outcome == {"stored": 4, "refused": CLIENTS - 4}
    assert check(organization) == (10 * older + 40, older + is_counted + 4)
    assert len(blobs(original_storage())) == is_counted + 4
    if not older:
        assert verify_store(deep=True).findings == []


@pytest.mark.parametrize("is_counted", [False, True])
def test_uploads_and_removals_at_once__stay_within_the_quota_and_are_counted_exactly(
    organization, settings, is_counted
):
    make = make_stored_file if is_counted else make_file
    files = [make(organization, content=b"x" * 10) for _ in range(8)]
    settings.ORG_FILES = {"QUOTA_BYTES": 100}
    uploads = [partial(attempt, organization, 10) for _ in range(8)]

    outcome = Counter(at_once([*uploads, *(partial(purge_file, file=file) for file in files[:5])]))

    assert outcome["stored"] + outcome["refused"] == 8
    assert outcome["stored"] <= 7
    assert check(organization) == (10 * (3 + outcome["stored"]), 3 + outcome["stored"])


def test_transactions_of_the_site__are_counted_as_they_end(organization, settings):
    settings.ORG_FILES = {"QUOTA_BYTES": 50}
    make_stored_file(organization, content=b"")

    def upload(number):
        with transaction.atomic():
            outcome = attempt(organization, 10)
            transaction.set_rollback(bool(number % 2))
        return outcome

    outcome = at_once(partial(upload, number) for number in range(8))

    kept = outcome[::2].count("stored")
    assert used(organization) == (10 * kept, 1 + kept)
    assert rows(organization=organization).count() == 1 + kept


def test_organizations__do_not_wait_in_a_circle(settings):
    settings.ORG_FILES = {"QUOTA_FILES": 3}
    organizations = [make_organization() for _ in range(3)]

    outcome = Counter(
        at_once(partial(attempt, organizations[number % 3], number) for number in range(12))
    )

    assert outcome == {"stored": 9, "refused": 3}
    assert {check(organization)[1] for organization in organizations} == {3}
