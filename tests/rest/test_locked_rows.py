"""Locks that are not given in time, and transactions that the database ends: 503 or another try."""

from functools import partial
from threading import Thread

import pytest
from django.db import OperationalError, connection

from org_files import get_file_model
from org_files.db.rows import after_deadlocks, writing
from org_files.files import purge_file, removal
from org_files.files.quotas import verify_usage
from org_files.files.verification import verify_store
from org_files.models import Usage
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file
from tests.rest.conftest import blobs
from tests.rest.requests import code_of, post_file, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

#: How each database is told to give up soon.
IMPATIENT = {
    "sqlite": "PRAGMA busy_timeout = 100",
    "postgresql": "SET lock_timeout = '100ms'",
    "mysql": "SET innodb_lock_wait_timeout = 1",
}
#: How one is told to refuse changes of rows that have changed since they were read.
REPEATABLE_READ = {
    "postgresql": ["SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ"],
    "mysql": [
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET innodb_snapshot_isolation = 1",
    ],
}


@pytest.fixture
def other():
    """Another connection to the database. Afterwards the first one has lost its settings."""
    other = connection.copy()
    yield other
    other.close()
    connection.close()


def execute(connection, *statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_rows_that_another_transaction_holds__are_503_until_it_lets_go(
    admin, file, other, settings
):
    client, path = signed_in(admin), f"/api/files/{file.public_id}/"
    calls = [
        partial(client.patch, path, {"comment": "ours"}, content_type="application/json"),
        partial(post_file, client),
        partial(client.delete, path),
    ]
    before = blobs(settings)
    execute(connection, IMPATIENT[connection.vendor])
    execute(
        other,
        "BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN",
        f"UPDATE {get_file_model()._meta.db_table} SET comment = comment",
        f"UPDATE {Usage._meta.db_table} SET is_counted = is_counted",
    )

    for call in calls:
        response = call()
        assert code_of(response) == (503, "database_unavailable")
        assert int(response.headers["Retry-After"]) > 0
    assert blobs(settings) == before

    execute(other, "ROLLBACK")
    assert [call().status_code for call in calls] == [200, 201, 204]


def test_row_that_changed_after_it_was_read__is_changed_by_another_try(file, other):
    # A transaction of SQLite is alone from its beginning.
    if connection.vendor == "sqlite":
        return
    rows, read = get_file_model()._base_manager.filter(pk=file.pk), []

    def append():
        with writing(rows.model):
            read.append(rows.values_list("comment", flat=True).get())
            if len(read) == 1:
                execute(other, f"UPDATE {rows.model._meta.db_table} SET comment = 'theirs'")
            rows.update(comment=f"{read[-1]} and ours")

    execute(connection, *REPEATABLE_READ[connection.vendor])

    after_deadlocks(append, rows.model)

    assert read == ["", "theirs"]
    assert rows.get().comment == "theirs and ours"


def test_removal_that_ends_in_a_deadlock__is_tried_again_and_takes_the_bytes_along(
    file, other, monkeypatch
):
    # A transaction of SQLite is alone from its beginning.
    if connection.vendor == "sqlite":
        return
    kept = [make_stored_file(file.organization) for _ in range(10)]
    change = f"UPDATE {file._meta.db_table} SET comment = 'theirs' WHERE id IN"
    storage, create, tries = original_storage(), removal.create_tombstone, []
    other.inc_thread_sharing()
    thread = Thread(target=execute, args=(other, f"{change} ({file.pk})", "COMMIT"))

    def create_between_locks(file):
        tries.append(storage.exists(file.content.name))
        if len(tries) == 1:
            thread.start()
            # It waits for the file, and this transaction will wait for the usage.
            thread.join(0.5)
        create(file)

    monkeypatch.setattr(removal, "create_tombstone", create_between_locks)
    if connection.vendor == "postgresql":
        # The database ends the transaction that looks first.
        execute(connection, "SET deadlock_timeout = '50ms'")
    execute(
        other,
        "BEGIN",
        f"SELECT 1 FROM {Usage._meta.db_table} FOR UPDATE",
        # MariaDB ends the one that has changed less.
        f"{change} ({', '.join(str(each.pk) for each in kept)})",
    )

    purge_file(file=file)

    thread.join()
    assert tries == [True, True]
    assert not storage.exists(file.content.name)
    assert verify_store().findings == verify_usage().findings == []
    assert get_file_model()._base_manager.filter(comment="theirs").count() == len(kept)


def test_deadlock_that_ended_the_transaction_around__is_503(admin, file, monkeypatch):
    def end(*args, **kwargs):
        raise OperationalError(1213, "Deadlock found when trying to get lock")

    # On MariaDB its savepoints are gone, too.
    monkeypatch.setattr(type(file), "save", end)
    monkeypatch.setattr(connection, "savepoint_rollback", end)

    response = signed_in(admin).patch(
        f"/api/files/{file.public_id}/", {"comment": "ours"}, content_type="application/json"
    )

    assert code_of(response) == (503, "database_unavailable")
