"""The number of statements of a download, and changes of the backend."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import counters
from org_files.counters.rows import new_row
from org_files.models import Download
from org_files.testing.counters import assert_exact
from org_files.testing.counters.bulk import all_of
from org_files.testing.counters.cases import only
from org_files.testing.factories import make_file, make_user
from tests.counters.conftest import DIRECT, LEDGER, use_backend

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ledger_backend")
def test_download__is_one_statement_on_postgresql(file, django_assert_num_queries):
    user, is_postgresql = make_user(), connection.vendor == "postgresql"

    # Elsewhere there are two rows to insert, and BEGIN and COMMIT come with them.
    with django_assert_num_queries(1 if is_postgresql else 4):
        counters.record_download(file=file)
    with django_assert_num_queries(1 if is_postgresql else 5):
        counters.grant_download(only(file), user=user)
    with django_assert_num_queries(1):
        assert counters.grant_download(only(file).filter(name="another")) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ledger_backend")
def test_archive__is_one_statement_on_postgresql(file, django_assert_num_queries):
    files = all_of(file, *(make_file(file.organization) for _ in range(4)))

    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 5):
        granted = counters.grant_downloads(files, number=5)
    with django_assert_num_queries(4):
        counters.withdraw_downloads([download for _file, download in granted])
    assert_exact(file, 0)


@pytest.mark.usefixtures("direct_backend")
def test_archive_in_totals__takes_no_more_statements_for_more_files(file):
    recorded, withdrawn = [], []
    for number in (1, 5):
        files = all_of(file, *(make_file(file.organization) for _ in range(number)))
        with CaptureQueriesContext(connection) as statements:
            granted = counters.grant_downloads(files, number=number + 1)
        recorded.append(len(statements))
        with CaptureQueriesContext(connection) as statements:
            counters.withdraw_downloads([download for _file, download in granted])
        withdrawn.append(len(statements))

    assert recorded[0] == recorded[1]
    assert withdrawn[0] == withdrawn[1]
    assert_exact(file, 0)


@pytest.mark.usefixtures("backend")
def test_database_without_returning__records_and_withdraws_an_archive(file, monkeypatch):
    # A property of its class on some databases.
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    rows = [new_row(file=file, at=timezone.now())]

    counters.get_counters().bulk_record(rows)

    [recorded] = Download.objects.all()
    assert recorded == rows[0]
    assert_exact(file, 1)
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    counters.withdraw_downloads(rows)
    assert_exact(file, 0)


@pytest.mark.usefixtures("direct_backend")
def test_direct_record__is_a_row_two_totals_and_a_day(file, django_assert_num_queries):
    with django_assert_num_queries(4):
        counters.record_download(file=file)


@pytest.mark.usefixtures("backend")
def test_record_in_a_transaction__sets_no_savepoint(file):
    with transaction.atomic(), CaptureQueriesContext(connection) as statements:
        counters.record_download(file=file)

    assert len(statements) > 0
    assert not [query for query in statements if "SAVEPOINT" in query["sql"]]


def test_change_of_the_backend__keeps_every_total(settings, file):
    for position, path in enumerate((LEDGER, DIRECT, LEDGER, DIRECT), start=1):
        use_backend(settings, path)
        counters.record_download(file=file)
        assert_exact(file, position)
