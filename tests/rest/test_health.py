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
    "status": "ok",
    "database": "ok",
    "storage": "ok",
    "cache": "ok",
    "queue": "unused",
    "pending_downloads": 0,
    "oldest_pending_seconds": None,
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


def asked(caplog):
    response = Client().get(URL)
    assert SECRET not in response.content.decode() + caplog.text
    return response.status_code, response.json()


def test_site_that_is_well__says_so_to_anyone():
    response = Client().get(URL)
    assert (response.status_code, response.json()) == (200, WELL)
    assert "no-store" in response.headers["Cache-Control"]
    assert Client().head(URL).status_code == 200
    assert Client().post(URL).status_code == 405


def test_storage_that_fails__is_503(caplog, monkeypatch):
    monkeypatch.setattr(storages["org_files"], "exists", failing())
    expected = WELL | {"status": "failing", "storage": "failing"}
    assert asked(caplog) == (503, expected)
    assert "The storage fails: ConnectionError." in caplog.text


def test_folder_that_is_gone_with_the_files_in_it__is_503(caplog, file):
    shutil.rmtree(storages["org_files"].location)
    assert asked(caplog) == (503, WELL | {"status": "failing", "storage": "failing"})


def test_database_that_fails__is_503(caplog, monkeypatch):
    monkeypatch.setattr(health, "_ask_database", failing(OperationalError(SECRET)))
    changed = {"status": "failing", "database": "failing", "pending_downloads": None}
    assert asked(caplog) == (503, WELL | changed)


def test_cache_or_queue_that_fails__is_reported_with_200(caplog, monkeypatch, settings):
    monkeypatch.setattr(cache, "set", failing())
    settings.ORG_FILES = {"TASKS": {"BACKEND": f"{__name__}.BrokenQueue"}}
    changed = {"status": "degraded", "cache": "failing", "queue": "failing"}
    assert asked(caplog) == (200, WELL | changed)


def test_pending_downloads__are_counted_with_the_age_of_the_oldest(caplog, client, file):
    for _ in range(2):
        assert get(client, file)[0] == 200
    first = PendingDownload.objects.order_by("pk")[:1].values("pk")
    long_ago = timezone.now() - timedelta(minutes=2)
    PendingDownload.objects.filter(pk=first[0]["pk"]).update(downloaded_at=long_ago)
    found = asked(caplog)[1]
    assert found["pending_downloads"] == 2
    assert 120 <= found["oldest_pending_seconds"] < 180


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
        assert asked(caplog) == (200, WELL)
