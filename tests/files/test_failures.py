"""Storing where the store or the database fails: nothing is left, and nothing is lost."""

import errno

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models.signals import post_save

from org_files.exceptions import InvalidField, StorageFull, StorageUnavailable
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file
from tests.files.rows import connected, rows
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("fault", "code", "error"),
    [
        ("cannot be reached", errno.EIO, StorageUnavailable),
        ("fails midway", errno.ENOSPC, StorageFull),
        ("fails midway", errno.EDQUOT, StorageFull),
        ("cannot be asked", errno.EACCES, StorageUnavailable),
        # As if the first short read were the end of the file.
        ("writes short", 0, StorageUnavailable),
    ],
)
def test_store_that_fails__leaves_nothing(organization, failing_store, fault, code, error):
    failing_store(fault=fault, code=code)

    with pytest.raises(error) as raised:
        make_stored_file(organization)

    assert type(raised.value) is error


def test_store_that_cannot_even_delete__is_reported_with_the_first_error(
    organization, failing_store, caplog
):
    failing_store(fault="fails midway and stays away", code=errno.ENOSPC)

    with pytest.raises(StorageFull):
        make_stored_file(organization)

    assert "could not be removed" in caplog.text
    assert not rows().exists()


@pytest.mark.usefixtures("nothing_left")
def test_row_that_the_database_refuses__leaves_nothing(organization):
    def refuse_inserts(execute, sql, *args):
        if sql.startswith("INSERT"):
            raise DataError("told to fail")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse_inserts), pytest.raises(DataError):
        make_stored_file(organization)
    with pytest.raises(UnicodeEncodeError):
        make_stored_file(organization, comment="\ud800")


@pytest.mark.parametrize("for_good", [False, True])
def test_connection_lost_at_commit__keeps_the_bytes_of_a_saved_row(
    organization, monkeypatch, caplog, for_good
):
    commit, is_lost = connection.commit, False

    def commit_and_lose():
        nonlocal is_lost
        commit()
        is_lost = True
        raise OperationalError("server closed the connection unexpectedly")

    def execute_unless_lost(execute, *args):
        if is_lost and for_good:
            raise OperationalError("could not connect to server")
        return execute(*args)

    with monkeypatch.context() as patch, connection.execute_wrapper(execute_unless_lost):
        patch.setattr(connection, "commit", commit_and_lose)
        with pytest.raises(OperationalError):
            make_stored_file(organization)

    assert blobs(original_storage()) == {rows().get().content.name}
    assert "unknown" in caplog.text


def test_connection_lost_before_the_answer__keeps_the_bytes_of_a_row_that_is_not_seen_yet(
    organization, monkeypatch
):
    rollback = connection.rollback

    def lose():
        # The server may still commit after the row was looked up.
        rollback()
        connection.close()
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "commit", lose)
        with pytest.raises(OperationalError):
            make_stored_file(organization)

    assert not rows().exists()
    assert len(blobs(original_storage())) == 1


@pytest.mark.usefixtures("nothing_left")
def test_commit_that_the_database_refuses__leaves_nothing(organization, monkeypatch):
    def refuse():
        raise OperationalError("told to fail")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "commit", refuse)
        with pytest.raises(OperationalError):
            make_stored_file(organization)


def test_callback_of_the_site_that_fails_after_the_commit__keeps_the_bytes(
    organization, monkeypatch
):
    def fail(**arguments):
        def forbid():
            raise IntegrityError("of the site, after the commit")

        transaction.on_commit(forbid)

    # As for a role that does not see its own row.
    monkeypatch.setattr("org_files.storage.blobs._exists", lambda rows: False)
    with connected(post_save, fail), pytest.raises(IntegrityError):
        make_stored_file(organization)

    assert blobs(original_storage()) == {rows().get().content.name}


@pytest.mark.usefixtures("nothing_left")
def test_organization_removed_meanwhile__is_a_field_at_fault(organization):
    type(organization)._base_manager.all().delete()

    with pytest.raises(InvalidField) as raised:
        make_stored_file(organization)

    assert raised.value.field == "organization"


def test_failures__do_not_touch_the_bytes_of_others(organization, failing_store):
    kept = make_stored_file(organization)

    def forbid(**arguments):
        raise ZeroDivisionError

    # A receiver of the site that forbids a file leaves nothing either.
    with connected(post_save, forbid), pytest.raises(ZeroDivisionError):
        make_stored_file(organization)
    for fault in ("fails midway", "writes short"):
        failing_store(fault=fault)
        with pytest.raises(StorageUnavailable):
            make_stored_file(organization)

    failing_store(fault="none")
    assert blobs(original_storage()) == {kept.content.name}
    assert rows().get() == kept
