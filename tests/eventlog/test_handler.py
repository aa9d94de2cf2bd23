"""The handler: which records it takes, when it writes them, and what it does while that fails."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.exceptions import AppRegistryNotReady
from django.db import OperationalError

from org_files.eventlog import handlers
from org_files.eventlog.handlers import DatabaseHandler
from org_files.events import record
from org_files.testing.threads import at_once
from tests.eventlog.conftest import listening

FILES = logging.getLogger("org_files.files")
REFUSED = OperationalError("connection refused to postgres://me:hush@127.0.0.1/db")


class Table:
    """Stands in for the table, and fails while it has an error."""

    def __init__(self) -> None:
        self.batches: list[Sequence[dict[str, Any]]] = []
        self.tries = 0
        self.error: BaseException | None = None

    def insert(self, batch: Sequence[dict[str, Any]]) -> int:
        self.tries += 1
        if self.error is not None:
            raise self.error
        self.batches.append(batch)
        return 0

    @property
    def messages(self) -> list[str]:
        return [values["message"] for batch in self.batches for values in batch]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    table = Table()
    monkeypatch.setattr(handlers, "insert", table.insert)
    return table


@pytest.fixture
def handler(table: Table) -> Iterator[DatabaseHandler]:
    """A handler of every record."""
    handler = DatabaseHandler(interval=0.05)
    with listening(handler, level=logging.DEBUG):
        yield handler
        table.error = None


def wait_until(condition: Callable[[], Any], seconds: float = 10) -> bool:
    """Return whether ``condition`` comes true in time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


def test_record__is_written_without_a_flush(table: Table) -> None:
    with listening(DatabaseHandler()):
        recorded = time.monotonic()
        FILES.info("one")

        assert wait_until(lambda: table.messages == ["one"])
        assert time.monotonic() - recorded < 1


@pytest.mark.parametrize("name", ["django.request", "org_filesystem.x"])
def test_records_of_other_loggers__are_not_taken(
    handler: DatabaseHandler, table: Table, name: str
) -> None:
    assert not handler.handle(logging.makeLogRecord({"name": name}))
    handler.flush()

    assert table.messages == []


def test_level_and_filters__apply(handler: DatabaseHandler, table: Table) -> None:
    handler.setLevel(logging.WARNING)
    handler.addFilter(lambda made: "hidden" not in made.getMessage())

    FILES.info("too low")
    FILES.warning("hidden")
    FILES.warning("heard")
    handler.flush()

    assert table.messages == ["heard"]


def test_record_that_a_filter_puts_in_place__is_masked_too(
    handler: DatabaseHandler, table: Table
) -> None:
    def replace(made: logging.LogRecord) -> Any:
        return logging.makeLogRecord({"name": "org_files.files", "msg": "password=other"})

    handler.addFilter(replace)
    FILES.warning("password=one")
    handler.flush()

    # Before 3.12 the value of a filter only says whether the record passes.
    assert table.messages == ["password=***"]


def test_secrets__are_masked_without_another_filter(handler: DatabaseHandler, table: Table) -> None:
    record("access.denied", path="/api/shared/abcdef/", password="hunter2")
    handler.flush()

    [[values]] = table.batches
    assert values["details"] == {"path": "/api/shared/***/", "password": "***"}
    assert "abcdef" not in values["message"]
    assert "hunter2" not in values["message"]


def test_records_of_many_threads__are_written_in_few_batches(
    handler: DatabaseHandler, table: Table
) -> None:
    def say(thread: int) -> None:
        for number in range(150):
            FILES.info("%d-%d", thread, number)

    at_once([lambda thread=thread: say(thread) for thread in range(8)])
    handler.flush()

    assert wait_until(lambda: len(set(table.messages)) == 1200)
    assert len(table.messages) == 1200
    assert len(table.batches) < 20
    of_one = [message for message in table.messages if message.startswith("0-")]
    assert of_one == [f"0-{number}" for number in range(150)]


def test_failing_database__is_waited_for_and_reported_once(
    handler: DatabaseHandler, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    table.error = REFUSED
    for number in range(10):
        FILES.info("%d", number)
    assert wait_until(lambda: table.tries >= 2)
    assert table.messages == []

    table.error = None

    assert wait_until(lambda: len(table.messages) == 10)
    assert table.messages == [str(number) for number in range(10)]
    refused = "OperationalError: connection refused to postgres://me:***@127.0.0.1/db"
    assert capsys.readouterr().err.splitlines() == [
        f"org_files.eventlog: entries wait for the database. {refused}"
    ]


class Unprintable(Exception):
    """An error without a text."""

    def __str__(self) -> str:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), AppRegistryNotReady(), Unprintable()], ids=repr
)
def test_writer__survives_every_error(
    handler: DatabaseHandler,
    table: Table,
    error: Exception,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table.error = error
    FILES.info("one")
    assert wait_until(lambda: table.tries)
    table.error = None
    FILES.info("two")

    assert wait_until(lambda: table.messages == ["one", "two"])
    # A site whose apps are not loaded yet has no failure to report.
    reported = "" if isinstance(error, AppRegistryNotReady) else type(error).__name__
    assert reported in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_writer_that_ended__is_started_again(handler: DatabaseHandler, table: Table) -> None:
    table.error = SystemExit()
    FILES.info("one")
    assert wait_until(lambda: table.tries)
    assert handler._thread is not None
    handler._thread.join(10)
    table.error = None

    FILES.info("two")

    assert wait_until(lambda: table.messages == ["one", "two"])


def test_idle_writer__closes_its_connection_and_writes_later_records(
    handler: DatabaseHandler, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = Mock()
    monkeypatch.setattr(handlers, "IDLE", 0.05)
    monkeypatch.setattr(handlers, "connections", connections)
    FILES.info("one")
    assert wait_until(lambda: connections.close_all.called)

    FILES.info("two")

    assert wait_until(lambda: table.messages == ["one", "two"])


def test_pauses_between_tries__grow(
    handler: DatabaseHandler, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            table.error = None

    monkeypatch.setattr(handlers, "sleep", pause)
    handler.interval = 0.1
    table.error = REFUSED
    FILES.info("one")

    assert wait_until(lambda: table.messages)
    assert pauses[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]


def test_records_beyond_the_capacity__are_dropped_and_counted(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    table.error = REFUSED
    handler = DatabaseHandler(capacity=10, interval=60)
    with listening(handler):
        for number in range(25):
            FILES.info("%d", number)
        handler.flush()
        assert "15 entries were lost. OperationalError" in capsys.readouterr().err
        table.error = None
        handler.close()

    assert table.messages == [str(number) for number in range(10)]
    assert "lost" not in capsys.readouterr().err


def test_closing_while_the_database_fails__reports_the_loss(
    handler: DatabaseHandler, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    table.error = REFUSED
    FILES.info("one")
    FILES.info("two")
    began = time.monotonic()

    handler.close()

    assert time.monotonic() - began < 3
    assert "2 entries were lost. OperationalError" in capsys.readouterr().err


def test_records_of_the_writer_itself__are_not_taken(
    handler: DatabaseHandler, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def insert(batch: Sequence[dict[str, Any]]) -> int:
        logging.getLogger("org_files.router").warning("asked")
        return table.insert(batch)

    monkeypatch.setattr(handlers, "insert", insert)
    FILES.info("one")
    handler.flush()
    FILES.info("two")
    handler.flush()

    assert table.messages == ["one", "two"]


def test_flush__writes_itself_where_no_thread_starts(
    handler: DatabaseHandler, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: threading.Thread) -> None:
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
def test_forked_process__writes_its_own_records_alone(
    handler: DatabaseHandler, table: Table
) -> None:
    table.error = REFUSED
    FILES.info("parent")
    assert wait_until(lambda: table.tries)
    FILES.info("parent, still queued")
    read, write = os.pipe()
    with warnings.catch_warnings():
        # Python warns of threads that the child does not have.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        table.error = None
        FILES.info("child")
        handler.flush()
        os.write(write, str(table.messages).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "['child']"

    table.error = None
    handler.flush()

    assert wait_until(lambda: table.messages == ["parent", "parent, still queued"])
