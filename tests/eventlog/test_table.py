"""The table in the admin, and the job that removes old entries."""

import logging
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from org_files.eventlog import retention
from org_files.eventlog.models import LogEntry
from org_files.maintenance import run_job
from org_files.testing.factories import make_user
from org_files.testing.threads import at_once
from tests.rest.requests import browser_of

CHANGELIST = "admin:org_files_eventlog_logentry_changelist"


def entry(days=0, **values):
    """An entry of so many days ago."""
    defaults = {"level": logging.INFO, "logger": "org_files.files", "message": "m"}
    moment = timezone.now() - timedelta(days=days)
    return LogEntry.objects.create(created_at=moment, **defaults | values)


@pytest.fixture
def root(db):
    """A browser of a superuser."""
    return browser_of(make_user("root", is_staff=True, is_superuser=True))


@pytest.fixture
def shown(root, django_assert_max_num_queries):
    """The primary keys in the list, by parameters of its URL."""

    def keys(**parameters):
        with django_assert_max_num_queries(6):
            response = root.get(reverse(CHANGELIST), parameters)
        assert response.status_code == 200
        return {row.pk for row in response.context["cl"].result_list}

    return keys


def test_entries__are_found_by_filters_and_whole_values(shown):
    entry(days=3, actor="3", object_id="0192", organization="4", address="10.0.0.70")
    values = {"object_id": "0192-id", "organization": "41", "address": "10.0.0.7"}
    values |= {"event": "file.stored", "outcome": "refused", "actor": "31", "request_id": "abcdef"}
    wanted = entry(level=logging.ERROR, **values)

    yesterday = str(timezone.now() - timedelta(days=1))
    for parameters in (
        {"event": "file.stored"},
        {"level__exact": "40"},
        {"outcome": "refused"},
        {"created_at__gte": yesterday},
        *({"q": text} for text in ("31", "0192-id", "41", "10.0.0.7", "abcdef")),
    ):
        assert shown(**parameters) == {wanted.pk}, parameters
    assert len(shown()) == 2


def test_entries_of_a_user__are_found_by_the_login_name(shown):
    ada = make_user()
    wanted = entry(actor=str(ada.pk))
    entry(actor=f"{ada.pk}0")

    assert shown(q=ada.email.upper()) == {wanted.pk}
    assert shown(q=ada.email, event="file.stored") == set()
    assert shown(q="unknown@example.com") == set()


def test_entries__are_read_only(root):
    one = entry(event="file.stored", details={"name": "report.txt"})
    change = reverse("admin:org_files_eventlog_logentry_change", args=[one.pk])

    page = root.get(change)
    assert page.status_code == 200
    assert "report.txt" in page.content.decode()
    assert b'<input type="text"' not in page.content
    for path in ("add/", f"{one.pk}/delete/"):
        assert root.get(f"{reverse(CHANGELIST)}{path}").status_code == 403
    root.post(reverse(CHANGELIST), {"action": "delete_selected", "_selected_action": [one.pk]})
    assert LogEntry.objects.get() == one


@pytest.mark.django_db
def test_old_entries__are_removed_in_batches_after_ninety_days_or_as_the_setting_says(
    settings, monkeypatch
):
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    kept = [entry(days).pk for days in (6.99, 0)]
    for days in (7.01, 30, 89.9, 90.1, 400):
        entry(days)
    batches = []

    settings.ORG_FILES = {"EVENTLOG_DAYS": None}
    assert run_job("eventlog") == run_job("eventlog", dry_run=True) == {"entries": 0}
    settings.ORG_FILES = {}
    assert run_job("eventlog", dry_run=True) == {"entries": 2}
    settings.ORG_FILES = {"EVENTLOG_DAYS": 7}
    assert run_job("eventlog", dry_run=True) == {"entries": 5}
    assert LogEntry.objects.count() == 7
    assert run_job("eventlog", progress=batches.append) == {"entries": 5}

    assert sorted(LogEntry.objects.values_list("pk", flat=True)) == sorted(kept)
    assert batches == [2, 2, 1]


@pytest.mark.django_db(transaction=True)
def test_jobs_at_once__count_each_entry_once(monkeypatch):
    monkeypatch.setattr(retention, "BATCH_SIZE", 20)
    for days in range(100, 200):
        entry(days)

    removed = at_once([lambda: run_job("eventlog")["entries"]] * 4)

    assert sum(removed) == 100
    assert LogEntry.objects.count() == 0
