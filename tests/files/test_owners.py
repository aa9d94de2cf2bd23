"""Owners of storages: one database, or a repair is refused."""

import json
import socket
from pathlib import Path

import pytest
from django.core.files.storage import InMemoryStorage
from django.db import connection

from org_files.exceptions import StorageUnavailable
from org_files.files.verification import verify_store
from org_files.storage import original_storage, owners
from org_files.storage.owners import (
    OWNER,
    adopt_store,
    claim_store,
    other_writers,
    owner_of,
    this_owner,
)
from org_files.testing.factories import make_stored_file
from org_files.testing.threads import at_once
from tests.files.storages import blobs
from tests.files.test_verification import found, orphan, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


def owner_path():
    return Path(original_storage().path(OWNER))


def test_first_blob__comes_after_an_owner_without_secrets(failing_store):
    failing_store(fault="cannot take a blob")
    with pytest.raises(StorageUnavailable):
        make_stored_file()

    owner = json.loads(owner_path().read_text())
    assert owner == this_owner()
    assert owner.keys() == {"vendor", "database", "schema", "host"}
    marks = [path for path in owner_path().parent.iterdir() if path.name.startswith(f"{OWNER}.")]
    assert marks == []


def test_store_with_blobs_and_no_owner__is_left_alone_until_it_is_adopted():
    file = make_stored_file()
    key = orphan(file)
    owner_path().unlink()
    make_stored_file()

    assert not owner_path().exists()
    assert refused() == ["no_owner"]
    assert [finding.key for finding in verify_store().findings] == [key]
    [warning] = verify_store().warnings
    assert "no owner" in warning
    adopt_store(original_storage())
    assert found(repair=True) == [("orphan", key, True)]
    assert verify_store().warnings == []


def test_store_of_another_owner__is_refused(settings):
    settings.ORG_FILES = {"STORE_OWNER": "production"}
    make_stored_file()
    settings.ORG_FILES = {"STORE_OWNER": "staging"}

    assert refused() == ["other_owner"]
    make_stored_file()
    assert refused() == ["other_owner"]
    settings.ORG_FILES = {"STORE_OWNER": "production"}
    assert refused() == ["other_writers"]

    [before] = adopt_store(original_storage())
    assert before["store_owner"] == "staging"
    assert found(repair=True) == []


@pytest.mark.parametrize("text", ["{", "[]"])
def test_owner_object_that_cannot_be_read__is_another_owner(text):
    make_stored_file()
    owner_path().write_text(text)

    assert refused() == ["other_owner"]
    assert owner_path().read_text() == text


def test_first_writers_of_a_store_that_overwrites__are_both_seen(settings, monkeypatch):
    storage = InMemoryStorage()
    become_owner = owners._become_owner

    def after_the_other_one(storage, mine):
        # Both have looked, and none has seen an owner.
        monkeypatch.setattr(owners, "_become_owner", become_owner)
        settings.ORG_FILES = {"STORE_OWNER": "second"}
        claim_store(storage)
        storage.delete(OWNER)
        return become_owner(storage, mine)

    monkeypatch.setattr(owners, "_become_owner", after_the_other_one)
    settings.ORG_FILES = {"STORE_OWNER": "first"}
    claim_store(storage)

    for name, other in (("first", "second"), ("second", "first")):
        settings.ORG_FILES = {"STORE_OWNER": name}
        is_mine = owner_of(storage) == this_owner()
        assert not is_mine or [mark["store_owner"] for mark in other_writers(storage)] == [other]


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_write_first__leave_one_owner_object():
    at_once([lambda: claim_store(original_storage())] * 4)

    assert owner_of(original_storage()) == this_owner()
    assert other_writers(original_storage()) == []
    assert make_stored_file().content.name in blobs(original_storage())


def test_store_that_adopts_while_a_process_runs__gets_a_mark_within_the_hour(settings, monkeypatch):
    storage = InMemoryStorage()
    claim_store(storage)
    mine = this_owner()
    settings.ORG_FILES = {"STORE_OWNER": "another"}
    adopt_store(storage)
    settings.ORG_FILES = {}
    monkeypatch.setattr(owners, "RECHECK", 0)

    claim_store(storage)

    settings.ORG_FILES = {"STORE_OWNER": "another"}
    assert other_writers(storage) == [mine]


def test_store_without_listing__takes_files_and_is_not_repaired(settings, monkeypatch):
    def refuse(*arguments):
        raise NotImplementedError

    monkeypatch.setattr(type(original_storage()), "listdir", refuse)
    make_stored_file()

    report = verify_store(repair=True)

    assert (report.findings, report.checked["blobs"]) == ([], 0)
    assert "cannot be listed" in report.warnings[0]


def test_later_upload__asks_a_remote_store_for_no_owner(monkeypatch, org_files_storage):
    make_stored_file()
    asked = []
    exists = type(org_files_storage).exists

    def note(self, name):
        asked.append(name)
        return exists(self, name)

    monkeypatch.setattr(type(org_files_storage), "exists", note)
    make_stored_file()

    assert OWNER not in asked


@pytest.mark.parametrize("fault", ["cannot be reached", "fails midway"])
def test_failed_write_of_an_owner__leaves_the_object_of_another_process_alone(failing_store, fault):
    failing_store(fault=fault)
    storage = original_storage()
    with pytest.raises(OSError, match="told to fail"):
        owners._save(storage, OWNER, this_owner())
    assert owner_of(storage) is None

    written = json.dumps({"store_owner": "another"})
    owner_path().parent.mkdir(parents=True, exist_ok=True)
    owner_path().write_text(written)
    with pytest.raises(OSError, match="told to fail"):
        owners._save(storage, OWNER, this_owner())
    assert owner_path().read_text() == written


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("localhost", socket.gethostname()),
        ("::1", socket.gethostname()),
        ("/run/postgresql", socket.gethostname()),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_host_of_the_owner__is_this_machine_where_the_database_is_on_it(monkeypatch, host, named):
    connection.ensure_connection()
    monkeypatch.setitem(connection.settings_dict, "HOST", host)
    monkeypatch.setitem(connection.settings_dict, "PORT", "5433")

    assert this_owner()["host"] == f"{named}:5433"


def test_database_that_only_an_options_file_names__is_told_by_the_server(monkeypatch):
    connection.ensure_connection()
    before = this_owner()
    # On the other databases the settings or the connection have told it already.
    if connection.vendor == "mysql":
        for name in ("NAME", "HOST", "PORT"):
            monkeypatch.setitem(connection.settings_dict, name, "")

    assert this_owner() == before
