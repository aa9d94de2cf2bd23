"""``org_files_search_index`` where there is nothing to index by."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [[], ["--drop"]])
def test_database_without_trigrams__is_left_alone(run, monkeypatch, arguments):
    monkeypatch.setattr(connection, "vendor", "mysql")
    monkeypatch.setattr(connection, "display_name", "MariaDB")

    with CaptureQueriesContext(connection) as context:
        status, written = run("org_files_search_index", *arguments)

    assert status == 0
    assert "MariaDB has no trigram indexes, and nothing was done." in written
    assert len(context.captured_queries) == 0
