"""The handler over a real table: what it writes, when, and what it does while it cannot."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from org_files.eventlog import handlers
from org_files.eventlog.entries import insert
from org_files.eventlog.handlers import DatabaseHandler
from org_files.eventlog.models import LogEntry
from org_files.events import record
from tests.eventlog.conftest import listening

pytestmark = pytest.mark.django_db(transaction=True)

FILES = logging.getLogger("org_files.files")


@pytest.fixture
def handler() -> Iterator[DatabaseHandler]:
    """One that hears everything."""
    handler = DatabaseHandler()
    with listening(handler, level=logging.DEBUG):
        yield handler
    handler.close()
    wait_until(lambda: handler._thread is None or not handler._waiting)


def wait_until(condition: Callable[[], Any], seconds: float = 10) -> bool:
    """Return whether ``condition`` comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def messages() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("message", flat=True))


def test_event__is_in_the_table_within_a_second(handler: DatabaseHandler) -> None:
    record(
        "file.stored",
        obj="01923f7e",
        organization=4,
        actor=3,
        outcome="refused",
        level=logging.WARNING,
        name="Отчёт.txt",
        size=5,
    )
    recorded = time.monotonic()

    assert wait_until(LogEntry.objects.exists)

    assert time.monotonic() - recorded < 1
    entry = LogEntry.objects.get()
    assert (entry.event, entry.outcome, entry.level) == ("file.stored", "refused", logging.WARNING)
    assert entry.logger == "org_files.files"
    assert (entry.actor, entry.organization) == ("3", "4")
    assert (entry.object_type, entry.object_id) == ("file", "01923f7e")
    assert entry.details == {"name": "Отчёт.txt", "size": 5}
    assert "name=Отчёт.txt" in entry.message
    assert datetime.now(UTC) - entry.created_at < timedelta(seconds=5)
    assert str(entry) == "file.stored"


def test_other_lines_of_the_package__are_in_the_table_too(handler: DatabaseHandler) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        FILES.exception("File %s cannot be removed.", 3)
    handler.flush()

    entry = LogEntry.objects.get()
    assert entry.message.startswith("File 3 cannot be removed.\nTraceback")
    assert entry.message.endswith("ValueError: odd")
    assert (entry.event, entry.actor, entry.details) == ("", "", {})
    assert str(entry) == "File 3 cannot be removed.\nTraceback (most recent c"


@pytest.mark.parametrize("name", ["django.request", "org_files_of_somebody", "org_filesystem.x"])
def test_lines_of_others__are_not_taken(handler: DatabaseHandler, name: str) -> None:
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    logger.error("not ours")
    logger.removeHandler(handler)
    handler.flush()

    assert messages() == []


def test_level_and_filters__are_those_of_every_handler(handler: DatabaseHandler) -> None:
    handler.setLevel(logging.WARNING)
    handler.addFilter(lambda made: "secret" not in made.getMessage())

    FILES.info("too low")
    FILES.warning("secret")
    FILES.warning("heard")
    handler.flush()

    assert messages() == ["heard"]


def test_filter_that_puts_another_record_in_place__is_obeyed(handler: DatabaseHandler) -> None:
    def replace(made: logging.LogRecord) -> Any:
        fields = {"name": "org_files.files", "msg": "password=other", "levelno": logging.INFO}
        return logging.makeLogRecord(fields)

    passed = logging.Filter()
    passed.filter = replace  # type: ignore[method-assign]
    handler.addFilter(passed)
    FILES.warning("one")
    handler.flush()

    # Before, what a filter returns only says whether the record passes.
    assert messages() == ["password=***" if sys.version_info >= (3, 12) else "one"]


def test_secrets__are_masked_without_another_filter(handler: DatabaseHandler) -> None:
    record("access.denied", path="/api/shared/abcdef/", password="hunter2")
    handler.flush()

    entry = LogEntry.objects.get()
    assert entry.details == {"path": "/api/shared/***/", "password": "***"}
    assert "abcdef" not in entry.message
    assert "hunter2" not in entry.message


def test_many__are_written_in_few_statements(
    handler: DatabaseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    def counted(batch: Any) -> int:
        batches.append(len(batch))
        return insert(batch)

    monkeypatch.setattr(handlers, "insert", counted)
    for number in range(1200):
        FILES.info("%d", number)
    handler.flush()
    assert wait_until(lambda: LogEntry.objects.count() == 1200)

    assert messages() == [str(number) for number in range(1200)]
    assert sum(batches) == 1200
    assert len(batches) < 20


def test_records_of_many_threads__are_all_written(handler: DatabaseHandler) -> None:
    def say(name: int) -> None:
        for number in range(100):
            FILES.info("%d-%d", name, number)

    threads = [threading.Thread(target=say, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush()

    assert wait_until(lambda: LogEntry.objects.count() == 800)
    assert len(set(messages())) == 800


def test_transaction_of_the_request__neither_holds_up_nor_takes_along(
    handler: DatabaseHandler,
) -> None:
    with transaction.atomic():
        # Without a query: on SQLite its transaction would be the one writer that there can be.
        FILES.info("from within")
        transaction.set_rollback(True)
    handler.flush()

    assert messages() == ["from within"]


class Outage:
    """A database that does not answer until it is told to."""

    def __init__(self) -> None:
        self.tries = 0
        self.is_over = False

    def __call__(self, batch: Any) -> int:
        self.tries += 1
        if self.is_over:
            return insert(batch)
        raise OperationalError("connection refused to postgres://me:hush@127.0.0.1/db")


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    """The database is down."""
    outage = Outage()
    monkeypatch.setattr(handlers, "insert", outage)
    return outage


def test_outage__is_waited_for_and_nobody_notices(
    handler: DatabaseHandler, outage: Outage, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    for number in range(10):
        FILES.info("%d", number)
    assert time.monotonic() - began < 0.5
    assert wait_until(lambda: outage.tries >= 2)
    assert messages() == []

    outage.is_over = True

    assert wait_until(lambda: LogEntry.objects.count() == 10)
    assert messages() == [str(number) for number in range(10)]
    said = capsys.readouterr().err.splitlines()
    refused = "OperationalError: connection refused to postgres://me:***@127.0.0.1/db"
    assert said == [f"org_files.eventlog: entries wait for the database. {refused}"]


def test_tries__become_fewer_while_the_database_is_down(
    handler: DatabaseHandler, outage: Outage
) -> None:
    handler.interval = 0.05
    for number in range(2000):
        FILES.info("%d", number)
    time.sleep(1.5)

    # 0.05, 0.1, 0.2, 0.4, 0.8 seconds apart.
    assert 2 <= outage.tries <= 8
    outage.is_over = True


def test_more_than_can_be_kept__is_dropped_and_counted(
    outage: Outage, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = DatabaseHandler(capacity=10, interval=0.05)
    with listening(handler):
        for number in range(25):
            FILES.info("%d", number)
        assert wait_until(lambda: "15 entries were lost. OperationalError" in err(capsys))
        outage.is_over = True
        handler.flush()

    assert messages() == [str(number) for number in range(10)]
    handler.close()
    assert err(capsys).count("lost") == 1


def err(capsys: pytest.CaptureFixture[str], so_far: list[str] = []) -> str:  # noqa: B006
    so_far.append(capsys.readouterr().err)
    return "".join(so_far)


def test_closing_in_an_outage__comes_to_an_end_and_says_what_is_lost(
    outage: Outage, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = DatabaseHandler()
    with listening(handler):
        FILES.info("one")
        FILES.info("two")
    began = time.monotonic()

    handler.close()

    assert time.monotonic() - began < 3
    assert "2 entries were lost. OperationalError" in capsys.readouterr().err
    outage.is_over = True
    handler.flush()


def test_row_that_no_database_takes__is_lost_alone(
    handler: DatabaseHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    FILES.info("before")
    handler.handle(logging.makeLogRecord({"name": "org_files", "msg": "odd", "levelno": 10**6}))
    handler.handle(logging.makeLogRecord({"name": "org_files", "msg": "odd", "levelno": -10}))
    FILES.info("after")
    handler.flush()

    written = [message for message in messages() if message != "odd"]
    assert written == ["before", "after"]
    lost = 4 - len(messages())
    # SQLite has no upper bound.
    assert lost == (1 if connection.vendor == "sqlite" else 2)
    assert f"{lost} entries were lost." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\u202e", "x" * 30_000])
def test_odd_texts__are_written(handler: DatabaseHandler, text: str) -> None:
    record("file.stored", obj=text, organization=text, name=text, k=[text, {text: text}])
    handler.flush()

    entry = LogEntry.objects.get()
    assert entry.details["name"].startswith(text[0])
    assert len(entry.message) <= 20_000


def test_odd_details__are_written_as_texts(handler: DatabaseHandler) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    record("file.stored", at=moment, ratio=float("nan"), half=0.5, names={"a"}, none=None, on=True)
    handler.flush()

    assert LogEntry.objects.get().details == {
        "at": "2026-01-01 00:00:00+00:00",
        "ratio": "nan",
        "half": 0.5,
        "names": ["a"],
        "none": None,
        "on": True,
    }


class LoudRouter:
    """A router of a site that logs below our name whenever it is asked."""

    def db_for_write(self, model: Any, **hints: Any) -> None:
        logging.getLogger("org_files.router").warning("asked for %s", model)


def test_what_the_writing_itself_logs__is_not_taken(
    handler: DatabaseHandler, settings: Any
) -> None:
    settings.DATABASE_ROUTERS = ["tests.eventlog.test_handler.LoudRouter"]

    FILES.info("one")
    handler.flush()
    time.sleep(handler.interval * 3)

    assert messages() == ["one"]


def test_thread__ends_when_there_is_nothing_to_do_and_begins_again(
    handler: DatabaseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "IDLE", 0.1)
    FILES.info("one")
    thread = handler._thread
    assert thread is not None
    assert wait_until(lambda: not thread.is_alive())

    FILES.info("two")
    handler.flush()

    assert messages() == ["one", "two"]


def test_thread_that_dies__is_replaced(
    handler: DatabaseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[Any] = []

    def die(batch: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(threading, "excepthook", died.append)
    monkeypatch.setattr(handlers, "insert", die)
    FILES.info("one")
    handler.flush()
    assert wait_until(lambda: handler._thread is None)
    assert [hook.exc_type for hook in died] == [ZeroDivisionError]

    monkeypatch.setattr(handlers, "insert", insert)
    FILES.info("two")
    handler.flush()

    assert messages() == ["one", "two"]


def test_without_threads__flush_writes_itself(
    handler: DatabaseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    FILES.info("one")
    FILES.info("two")
    handler.flush()

    assert messages() == ["one", "two"]
