"""Pictures and tiers over sockets: what organizations are given, what hostile pictures cost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.conftest import database_of_its_own, media_of
from tests.live.galleries import broker_of, galleries, image_in, run_in, subscribe, upload
from tests.live.test_transfers import eventually
from tests.renditions.bombs import BOMBS
from tests.renditions.pictures import picture
from tests.servers.celery import CeleryProcess
from tests.servers.redis import Redis
from tests.servers.site import LiveSite

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[LiveSite]:
    """The example site with walls between tenants, under gunicorn with two processes."""
    with (
        database_of_its_own(request) as database,
        LiveSite({"ORG_FILES_POLICY": "organization", **database}, workers=2) as site,
    ):
        yield site


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_first_requests_at_once__make_one_file_in_all_processes(site: LiveSite) -> None:
    with galleries(site, Rush=None) as [client]:
        file = upload(client, picture(3000, 2000).getvalue())
        before = media_of(site)

        def ask(number: int) -> bytes:
            # A connection of its own, so that both processes get some.
            url = file["renditions"][number % 2]["url"]
            answer = httpx.get(url, headers=client.headers, timeout=60)
            assert image_in(answer).height == (200, 400)[number % 2]
            return answer.content

        with ThreadPoolExecutor(32) as threads:
            bodies = list(threads.map(ask, range(32)))

        assert len(set(bodies)) == 2
        assert len(media_of(site) - before) == 2


@pytest.mark.walks
def test_tier_changed_by_another_process__holds_from_the_next_request(site: LiveSite) -> None:
    with galleries(site, Changing="Premium") as [client]:
        path = f"files/{upload(client, picture(1200, 900).getvalue())['id']}/"

        def heights() -> list[int]:
            # More often than there are processes.
            [seen] = {
                tuple(each["height"] for each in client.get(path).json()["renditions"])
                for _ in range(6)
            }
            return [*seen]

        assert heights() == [200, 400]
        assert client.get(f"{path}renditions/400/").status_code == 200
        assert client.get(f"{path}content/").status_code == 200
        subscribe(site, "Changing", "Basic")

        assert heights() == [200]
        assert code_of(client.get(f"{path}renditions/400/")) == (403, "height_not_in_tier")
        assert code_of(client.get(f"{path}content/")) == (403, "original_not_in_tier")
        run_in(
            site,
            "from org_files.models import Subscription\n"
            "Subscription.objects.filter(organization__name='Changing').delete()",
        )
        assert heights() == [200, 400]
        assert client.get(f"{path}content/").status_code == 200


@pytest.mark.load
def test_bombs__cost_a_worker_little_and_the_next_request_is_served() -> None:
    with LiveSite() as site, galleries(site, Hostile=None) as [client]:
        # What every worker has once that was asked for a picture.
        first = upload(client, picture(6000, 4000).getvalue())
        assert image_in(client.get(first["renditions"][0]["url"])).height == 200
        for pid in site.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # forgets the peak so far
        [pid], idle = site.pids(), site.memory()

        answers: dict[str, set[int]] = {}
        for name, (make, _refusal) in BOMBS.items():
            id = upload(client, make().getvalue(), "picture")["id"]
            answers[name] = {
                client.get(f"files/{id}/renditions/{height}/").status_code for height in (200, 400)
            }
            assert client.get(f"files/{id}/").status_code == 200, name

        refused = {name: {422} for name, (_make, refusal) in BOMBS.items() if refusal is not None}
        # Not even its first bytes are those of a picture.
        refused["JPEG with stray bytes"] = {404}
        # Pictures that can be shown, at whatever cost that has.
        assert answers == {name: {200} for name in BOMBS} | refused
        assert site.memory("VmHWM") - idle < 64 * MIB
        # The same process, which neither died nor was replaced.
        assert site.pids() == [pid]


EXPIRE = """
from datetime import timedelta
from django.utils import timezone
from org_files.models import ShareLink
ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
"""


@pytest.mark.walks
def test_three_organizations__are_given_what_their_tiers_have(
    request: pytest.FixtureRequest, redis_server: Redis
) -> None:
    photo = picture(6000, 4000).getvalue()
    environment = {"ORG_FILES_POLICY": "organization", "LINK_KEEP_DAYS": "0"}
    with (
        database_of_its_own(request) as database,
        LiveSite(environment | database | broker_of(redis_server, 1)) as site,
        galleries(site, One="Basic", Two="Premium", Three="Enterprise") as clients,
    ):
        basic, _, enterprise = clients
        files: list[Any] = [upload(client, photo) for client in clients]
        for client, file, heights in zip(
            clients, files, ([200], [200, 400], [200, 400]), strict=True
        ):
            assert [each["height"] for each in file["renditions"]] == heights
            for each in file["renditions"]:
                assert image_in(client.get(each["url"])).height == each["height"]

        path = f"files/{files[0]['id']}/"
        assert code_of(basic.get(f"{path}renditions/400/")) == (403, "height_not_in_tier")
        assert code_of(basic.get(f"{path}content/")) == (403, "original_not_in_tier")
        for client, file in zip(clients[1:], files[1:], strict=True):
            assert client.get(file["content_url"]).content == photo
        for client, file in zip(clients[:2], files[:2], strict=True):
            refused = client.post(f"files/{file['id']}/links/", json={"expires_in": 300})
            assert code_of(refused) == (403, "links_not_in_tier")

        links = f"files/{files[2]['id']}/links/"
        for seconds in (299, 30_001, None):
            refused = enterprise.post(links, json={"expires_in": seconds})
            assert (refused.status_code, list(refused.json())) == (400, ["expires_in"])
        made = enterprise.post(links, json={"expires_in": 300})
        assert made.status_code == 201
        assert httpx.get(made.json()["url"]).content == photo
        [shown] = enterprise.get("links/").json()["results"]
        assert (shown["state"], shown["id"]) == ("active", made.json()["id"])
        assert 200 < shown["time_left"] <= 300

        run_in(site, EXPIRE)
        [shown] = enterprise.get("links/").json()["results"]
        assert (shown["state"], shown["time_left"]) == ("expired", 0)
        assert httpx.get(made.json()["url"]).status_code == 404
        with CeleryProcess(site, "worker"), CeleryProcess(site, "beat"):
            # Once a minute.
            assert eventually(lambda: enterprise.get("links/").json()["count"] == 0, 120)
