"""Migrations of every host. Run by tests/migrations/test_hosts.py."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from org_files import counters
from org_files.models import DailyDownloads, PendingDownload
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import make_file
from tests.migrations.tables import schema


def applied(label: str) -> set[str]:
    return {
        name for app, name in MigrationRecorder(connection).applied_migrations() if app == label
    }


def tables_of(label: str) -> set[str]:
    """The tables of the models that the app brings and that nothing is swapped for."""
    models = apps.get_app_config(label).get_models(include_auto_created=True)
    return {model._meta.db_table for model in models}


@pytest.mark.django_db
def test_models_and_migrations_and_database__agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    executor = MigrationExecutor(connection)

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def unapplied_with(label: str) -> set[str]:
    """The apps whose migrations go backwards with all those of ``label``."""
    plan = MigrationExecutor(connection).migration_plan([(label, None)])
    return {migration.app_label for migration, _ in plan}


@pytest.mark.django_db(transaction=True)
def test_public_ids__are_filled_in_and_go_back_with_rows_in_the_tables() -> None:
    first = make_file()
    removed = [make_file(first.organization) for _ in range(2)]
    downloaded = [first, first, *removed]
    for file in downloaded:
        counters.record_download(file=file)
    for file in removed:
        file.delete()
    before = schema()

    call_command("migrate", "org_files", "0006", verbosity=0)
    assert schema() != before
    call_command("migrate", "org_files", verbosity=0)

    assert schema() == before
    pending = PendingDownload.objects.order_by("pk").values_list("file_public_id", flat=True)
    assert list(pending) == [file.public_id for file in downloaded]
    counters.fold()
    assert counters.verify().findings == []


@pytest.mark.django_db(transaction=True)
def test_days__are_counted_from_the_ledger_less_what_is_pending() -> None:
    file = make_file()
    with stopped_clock() as clock:
        for days in (0, 0, 1):
            clock.time = datetime(2024, 3, 1, 23, 59, tzinfo=UTC) + timedelta(days=days)
            counters.record_download(file=file)
        counters.fold()
        counters.record_download(file=file)
        before = schema()

        call_command("migrate", "org_files", "0013", verbosity=0)
        call_command("migrate", "org_files", verbosity=0)

        assert schema() == before
        rows = DailyDownloads.objects.order_by("day").values_list("download_count", flat=True)
        assert list(rows) == [2, 1]
        with CaptureQueriesContext(connection) as statements:
            found = counters.downloads_per_day(organization=file.organization, days=2)
        assert ([count for _day, count in found], len(statements)) == ([2, 2], 1)
    assert counters.verify().findings == []


@pytest.mark.django_db(transaction=True)
def test_backwards_and_forwards__ends_in_the_same_schema() -> None:
    before = schema()
    hosts_own = {app.label for app in apps.get_app_configs() if app.name.startswith("tests.")}
    labels = ["org_files"]
    # Users are what a host's own tables hang on, and not all of a host's own goes back on MariaDB.
    if not unapplied_with("org_files_accounts") & hosts_own:
        labels.append("org_files_accounts")
    if apps.is_installed("org_files.eventlog"):
        labels.append("org_files_eventlog")

    for label in labels:
        names = applied(label)
        assert names
        assert tables_of(label) <= before.keys()

        call_command("migrate", label, "zero", verbosity=0)
        assert applied(label) == set()
        assert not tables_of(label) & schema().keys()

        call_command("migrate", verbosity=0)
        assert applied(label) == names
        assert schema() == before
