"""Celery's workers beside a live site: they make pictures ahead and run jobs."""

import pytest
from celery import Celery

from tests.live.conftest import eventually, media_of
from tests.renditions.pictures import image_in, picture
from tests.servers.celery import CeleryProcess

PHOTO = picture(1600, 1200).getvalue()


@pytest.fixture(scope="module")
def worker(redis_server, site):
    with CeleryProcess(site, "worker") as worker:
        yield worker


@pytest.fixture
def client(site, visit):
    return visit(site)


def test_worker__makes_each_height_of_uploads_once(site, client, worker):
    broken = client.upload(PHOTO[:5000], "photo.jpg")
    before = media_of(site)

    def made():
        """Return how many files are in the store that were not."""
        return len(media_of(site) - before)

    files = [client.upload(PHOTO, "photo.jpg")]
    # The original and two heights, which no request has asked for yet.
    assert eventually(lambda: made() == 3, 30)
    for _ in range(3):
        files.append(client.upload(PHOTO, "photo.jpg"))
        # At the same time as the worker.
        assert image_in(client.get(files[-1]["renditions"][0]["url"]).content).height == 200
    assert eventually(lambda: made() == 12, 30)

    for file in files:
        for rendition in file["renditions"]:
            image = image_in(client.get(rendition["url"]).content)
            assert image.height == rendition["height"]
    assert made() == 12
    # It went on after what is no picture.
    assert f"File {broken['id']} has no smaller pictures" in worker.output()
    assert client.get(broken["renditions"][0]["url"]).status_code == 422


@pytest.mark.usefixtures("worker")
def test_worker__runs_the_jobs(site, client):
    file = client.upload(b"text", "a.txt")
    link = client.post(f"/api/files/{file['id']}/links/", json={"expires_in": 300}).json()
    assert client.delete(f"/api/links/{link['id']}/").status_code == 204
    assert client.json("/api/links/")["count"] == 1

    broker, queue = (site.environment()[name] for name in ("CELERY_BROKER_URL", "LOG_DIR"))
    with Celery(broker=broker, set_as_current=False) as sender:
        sender.send_task("org_files.run_job", args=["links"], queue=queue)

    assert eventually(lambda: client.json("/api/links/")["count"] == 0, 30)
