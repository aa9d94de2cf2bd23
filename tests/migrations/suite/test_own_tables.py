"""Migrations of tables that no site replaces. The default host alone runs them."""

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from org_files.models import Download, Tombstone
from org_files.testing.factories import make_file
from tests.migrations.tables import schema


@pytest.mark.django_db(transaction=True)
def test_two_tombstones_of_one_key__go_back_too() -> None:
    file = make_file()
    key = file.pk
    file.delete()
    make_file(file.organization, pk=key).delete()
    before = schema()

    call_command("migrate", "org_files", "0006", verbosity=0)
    call_command("migrate", "org_files", verbosity=0)

    assert Tombstone.objects.filter(file=key).count() == 2
    assert schema() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_index_of_the_ledger__is_built_concurrently_and_again_after_an_interruption() -> None:
    call_command("migrate", "org_files", "0006", verbosity=0)
    name, table = "org_files_download_public", Download._meta.db_table
    with connection.cursor() as cursor:
        # As an interrupted build leaves it: an index of that name.
        cursor.execute(f"CREATE INDEX {name} ON {table} (downloaded_at)")

    with CaptureQueriesContext(connection) as statements:
        call_command("migrate", "org_files", verbosity=0)

    of_ledger = [q["sql"] for q in statements if name in q["sql"] and "INDEX" in q["sql"]]
    assert len(of_ledger) == 2
    assert all("CONCURRENTLY" in sql for sql in of_ledger)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("start", "target"), [("0006", "0007"), ("0007", "0006"), ("0008", "0009"), ("0009", "0008")]
)
def test_interrupted_change_of_an_index__is_done_when_the_migration_is_run_again(
    start: str, target: str
) -> None:
    before = schema()
    call_command("migrate", "org_files", start, verbosity=0)
    writer = connection.copy()
    try:
        writer.set_autocommit(False)
        with writer.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Download._meta.db_table} IN ROW EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        with pytest.raises(OperationalError):
            call_command("migrate", "org_files", target, verbosity=0)
    finally:
        writer.close()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    call_command("migrate", "org_files", target, verbosity=0)
    call_command("migrate", "org_files", verbosity=0)

    assert schema() == before
