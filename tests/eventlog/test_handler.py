"""The handler: which records it takes, when it writes them, and what it does while that fails."""

import logging
import sys
import threading
import time
from unittest.mock import Mock

import pytest
from django.core.exceptions import AppRegistryNotReady
from django.db import OperationalError

from org_files.eventlog import handlers
from org_files.eventlog.handlers import DatabaseHandler
from org_files.events import record
from org_files.testing.threads import at_once
from tests.eventlog.conftest import in_forked_process, listening, wait_until

FILES = logging.getLogger("org_files.files")
REFUSED = OperationalError("connection refused to postgres://me:hush@127.0.0.1/db")


class Table:
    """Stands in for the table, and fails while it has an error."""

    def __init__(self):
        self.batches = []
        self.tries = 0
        self.error = None

    def insert(self, batch):
        self.tries += 1
        if self.error is not None:
            raise self.error
        self.batches.append(batch)
        return 0

    @property
    def messages(self):
        return [values["message"] for batch in self.batches for values in batch]


@pytest.fixture
def table(monkeypatch):
    table = Table()
    monkeypatch.setattr(handlers, "insert", table.insert)
    return table


@pytest.fixture
def handler(table):
    """A handler of every record."""
    handler = DatabaseHandler(interval=0.05)
    with listening(handler, level=logging.DEBUG):
        yield handler
        table.error = None


def test_record__is_written_without_a_flush(table):
    with listening(DatabaseHandler()):
        recorded = time.monotonic()
        FILES.info("one")

        assert wait_until(lambda: table.messages == ["one"])
        assert time.monotonic() - recorded < 1


def test_loggers_level_and_filters__apply(handler, table):
    for name in ("django.request", "org_filesystem.x"):
        assert not handler.handle(logging.makeLogRecord({"name": name}))
    handler.setLevel(logging.WARNING)
    handler.addFilter(lambda made: "hidden" not in made.getMessage())

    FILES.info("too low")
    FILES.warning("hidden")
    FILES.warning("heard")
    handler.flush()

    assert table.messages == ["heard"]


def test_secrets__are_masked_without_another_filter(handler, table):
    def replace(made):
        # Before 3.12 the value of a filter only says whether the record passes.
        return made if made.name == "org_files.access" else logging.makeLogRecord(other)

    other = {"name": "org_files.files", "msg": "password=other"}
    handler.addFilter(replace)
    record("access.denied", path="/api/shared/abcdef/", password="hunter2")
    FILES.warning("password=one")
    handler.flush()

    denied, message = (values for batch in table.batches for values in batch)
    assert denied["details"] == {"path": "/api/shared/***/", "password": "***"}
    assert "abcdef" not in denied["message"]
    assert "hunter2" not in denied["message"]
    assert message["message"] == "password=***"


def test_records_of_many_threads__are_written_in_few_batches(handler, table):
    def say(thread):
        for number in range(150):
            FILES.info("%d-%d", thread, number)

    at_once([lambda thread=thread: say(thread) for thread in range(8)])
    handler.flush()

    assert wait_until(lambda: len(set(table.messages)) == 1200)
    assert len(table.messages) == 1200
    assert len(table.batches) < 20
    of_one = [message for message in table.messages if message.startswith("0-")]
    assert of_one == [f"0-{number}" for number in range(150)]


def test_failing_database__is_waited_for_longer_and_longer_and_reported_once(
    handler, table, monkeypatch, capsys
):
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 8:
            table.error = None

    table.error = REFUSED
    monkeypatch.setattr(handlers, "sleep", pause)
    handler.interval = 0.1
    FILES.info("one")

    assert wait_until(lambda: table.messages == ["one"])
    assert pauses[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]
    refused = "OperationalError: connection refused to postgres://me:***@127.0.0.1/db"
    assert capsys.readouterr().err.splitlines() == [
        f"org_files.eventlog: entries wait for the database. {refused}"
    ]


class Unprintable(Exception):
    """An error without a text."""

    def __str__(self):
        raise ZeroDivisionError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [AppRegistryNotReady(), Unprintable(), SystemExit()], ids=repr)
def test_writer__survives_every_error_or_is_started_again(handler, table, error, capsys):
    table.error = error
    FILES.info("one")
    assert wait_until(lambda: table.tries)
    if isinstance(error, SystemExit):
        assert handler._thread is not None
        handler._thread.join(10)
    table.error = None
    FILES.info("two")

    assert wait_until(lambda: table.messages == ["one", "two"])
    # A site whose apps are not loaded yet has no failure to report.
    reported = capsys.readouterr().err
    assert ("Unprintable:" in reported) is isinstance(error, Unprintable)


def test_idle_writer__closes_its_connection_and_writes_later_records(handler, table, monkeypatch):
    connections = Mock()
    monkeypatch.setattr(handlers, "IDLE", 0.05)
    monkeypatch.setattr(handlers, "connections", connections)
    FILES.info("one")
    assert wait_until(lambda: connections.close_all.called)

    FILES.info("two")

    assert wait_until(lambda: table.messages == ["one", "two"])


def test_records_beyond_the_capacity_and_at_the_end__are_reported_as_lost(table, capsys):
    table.error = REFUSED
    handler = DatabaseHandler(capacity=10, interval=60)
    with listening(handler):
        for number in range(25):
            FILES.info("%d", number)
        handler.flush()
        assert "15 entries were lost. OperationalError" in capsys.readouterr().err
        table.error = None
        handler.flush()
        assert table.messages == [str(number) for number in range(10)]
        table.error = REFUSED
        FILES.info("one")
        FILES.info("two")
        began = time.monotonic()

        handler.close()

        assert time.monotonic() - began < 3
        table.error = None
    assert "2 entries were lost. OperationalError" in capsys.readouterr().err


def test_records_of_the_writer_itself__are_not_taken(handler, table, monkeypatch):
    def insert(batch):
        logging.getLogger("org_files.router").warning("asked")
        return table.insert(batch)

    monkeypatch.setattr(handlers, "insert", insert)
    FILES.info("one")
    handler.flush()
    FILES.info("two")
    handler.flush()

    assert table.messages == ["one", "two"]


def test_flush__writes_itself_where_no_thread_starts(handler, table, monkeypatch):
    def refuse(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    connections = Mock()
    monkeypatch.setattr(handlers, "connections", connections)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    FILES.info("one")
    FILES.info("two")
    handler.flush()

    assert table.messages == ["one", "two"]
    # The caller may be in a transaction.
    connections.close_all.assert_not_called()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_forked_process__writes_its_own_records_alone(handler, table):
    table.error = REFUSED
    FILES.info("parent")
    assert wait_until(lambda: table.tries)
    FILES.info("parent, still queued")

    def act():
        table.error = None
        FILES.info("child")
        handler.flush()
        return table.messages

    assert in_forked_process(act) == "['child']"
    table.error = None
    handler.flush()

    assert wait_until(lambda: table.messages == ["parent", "parent, still queued"])
