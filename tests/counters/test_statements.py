"""The number of statements of a download, and changes of the backend."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from org_files import counters
from org_files.testing.counters import assert_exact
from org_files.testing.counters.cases import only
from org_files.testing.factories import make_user
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
