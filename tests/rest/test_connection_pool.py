"""psycopg's pool: threads share its connections, and a request that gets none in time is 503."""

import pytest
from django.db import connection

from org_files import counters
from org_files.access import OpenPolicy, file_query
from org_files.testing.counters import assert_exact
from org_files.testing.threads import at_once
from tests.counters.test_prepared_statements import prepared, run
from tests.rest.requests import code_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.fixture
def pool(file, user, monkeypatch):
    """A pool of two connections, of which new ones of all threads come."""
    connection.close()
    settings = connection.settings_dict
    options = settings["OPTIONS"] | {"pool": {"min_size": 1, "max_size": 2, "timeout": 20}}
    with monkeypatch.context() as patch:
        patch.setitem(settings, "OPTIONS", options)
        patch.setitem(settings, "CONN_HEALTH_CHECKS", True)
        connection.pool.open()
        yield connection.pool
        connection.close()
        connection.close_pool()


@pytest.fixture
def download(file, user):
    """A function that downloads the one file; it returns the session and its statements."""

    def download():
        assert counters.grant_download(file_query(OpenPolicy(), user, file.public_id), user=user)
        [(session,)] = run("SELECT pg_backend_pid()")
        return session, len(prepared())

    return download


def test_threads__share_connections_on_which_the_statement_stays_prepared(file, pool, download):
    found = at_once([download] * 6)

    assert len({session for session, _ in found}) <= 2
    assert {names for _, names in found} == {1}
    assert_exact(file, 6)


def test_request_that_gets_no_connection_in_time__is_503(client, pool):
    taken = [pool.getconn() for _ in range(2)]
    pool.timeout = 0.1

    assert code_of(client.get("/api/files/")) == (503, "database_unavailable")

    for each in taken:
        pool.putconn(each)
    assert client.get("/api/files/").status_code == 200


def test_connection_that_was_lost__is_not_handed_out(file, pool, download):
    one, other = (pool.getconn() for _ in range(2))
    one.execute("SELECT pg_terminate_backend(%s)", [other.info.backend_pid])
    for each in (one, other):
        pool.putconn(each)

    at_once([download] * 2)

    assert_exact(file, 2)
