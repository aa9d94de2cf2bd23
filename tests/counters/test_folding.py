"""Folding: pending rows move into the stored totals, exactly once."""

from threading import Event

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from org_files import counters, get_file_model, get_organization_model
from org_files.counters.folding import fold_transaction
from org_files.counters.rows import new_pending, new_row
from org_files.maintenance import run_job
from org_files.models import Download, PendingDownload, Tombstone
from org_files.testing.counters import assert_exact, read_totals
from org_files.testing.counters.cases import only, remove_by_sql
from org_files.testing.factories import make_file
from org_files.testing.threads import PATIENCE, at_once
from tests.counters.conftest import LEDGER, use_backend

pytestmark = pytest.mark.django_db


def stored(file):
    """Return what is stored, of the file and of its organization."""
    file = get_file_model()._base_manager.get(pk=file.pk)
    organization = get_organization_model()._base_manager.get(pk=file.organization_id)
    return file.folded_download_count, organization.folded_download_count


@pytest.mark.usefixtures("ledger_backend")
def test_fold__goes_in_batches_and_gives_each_file_its_own(clock):
    files = [make_file() for _ in range(4)]
    for position, file in enumerate(files):
        for _ in range(position):
            clock.advance(minutes=1)
            counters.record_download(file=file)
    batches = []

    assert counters.fold(batch_size=4, on_batch=batches.append) == 6

    assert batches == [4, 2]
    assert PendingDownload.objects.count() == 0
    for position, file in enumerate(files):
        assert stored(file) == (position, position)
        assert_exact(file, position)


@pytest.mark.usefixtures("ledger_backend")
def test_fold_of_older_rows__keeps_the_newest_time(file, clock):
    counters.record_download(file=file)
    counters.fold()
    newest = clock.time
    clock.advance(minutes=-5)
    counters.record_download(file=file)

    counters.fold()

    assert read_totals(file).file_at == newest
    assert_exact(file, 2)


@pytest.mark.usefixtures("ledger_backend")
def test_rows_that_nothing_takes__stay_and_hold_nothing_up(file, caplog):
    removed = [make_file(file.organization) for _ in range(3)]
    for downloaded in (*removed, file, removed[0], file, file):
        counters.record_download(file=downloaded)
    for each in removed:
        remove_by_sql(each)

    for folded in (3, 0):
        assert counters.fold(batch_size=2) == folded

        assert "4 pending downloads stay pending" in caplog.text
        assert counters.count_unfoldable() == PendingDownload.objects.count() == 4
        assert stored(file) == (3, 3)
        caplog.clear()


@pytest.mark.usefixtures("ledger_backend")
def test_rows_of_an_organization_that_was_removed__are_folded_into_the_tombstone(file):
    counters.record_download(file=file)
    file.delete()
    file.organization.delete()

    assert counters.fold() == 1

    assert Tombstone.objects.get().folded_download_count == 1


@pytest.mark.usefixtures("ledger_backend")
def test_rows_of_the_version_before__get_their_public_id_and_are_folded(file):
    for _ in range(3):
        counters.record_download(file=file)
    PendingDownload.objects.filter(pk=Download.objects.latest("pk").pk).update(file_public_id=None)

    for dry_run in (True, False):
        assert run_job("fold", dry_run=dry_run) == {"downloads": 3, "range_grants": 0}

    assert_exact(file, 3)


@pytest.mark.usefixtures("direct_backend")
def test_rows_left_by_the_direct_backend__are_folded_without_returning(file, monkeypatch):
    other = make_file()
    for downloaded in (file, other, file):
        row = new_row(file=downloaded, user=None)
        row.save(force_insert=True)
        new_pending(row).save(force_insert=True)
    # As on MySQL.
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    with CaptureQueriesContext(connection) as statements:
        assert counters.fold() == 3

    if connection.vendor != "postgresql":
        assert not any("RETURNING" in query["sql"] for query in statements)
    assert stored(file) == (2, 2)
    assert stored(other) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ledger_backend")
def test_folders_at_once__fold_each_row_once(file):
    for _ in range(20):
        counters.record_download(file=file)

    folded = at_once(
        [lambda: counters.fold(batch_size=3), lambda: counters.fold(batch_size=3, wait=False)] * 2
    )

    assert sum(folded) == 20
    assert stored(file) == (20, 20)
    assert_exact(file, 20)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ledger_backend")
def test_folder_that_does_not_wait__leaves_the_work_to_the_one_at_it(file):
    counters.record_download(file=file)
    at_it, tried = Event(), Event()

    def hold():
        with fold_transaction(connection, wait=True):
            at_it.set()
            # SQLite has one writer: there the other one waits for it.
            tried.wait(0.2 if connection.vendor == "sqlite" else PATIENCE)
        return 0

    def leave():
        at_it.wait(PATIENCE)
        try:
            return counters.fold(wait=False)
        finally:
            tried.set()

    _, folded = at_once([hold, leave])

    assert folded == (1 if connection.vendor == "sqlite" else 0)
    assert counters.fold() == 1 - folded
    assert_exact(file, 1)


@pytest.mark.django_db(transaction=True)
def test_self_fold__takes_everything_in_batches_once_the_download_is_committed(settings, file):
    use_backend(settings, LEDGER, fold_every=0)
    for _ in range(5):
        counters.record_download(file=file)
    use_backend(settings, LEDGER, fold_every=1, fold_batch_size=2)

    with transaction.atomic():
        counters.record_download(file=file)
        assert stored(file) == (0, 0)

    assert stored(file) == (6, 6)
    counters.grant_download(only(file))
    assert stored(file) == (7, 7)
    assert_exact(file, 7)


@pytest.mark.django_db(transaction=True)
def test_self_fold_that_fails__does_not_take_the_download_along(settings, file, caplog):
    use_backend(settings, LEDGER, fold_every=1)

    def fail_to_fold(execute, sql, *arguments):
        if "DELETE" in sql:
            raise OperationalError("the database is busy")
        return execute(sql, *arguments)

    with connection.execute_wrapper(fail_to_fold):
        counters.record_download(file=file)

    assert "stay pending" in caplog.text
    assert stored(file) == (0, 0)
    assert_exact(file, 1)
    assert counters.fold() == 1
