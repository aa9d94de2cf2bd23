"""Rows: what the table has of a record."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from org_files.eventlog.entries import MAX_MESSAGE, insert, values_of
from org_files.eventlog.handlers import DatabaseHandler
from org_files.eventlog.models import LogEntry
from org_files.events import record
from tests.eventlog.conftest import Heard, listening

# Inserting closes the connection, which a transaction of the test would not survive.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry(heard: Heard) -> Callable[..., LogEntry]:
    """Record an event, and return its row."""

    def entry(event: str, **values: Any) -> LogEntry:
        record(event, **values)
        assert insert([values_of(heard.records[-1])]) == 0
        return LogEntry.objects.latest("pk")

    return entry


def test_event__is_in_columns(entry: Callable[..., LogEntry]) -> None:
    made = entry(
        "file.stored",
        obj="01923f7e",
        organization=4,
        actor=3,
        level=logging.WARNING,
        name="Отчёт.txt",
        size=5,
    )

    assert (made.event, made.outcome, made.level) == ("file.stored", "ok", logging.WARNING)
    assert (made.logger, str(made)) == ("org_files.files", "file.stored")
    assert (made.actor, made.organization) == ("3", "4")
    assert (made.object_type, made.object_id) == ("file", "01923f7e")
    assert made.details == {"name": "Отчёт.txt", "size": 5}
    assert "name=Отчёт.txt" in made.message
    assert datetime.now(UTC) - made.created_at < timedelta(seconds=5)


def test_other_message__is_a_row_with_its_traceback() -> None:
    fields = {"name": "org_files", "levelno": 20, "msg": "%s is left.", "args": (3,)}
    insert([values_of(logging.makeLogRecord(fields | {"exc_text": "Odd"}))])

    made = LogEntry.objects.get()
    assert made.message == "3 is left.\nOdd"
    assert (made.event, made.actor, made.details) == ("", "", {})
    assert str(made) == made.message


@pytest.mark.parametrize("event", [{"type": "click"}, ["click"], 3, "no such event"])
def test_attribute_of_another_library__is_no_event(event: Any) -> None:
    values = values_of(logging.makeLogRecord({"msg": "clicked", "event": event}))

    assert (values["message"], values["event"], values["details"]) == ("clicked", "", {})


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "x" * 30_000])
def test_text_that_databases_refuse__is_stored(entry: Callable[..., LogEntry], text: str) -> None:
    made = entry("file.stored", obj=text, organization=text, name=text, k=[text, {text: text}])

    assert made.details["name"].startswith(text[0])
    assert len(made.message) <= MAX_MESSAGE


def test_details__are_stored_as_json(entry: Callable[..., LogEntry]) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    made = entry(
        "file.stored", at=moment, ratio=float("nan"), half=0.5, names={"a"}, none=None, on=True
    )

    assert made.details == {
        "at": "2026-01-01 00:00:00+00:00",
        "ratio": "nan",
        "half": 0.5,
        "names": ["a"],
        "none": None,
        "on": True,
    }


def test_row_that_the_database_refuses__is_lost_alone() -> None:
    rows = [
        values_of(logging.makeLogRecord({"name": "org_files", "msg": str(level), "levelno": level}))
        for level in (10, 10**6, -10, 20)
    ]

    lost = insert(rows)

    # SQLite has no upper bound.
    assert lost == (1 if connection.vendor == "sqlite" else 2)
    messages = list(LogEntry.objects.order_by("pk").values_list("message", flat=True))
    assert (messages[0], messages[-1], len(messages)) == ("10", "20", 4 - lost)


def test_transaction_that_is_rolled_back__keeps_its_records() -> None:
    handler = DatabaseHandler()
    with listening(handler), transaction.atomic():
        # Without a query: on SQLite its transaction would be the only writer.
        logging.getLogger("org_files.files").info("from within")
        transaction.set_rollback(True)

    assert LogEntry.objects.get().message == "from within"
