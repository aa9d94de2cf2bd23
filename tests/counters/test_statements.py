"""The number of statements of a download, and changes of the backend."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from org_files import counters, get_file_model
from org_files.models import AbstractFile
from org_files.testing.counters import assert_exact
from org_files.testing.factories import make_user
from tests.counters.conftest import DIRECT, LEDGER, use_backend

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("ledger_backend")
def test_record__is_one_statement_on_postgresql_and_two_elsewhere(
    file: AbstractFile, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 2):
        counters.record_download(file=file)


@pytest.mark.usefixtures("ledger_backend")
def test_grant__is_one_statement_on_postgresql_and_one_more_than_record_elsewhere(
    file: AbstractFile, django_assert_num_queries: Any
) -> None:
    files, user = get_file_model()._base_manager.filter(pk=file.pk), make_user()

    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 3):
        counters.grant_download(files, user=user)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ledger_backend")
def test_grant_on_its_own__opens_no_transaction_on_postgresql(
    file: AbstractFile, django_assert_num_queries: Any
) -> None:
    files, user = get_file_model()._base_manager.filter(pk=file.pk), make_user()

    # Elsewhere BEGIN and COMMIT come with the three.
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 5):
        counters.grant_download(files, user=user)


@pytest.mark.usefixtures("ledger_backend")
def test_grant_of_nothing__writes_nothing(
    file: AbstractFile, django_assert_num_queries: Any
) -> None:
    files = get_file_model()._base_manager.filter(pk=file.pk, name="another")

    with django_assert_num_queries(1):
        assert counters.grant_download(files) is None


@pytest.mark.usefixtures("direct_backend")
def test_direct_record__is_a_row_and_two_totals(
    file: AbstractFile, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):
        counters.record_download(file=file)


@pytest.mark.usefixtures("backend")
def test_record_in_a_transaction__sets_no_savepoint(file: AbstractFile) -> None:
    statements: list[str] = []

    def note(execute: Any, sql: str, *arguments: Any) -> Any:
        statements.append(sql)
        return execute(sql, *arguments)

    with transaction.atomic(), connection.execute_wrapper(note):
        counters.record_download(file=file)

    assert statements
    assert not [sql for sql in statements if "SAVEPOINT" in sql]


def test_change_of_the_backend__keeps_every_total(settings: Any, file: AbstractFile) -> None:
    for position, path in enumerate((LEDGER, DIRECT, LEDGER, DIRECT), start=1):
        use_backend(settings, path)
        counters.record_download(file=file)
        assert_exact(file, position)
