"""``org_files_search_index``."""

import pytest
from django.core.management import CommandError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.filters import SearchFilter

from org_files.rest.views.files import FileListView
from org_files.testing.factories import make_file
from org_files.testing.threads import at_once
from tests.files.rows import rows

COMMAND = "org_files_search_index"
NAMES = ["org_files_file_comment_trgm", "org_files_file_name_trgm"]


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [[], ["--drop"]])
def test_database_without_trigrams__is_left_alone(run, monkeypatch, arguments):
    monkeypatch.setattr(connection, "vendor", "mysql")
    monkeypatch.setattr(connection, "display_name", "MariaDB")

    with CaptureQueriesContext(connection) as context:
        status, written = run(COMMAND, *arguments)

    assert status == 0
    assert "MariaDB has no trigram indexes, and nothing was done." in written
    assert len(context.captured_queries) == 0


def execute(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def trigrams(transactional_db):
    """The extension, in a schema of its own, as many sites have it; no index afterwards."""
    execute("CREATE SCHEMA extensions")
    execute("CREATE EXTENSION pg_trgm SCHEMA extensions")
    yield
    execute("DROP EXTENSION pg_trgm CASCADE")
    execute("DROP SCHEMA extensions")


def indexes():
    found = execute(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indisvalid AND c.relname LIKE '%%trgm' ORDER BY 1"
    )
    return [name for (name,) in found]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trigrams")
def test_indexes__are_created_once_and_dropped(run):
    # Indexes are not built concurrently within a transaction.
    with transaction.atomic(), pytest.raises(CommandError, match="within a transaction"):
        run(COMMAND)
    assert indexes() == []
    for _ in range(2):
        status, written = run(COMMAND)
        assert status == 0
        assert written.splitlines() == [f"{name}: there" for name in reversed(NAMES)]
        assert indexes() == NAMES
    # One whose building was cut off is built anew.
    execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", NAMES[0])
    assert indexes() == NAMES[1:]
    run(COMMAND)
    assert indexes() == NAMES
    for _ in range(2):
        assert run(COMMAND, "--drop")[0] == 0
        assert indexes() == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("trigrams")
def test_uploads__go_on_meanwhile_and_a_search_is_served_by_both(run, organization):
    def upload():
        for number in range(15):
            make_file(organization, name=f"report {number}.txt", comment="of the 50% club")

    at_once([upload, upload, lambda: run(COMMAND)])
    request = type("Request", (), {"query_params": {"search": "50% club"}})()
    found = SearchFilter().filter_queryset(request, rows().order_by("pk"), FileListView())

    with transaction.atomic():
        # So few rows are read faster one by one.
        execute("SET LOCAL enable_seqscan = off")
        execute("SET LOCAL enable_indexscan = off")
        plan = found.explain()

    assert found.count() == 30
    run(COMMAND)
    statistics = execute("SELECT tablename FROM pg_stats WHERE tablename LIKE '%%trgm' ORDER BY 1")
    assert [name for (name,) in statistics] == NAMES
    for name in NAMES:
        assert f"Bitmap Index Scan on {name}" in plan


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_database_without_the_extension__is_told_what_to_do(run):
    with pytest.raises(CommandError, match=r"CREATE EXTENSION pg_trgm;"):
        run(COMMAND)

    assert run(COMMAND, "--drop")[0] == 0
