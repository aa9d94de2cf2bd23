"""Rows: what the table has of a record; records of transactions."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from org_files import counters
from org_files.eventlog.handlers import MAX_MESSAGE, DatabaseHandler, insert, values_of
from org_files.eventlog.models import LogEntry
from org_files.events import record
from org_files.links import create_link, redeem, revoke_link
from org_files.organizations import add_member
from org_files.testing.factories import make_link, make_stored_file, make_user
from tests.eventlog.conftest import listening

# Inserting closes the connection, which a transaction of the test would not survive.
in_table = pytest.mark.django_db(transaction=True)


def log_record(**fields):
    return logging.makeLogRecord({"name": "org_files", "levelno": 20} | fields)


@in_table
def test_rows__have_the_event_or_another_message_in_storable_text(heard):
    odd = ("a\x00b", "a\ud800b", "x" * 30_000)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    details = {"at": moment, "ratio": float("nan"), "half": 0.5, "names": {"a"}, "none": None}
    record(
        "file.stored",
        obj="01923f7e",
        organization=4,
        actor=3,
        level=logging.WARNING,
        name="Отчёт.txt",
        size=5,
    )
    record("file.changed", on=True, **details)
    for text in odd:
        record("file.stored", obj=text, organization=text, name=text, k=[text, {text: text}])
    other = log_record(msg="%s is left.", args=(3,), exc_text="Odd")

    assert insert([values_of(each) for each in (*heard.records, other)]) == 0

    event, changed, *texts, message = LogEntry.objects.order_by("pk")
    assert (event.event, event.outcome, event.level) == ("file.stored", "ok", logging.WARNING)
    assert (event.logger, str(event)) == ("org_files.files", "file.stored")
    assert (event.actor, event.organization) == ("3", "4")
    assert (event.object_type, event.object_id) == ("file", "01923f7e")
    assert event.details == {"name": "Отчёт.txt", "size": 5}
    assert "name=Отчёт.txt" in event.message
    assert datetime.now(UTC) - event.created_at < timedelta(seconds=5)
    assert changed.details == {
        "at": "2026-01-01 00:00:00+00:00",
        "ratio": "nan",
        "half": 0.5,
        "names": ["a"],
        "none": None,
        "on": True,
    }
    for text, row in zip(odd, texts, strict=True):
        assert row.details["name"].startswith(text[0])
        assert len(row.message) <= MAX_MESSAGE
    assert message.message == str(message) == "3 is left.\nOdd"
    assert (message.event, message.actor, message.details) == ("", "", {})


@pytest.mark.parametrize("event", [{"type": "click"}, ["click"], 3, "no such event"])
def test_attribute_of_another_library__is_no_event(event):
    values = values_of(log_record(msg="clicked", event=event))

    assert (values["message"], values["event"], values["details"]) == ("clicked", "", {})


def test_site_without_the_app__keeps_nothing(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if "eventlog" not in app]

    assert insert([values_of(log_record(msg="one"))]) == 0


@in_table
def test_row_that_the_database_refuses__is_lost_alone():
    rows = [values_of(log_record(msg=str(n), levelno=n)) for n in (10, 10**6, -10, 20)]

    lost = insert(rows)

    # SQLite has no upper bound.
    assert lost == (1 if connection.vendor == "sqlite" else 2)
    messages = list(LogEntry.objects.order_by("pk").values_list("message", flat=True))
    assert (messages[0], messages[-1], len(messages)) == ("10", "20", 4 - lost)


@in_table
def test_transaction_that_is_rolled_back__keeps_its_other_messages():
    handler = DatabaseHandler()
    with listening(handler), transaction.atomic():
        # Without a query: on SQLite its transaction would be the only writer.
        logging.getLogger("org_files.files").info("from within")
        transaction.set_rollback(True)

    assert LogEntry.objects.get().message == "from within"


@in_table
def test_events__are_those_of_committed_transactions(heard, organization, file):
    link, user = make_link(file), make_user()

    def act(*, is_committed):
        """Return the events of one transaction."""
        heard.records.clear()
        with transaction.atomic():
            counters.record_download(file=file)
            add_member(organization=organization, user=user)
            make_stored_file(organization)
            create_link(file=file, user=user, expires_in=None)
            redeem(link=link, is_partial=False, address="192.0.2.1", user_agent="curl")
            revoke_link(link=link)
            type(file)._base_manager.get(pk=file.pk).delete()
            assert heard.records == []
            transaction.set_rollback(not is_committed)
        return [record.event for record in heard.records]

    assert act(is_committed=False) == []
    link.refresh_from_db()
    assert act(is_committed=True) == [
        "file.downloaded",
        "member.changed",
        "file.stored",
        "link.created",
        "file.downloaded",
        "link.used",
        "link.revoked",
        "file.purged",
    ]
