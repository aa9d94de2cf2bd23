"""Prepared statements of downloads on PostgreSQL, their fallbacks, and stale connections."""

from itertools import count

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from org_files import counters
from org_files.access import OpenPolicy, file_query
from org_files.testing.counters import assert_exact
from org_files.testing.factories import make_user
from tests.counters.conftest import LEDGER, use_backend

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.usefixtures("ledger_backend"),
]

FILES = "org_files_file"


@pytest.fixture(autouse=True)
def _new_connection():
    connection.close()
    yield
    connection.close()


@pytest.fixture
def download(file):
    """A function that downloads the one file."""
    user = make_user()

    def download():
        assert counters.grant_download(file_query(OpenPolicy(), user, file.public_id), user=user)

    return download


def run(sql, *params, on=connection):
    with on.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def prepared():
    """Return the names of the statements that the connection has prepared."""
    names = "SELECT name FROM pg_prepared_statements WHERE name LIKE 'org_files_%%' ORDER BY name"
    return [name for (name,) in run(names)]


def test_statement__is_prepared_once_and_seen_by_wrappers_and_logs(file, download):
    seen = []

    def wrapper(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with CaptureQueriesContext(connection) as captured, connection.execute_wrapper(wrapper):
        download()
        download()
    assert [query["sql"][:16] for query in captured] == ["WITH granted AS "] * 2
    assert len(seen) == 2
    assert len(prepared()) == 1

    counters.record_download(file=file)
    assert len(prepared()) == 2
    assert_exact(file, 3)


def test_statement__is_not_prepared_in_a_transaction_or_behind_a_pooler(
    settings, monkeypatch, file, download
):
    with transaction.atomic():
        download()
    use_backend(settings, LEDGER, prepare=False)
    download()
    use_backend(settings, LEDGER)
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    download()
    assert prepared() == []

    use_backend(settings, LEDGER, prepare=True)
    download()
    assert len(prepared()) == 1
    assert_exact(file, 4)


def deallocated():
    run("DEALLOCATE ALL")


def altered():
    run(f"ALTER TABLE {FILES} ALTER COLUMN comment TYPE varchar(5000)")


def taken():
    [name] = prepared()
    connection.close()
    run(f'PREPARE "{name}" AS SELECT 1')


@pytest.mark.parametrize("happen", [deallocated, altered, taken])
def test_prepared_statement_that_fails__runs_once_unprepared(file, download, happen):
    [(kind,)] = run(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attname = 'comment'",
        FILES,
    )
    download()
    try:
        happen()
        with CaptureQueriesContext(connection) as captured:
            download()
            download()
    finally:
        run(f"ALTER TABLE {FILES} ALTER COLUMN comment TYPE {kind}")

    # Tried once, and no more on this connection.
    assert len(captured) == 3
    assert_exact(file, 3)
    connection.close()
    download()
    assert len(prepared()) == 1


def test_wrapper_that_changes_each_statement__prepares_a_few(file, download):
    from org_files.db.postgresql import MAX_PREPARED

    numbers = count()

    def comment(execute, sql, params, many, context):
        return execute(f"{sql} /* {next(numbers)} */", params, many, context)

    with connection.execute_wrapper(comment):
        for _ in range(MAX_PREPARED + 1):
            download()
    assert len(prepared()) == MAX_PREPARED
    assert_exact(file, MAX_PREPARED + 1)


@pytest.fixture
def next_request(monkeypatch):
    """A function that begins a request on the open connection, whose health is to be checked."""
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    connection.close()

    def begin():
        connection.ensure_connection()
        connection.health_check_done = False

    return begin


def lose_connection():
    """Let the server end the connection, as an administrator would."""
    other = connection.copy()
    pid = connection.connection.info.backend_pid
    assert run("SELECT pg_terminate_backend(%s, 5000)", pid, on=other) == [(True,)]
    other.close()


def test_first_statement__replaces_the_health_check(file, download, next_request, monkeypatch):
    next_request()
    with monkeypatch.context() as patch:
        patch.setattr(connection, "is_usable", None)
        download()

    next_request()
    lose_connection()
    download()
    assert_exact(file, 2)


def test_lost_connection__is_an_error_for_later_statements(file, download, next_request):
    next_request()
    download()
    lose_connection()
    with pytest.raises(OperationalError):
        download()
    connection.close()
    assert_exact(file, 1)


def test_statement_that_was_committed__is_not_repeated(file, download, next_request):
    def lose_answer(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "INSERT" not in sql:
            return result
        lose_connection()
        raise OperationalError

    next_request()
    with connection.execute_wrapper(lose_answer), pytest.raises(OperationalError):
        download()
    assert_exact(file, 1)
