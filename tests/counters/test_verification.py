"""Verification: planted errors are found and repaired."""

from datetime import timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Manager

from org_files import counters, get_file_model, get_organization_model
from org_files.counters.verification import rows_older_than_their_keys
from org_files.models import Tombstone
from org_files.testing.counters import assert_exact
from org_files.testing.counters.cases import only, remove_by_sql, set_totals
from org_files.testing.factories import make_file, make_organization, make_user
from org_files.testing.threads import PATIENCE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_backend")]


def plant(model, pk, **values):
    """Write wrong columns, as a bug or a careless import would."""
    model._base_manager.filter(pk=pk).update(**values)


def test_wrong_counts__are_found(file):
    untouched = make_file()
    for downloaded in (file, file, untouched):
        counters.record_download(file=downloaded)
    counters.fold()
    set_totals(file, folded_download_count=1)
    only(file).update(folded_download_count=7)

    report = counters.verify()

    assert [(f.kind, f.pk, f.ledger, f.counted, f.repaired) for f in report.findings] == [
        ("file", str(file.pk), 2, 7, False),
        ("organization", str(file.organization_id), 2, 1, False),
    ]
    assert "2 downloads" in str(report.findings[0])
    assert counters.verify().findings == report.findings


def test_wrong_times__are_found_and_repaired(file, clock):
    early, late, without, never = (file, make_file(), make_file(), make_file())
    for downloaded in (early, late, without):
        counters.record_download(file=downloaded)
    counters.fold()
    day = timedelta(days=1)
    for each, wrong in (
        (early, clock.time - day),
        (late, clock.time + day),
        (without, None),
        (never, clock.time),
    ):
        set_totals(each, folded_last_downloaded_at=wrong)

    kinds = [finding.kind for finding in counters.verify().findings]
    assert kinds == ["file"] * 4 + ["organization"] * 4

    counters.verify(repair=True)
    assert_exact(early, 1)
    assert_exact(never, 0)


def test_lost_rows_of_the_ledger__are_found(file):
    for _ in range(3):
        lost = counters.record_download(file=file)
    counters.fold()
    lost.delete()

    counters.verify(repair=True)

    assert_exact(file, 2)


def test_file_removed_by_sql__gets_a_tombstone_from_the_ledger(file, clock):
    kept, removed = file, make_file(file.organization, name="plan.txt")
    for downloaded in (kept, removed, removed):
        counters.record_download(file=downloaded)
    counters.fold()
    remove_by_sql(removed)

    (found,) = counters.verify().findings
    assert (found.kind, found.pk) == ("missing tombstone", str(removed.public_id))
    assert (found.ledger, found.counted, found.repaired) == (2, 0, False)
    assert f"file {removed.public_id}" in str(found)

    assert [finding.repaired for finding in counters.verify(repair=True).findings] == [True]

    tombstone = Tombstone.objects.get()
    assert (tombstone.file_public_id, tombstone.name) == (removed.public_id, "")
    assert tombstone.organization_id == file.organization_id
    assert tombstone.folded_download_count == 2
    assert tombstone.folded_last_downloaded_at == clock.time
    again = counters.verify(repair=True)
    assert (again.findings, again.warnings) == ([], [])
    assert again.checked == {"files": 1, "tombstones": 1, "organizations": 1}


class NoRows(Manager[Any]):
    """A host's manager that filters everything out."""

    model = get_file_model()

    def get_queryset(self):
        return super().get_queryset().none()


def test_file_that_the_host_manager_hides__gets_no_tombstone(file, monkeypatch):
    counters.record_download(file=file)
    counters.fold()
    only(file).update(folded_download_count=7)
    monkeypatch.setitem(get_file_model()._meta.__dict__, "base_manager", NoRows())
    assert not get_file_model()._base_manager.exists()

    report = counters.verify(repair=True)
    monkeypatch.undo()

    assert [finding.kind for finding in report.findings] == ["file"]
    assert not Tombstone.objects.exists()
    assert_exact(file, 1)


def test_tombstone_of_a_living_file__is_taken_over_when_the_file_is_removed(file):
    counters.record_download(file=file)
    counters.fold()
    Tombstone.objects.create(
        file_id=file.pk, file_public_id=file.public_id, folded_download_count=7
    )

    file.delete()

    tombstone = Tombstone.objects.get()
    assert (tombstone.name, tombstone.folded_download_count) == (file.name, 1)
    assert tombstone.organization_id == file.organization_id
    assert counters.verify().findings == []


def test_pending_rows_that_a_fold_leaves__are_named_by_file(file):
    remove_by_sql(file)
    counters.record_download(file=file)
    counters.fold()

    (warning,) = counters.verify().warnings

    assert "1 pending downloads are not folded" in warning
    assert str(file.public_id) in warning


def test_downloads_older_than_their_organization_or_user__are_reported(
    file, clock, django_assert_num_queries
):
    earlier = make_user(date_joined=clock.time)
    counters.record_download(file=file, user=earlier)
    other = make_file(make_organization(created_at=clock.time))
    counters.record_download(file=other, user=make_user(date_joined=clock.time))
    with django_assert_num_queries(2):
        assert list(rows_older_than_their_keys(connection.alias)) == []
    # As after a sequence that was reset: the same keys, of others.
    later = clock.time + timedelta(days=1)
    plant(get_organization_model(), file.organization_id, created_at=later)
    plant(get_user_model(), earlier.pk, date_joined=later)

    of_organization, of_user = counters.verify(repair=True).warnings

    organization = f"older than the created_at of their organization: {file.organization_id}."
    assert organization in of_organization
    assert f"older than the date_joined of their user: {earlier.pk}." in of_user


@pytest.mark.django_db(transaction=True)
def test_transaction_left_open__is_warned_of_on_postgresql(file, monkeypatch):
    monkeypatch.setattr("org_files.counters.verification.LONG_SNAPSHOT", timedelta(0))
    if connection.vendor != "postgresql":
        assert counters.verify().warnings == []
        return
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_backend_pid()")
            (process,) = cursor.fetchone()

        (warning,) = counters.verify().warnings
    finally:
        other.close()

    assert f"process {process} " in warning
    wait_until_gone(process)
    assert counters.verify().warnings == []


def wait_until_gone(process):
    """Wait for the server, which takes a moment to see that a client is gone."""
    deadline = monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while monotonic() < deadline:
            cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [process])
            if cursor.fetchone() is None:
                return
            sleep(0.01)
    raise AssertionError(f"Server process {process} does not end.")
