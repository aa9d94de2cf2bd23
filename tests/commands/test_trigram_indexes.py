"""``org_files_search_index`` on PostgreSQL."""

import pytest
from django.core.management import CommandError
from django.db import connection, transaction

from org_files import get_file_model
from org_files.testing.factories import make_file
from org_files.testing.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = "org_files_search_index"
NAMES = ["org_files_file_comment_trgm", "org_files_file_name_trgm"]


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
    rows = execute(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indisvalid AND c.relname LIKE '%%trgm' ORDER BY 1"
    )
    return [name for (name,) in rows]


@pytest.mark.usefixtures("trigrams")
def test_indexes__are_created_once_and_dropped(run):
    for _ in range(2):
        status, written = run(COMMAND)
        assert status == 0
        assert written.splitlines() == [f"{name}: there" for name in reversed(NAMES)]
        assert indexes() == NAMES
    for _ in range(2):
        assert run(COMMAND, "--drop")[0] == 0
        assert indexes() == []


@pytest.mark.usefixtures("trigrams")
def test_search__is_served_by_both(run, organization):
    from rest_framework.filters import SearchFilter

    from org_files.rest.views.files import FileListView

    for number in range(30):
        make_file(organization, name=f"report {number}.txt", comment="of the 50% club")
    run(COMMAND)
    files = get_file_model()._base_manager.order_by("pk")
    request = type("Request", (), {"query_params": {"search": "50% club"}})()
    found = SearchFilter().filter_queryset(request, files, FileListView())

    with transaction.atomic():
        # So few rows are read faster one by one.
        execute("SET LOCAL enable_seqscan = off")
        execute("SET LOCAL enable_indexscan = off")
        plan = found.explain()

    assert found.count() == 30
    for name in NAMES:
        assert f"Bitmap Index Scan on {name}" in plan


def test_database_without_the_extension__is_told_what_to_do(run):
    with pytest.raises(CommandError, match=r"CREATE EXTENSION pg_trgm;"):
        run(COMMAND)

    assert run(COMMAND, "--drop")[0] == 0


@pytest.mark.usefixtures("trigrams")
def test_transaction__is_no_place_for_it(run):
    with transaction.atomic(), pytest.raises(CommandError, match="within a transaction"):
        run(COMMAND)

    assert indexes() == []


@pytest.mark.usefixtures("trigrams")
def test_index_whose_building_was_cut_off__is_built_anew(run):
    run(COMMAND)
    execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", NAMES[0])
    assert indexes() == NAMES[1:]

    run(COMMAND)

    assert indexes() == NAMES


@pytest.mark.usefixtures("trigrams")
def test_uploads__go_on_meanwhile(run, organization):
    def upload():
        for _ in range(20):
            make_file(organization)

    at_once([upload, upload, lambda: run(COMMAND)])

    assert indexes() == NAMES
    assert get_file_model()._base_manager.count() == 40
