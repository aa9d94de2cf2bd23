"""health/: the state of the site, for anyone, at no cost."""

import shutil
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from org_files import health
from org_files.models import PendingDownload
from org_files.queues import NoQueue
from tests.rest.contents import get

URL = "/api/health/"
SECRET = "redis://:hunter2@cache"
WELL = {
    "database": "ok",
    "storage": "ok",
    "cache": "ok",
    "queue": "unused",
    "pending": {"count": 0, "oldest_seconds": None},
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch):
    monkeypatch.setattr(health, "_last", None)


class BrokenQueue(NoQueue):
    def ping(self):
        raise ConnectionError(SECRET)


def failing(error=None):
    def fail(*args, **kwargs):
        raise error or ConnectionError(SECRET)

    return fail


def answer(status, **changed):
    return {"status": status, "checks": WELL | changed}


def asked(caplog):
    response = Client().get(URL)
    assert SECRET not in response.content.decode() + caplog.text
    assert ("Retry-After" in response) == (response.status_code == 503)
    return response.status_code, response.json()


def test_site_that_is_well__says_so_to_anyone():
    response = Client().get(URL)
    assert (response.status_code, response.json()) == (200, answer("ok"))
    assert "no-store" in response.headers["Cache-Control"]
    assert Client().head(URL).status_code == 200
    refused = Client(enforce_csrf_checks=True).post(URL)
    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")


def test_storage_that_fails__is_503(caplog, monkeypatch):
    monkeypatch.setattr(storages["org_files"], "exists", failing())
    assert asked(caplog) == (503, answer("failing", storage="failing"))
    assert "The storage fails: ConnectionError." in caplog.text


def test_folder_that_is_gone_with_the_files_in_it__is_503(caplog, file):
    shutil.rmtree(storages["org_files"].location)
    assert asked(caplog) == (503, answer("failing", storage="failing"))


def test_database_that_fails__is_503(caplog, monkeypatch):
    monkeypatch.setattr(health, "_ask_database", failing(OperationalError(SECRET)))
    unknown = {"count": None, "oldest_seconds": None}
    assert asked(caplog) == (503, answer("failing", database="failing", pending=unknown))


def test_cache_or_queue_that_fails__is_reported_with_200(caplog, monkeypatch, settings):
    monkeypatch.setattr(cache, "set", failing())
    settings.ORG_FILES = {"TASKS": {"BACKEND": f"{__name__}.BrokenQueue"}}
    assert asked(caplog) == (200, answer("degraded", cache="failing", queue="failing"))


def test_pending_downloads__are_counted_with_the_age_of_the_oldest(caplog, client, file):
    for _ in range(2):
        assert get(client, file)[0] == 200
    first = PendingDownload.objects.order_by("pk")[:1].values("pk")
    long_ago = timezone.now() - timedelta(minutes=2)
    PendingDownload.objects.filter(pk=first[0]["pk"]).update(downloaded_at=long_ago)
    pending = asked(caplog)[1]["checks"]["pending"]
    assert pending["count"] == 2
    assert 120 <= pending["oldest_seconds"] < 180


def test_result__is_kept_for_five_seconds(caplog, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(health.time, "monotonic", lambda: now[0])
    assert asked(caplog)[0] == 200
    monkeypatch.setattr(storages["org_files"], "exists", failing())
    now[0] += 4.9
    assert asked(caplog)[0] == 200
    now[0] += 0.2
    assert asked(caplog)[0] == 503


def test_store_that_hangs__is_asked_by_one_thread_at_a_time(caplog, monkeypatch):
    assert asked(caplog)[0] == 200
    monkeypatch.setattr(health, "KEEP", -1.0)
    with health._probing:
        assert asked(caplog) == (200, answer("ok"))
