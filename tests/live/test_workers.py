"""Celery's workers beside a live site: they make pictures ahead, and nothing depends on them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.conftest import database_of_its_own, media_of
from tests.live.galleries import broker_of, galleries, image_in, run_in, upload
from tests.live.test_transfers import eventually
from tests.renditions.pictures import picture
from tests.servers.celery import CeleryProcess
from tests.servers.redis import Redis
from tests.servers.site import LiveSite

PHOTO = picture(1600, 1200).getvalue()


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, redis_server: Redis) -> Iterator[LiveSite]:
    """A site that sends to a broker."""
    environment = {"LINK_KEEP_DAYS": "0"} | broker_of(redis_server, 2)
    with database_of_its_own(request) as database, LiveSite(environment | database) as site:
        yield site


@pytest.fixture(scope="module")
def client(site: LiveSite) -> Iterator[httpx.Client]:
    with galleries(site, Atelier=None) as [client]:
        yield client


@pytest.fixture(scope="module")
def worker(site: LiveSite) -> Iterator[CeleryProcess]:
    with CeleryProcess(site, "worker") as worker:
        yield worker


def call(site: LiveSite, task: str, *arguments: str) -> None:
    """Send a task as an administrator does."""
    import subprocess

    subprocess.run(
        [
            *(sys.executable, "-m", "celery", "-A", "example", "call", task),
            *("--args", json.dumps(arguments)),
        ],
        cwd=site.working_folder(),
        env=site.environment(),
        check=True,
        capture_output=True,
    )


def made(site: LiveSite, before: set[Path]) -> int:
    """Return how many files are in the store that were not."""
    return len(media_of(site) - before)


@pytest.mark.usefixtures("worker")
def test_worker__makes_the_heights_of_an_upload(site: LiveSite, client: httpx.Client) -> None:
    before = media_of(site)

    file = upload(client, PHOTO)

    # The original and two heights, which no request has asked for yet.
    assert eventually(lambda: made(site, before) == 3, 30)
    for rendition in file["renditions"]:
        assert image_in(client.get(rendition["url"])).height == rendition["height"]
    assert made(site, before) == 3


@pytest.mark.usefixtures("worker")
def test_worker_and_requests_at_once__make_each_height_once(
    site: LiveSite, client: httpx.Client
) -> None:
    before = media_of(site)

    for _ in range(5):
        file = upload(client, PHOTO)
        assert image_in(client.get(file["renditions"][0]["url"])).height == 200

    assert eventually(lambda: made(site, before) == 15, 30)


def test_worker__goes_on_after_what_is_no_picture(
    site: LiveSite, client: httpx.Client, worker: CeleryProcess
) -> None:
    broken = upload(client, PHOTO[:5000])
    before = media_of(site)
    upload(client, PHOTO)

    assert eventually(lambda: made(site, before) == 3, 30)
    assert f"File {broken['id']} has no smaller pictures" in worker.output()
    assert client.get(broken["renditions"][0]["url"]).status_code == 422


@pytest.mark.usefixtures("worker")
def test_worker__runs_the_jobs(site: LiveSite, client: httpx.Client) -> None:
    file = upload(client, b"text", "a.txt")
    link = client.post(f"files/{file['id']}/links/", json={"expires_in": 300})
    assert link.status_code == 201
    run_in(
        site,
        "from django.utils import timezone\n"
        "from org_files.models import ShareLink\n"
        "ShareLink.objects.update(expires_at=timezone.now())",
    )
    assert client.get("links/").json()["count"] == 1

    call(site, "org_files.run_job", "links")

    assert eventually(lambda: client.get("links/").json()["count"] == 0, 30)


def test_broker_that_is_stopped__costs_uploads_nothing(request: pytest.FixtureRequest) -> None:
    with (
        database_of_its_own(request) as database,
        Redis() as redis,
        LiveSite(database | broker_of(redis, 0)) as site,
        galleries(site, Alone=None) as [client],
    ):
        upload(client, PHOTO)
        redis.end_process()

        files: list[Any] = [upload(client, PHOTO) for _ in range(3)]

        for file in files:
            for rendition in file["renditions"]:
                image = image_in(client.get(rendition["url"]))
                assert image.height == rendition["height"]
        assert eventually(lambda: "was dropped" in site.output(), 30)
