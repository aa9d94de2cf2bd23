"""Pictures and tiers over sockets: what organizations are given, what hostile pictures cost."""

from pathlib import Path

import httpx
import pytest

from tests.live.conftest import (
    SETTINGS,
    broker_of,
    database_of_its_own,
    eventually,
    galleries,
)
from tests.renditions.bombs import BOMBS
from tests.renditions.pictures import image_in, picture
from tests.servers.celery import CeleryProcess
from tests.servers.site import LiveSite

MIB = 1024 * 1024


def code_of(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.load
def test_bombs__cost_a_worker_little_and_the_next_request_is_served():
    with LiveSite(SETTINGS) as site, galleries(site, Hostile=None) as [client]:
        # What every worker has once that was asked for a picture.
        first = client.upload(picture(6000, 4000).getvalue(), "photo.jpg")
        assert image_in(client.get(first["renditions"][0]["url"]).content).height == 200
        for pid in site.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # forgets the peak so far
        [pid], idle = site.pids(), site.memory()

        answers = {}
        for name, (make, _refusal) in BOMBS.items():
            path = f"/api/files/{client.upload(make().getvalue(), 'picture')['id']}/"
            answers[name] = {
                client.get(f"{path}renditions/{height}/").status_code for height in (200, 400)
            }
            assert client.get(path).status_code == 200, name

        refused = {name: {422} for name, (_make, refusal) in BOMBS.items() if refusal is not None}
        # Not even its first bytes are those of a picture.
        refused["JPEG with stray bytes"] = {404}
        # Pictures that can be shown, at whatever cost that has.
        assert answers == {name: {200} for name in BOMBS} | refused
        assert site.memory("VmHWM") - idle < 64 * MIB
        # The same process, which neither died nor was replaced.
        assert site.pids() == [pid]


CHANGE = """
from datetime import timedelta
from django.utils import timezone
from org_files.models import ShareLink, Subscription, Tier
ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
Subscription.objects.update(tier=Tier.objects.get(name="Basic"))
"""


@pytest.mark.walks
def test_organizations__are_given_what_their_tiers_have(request, redis_server):
    photo = picture(6000, 4000).getvalue()
    variables = SETTINGS | {"ORG_FILES_POLICY": "organization"} | broker_of(redis_server)
    with (
        database_of_its_own(request) as database,
        LiveSite(variables | database, workers=2) as site,
        galleries(site, One="Basic", Three="Enterprise") as clients,
    ):
        basic, enterprise = clients
        small, large = (client.upload(photo, "photo.jpg") for client in clients)
        for client, file, heights in ((basic, small, [200]), (enterprise, large, [200, 400])):
            assert [each["height"] for each in file["renditions"]] == heights
            for each in file["renditions"]:
                assert image_in(client.get(each["url"]).content).height == each["height"]

        path = f"/api/files/{small['id']}/"
        assert code_of(basic.get(f"{path}renditions/400/")) == (403, "height_not_in_tier")
        assert code_of(basic.get(f"{path}content/")) == (403, "original_not_in_tier")
        refused = basic.post(f"{path}links/", json={"expires_in": 300})
        assert code_of(refused) == (403, "links_not_in_tier")

        path = f"/api/files/{large['id']}/"
        assert enterprise.get(large["content_url"]).content == photo
        made = enterprise.post(f"{path}links/", json={"expires_in": 300}).json()
        assert httpx.get(made["url"]).content == photo
        [shown] = enterprise.json("/api/links/")["results"]
        assert (shown["state"], shown["id"]) == ("active", made["id"])

        site.manage("shell", "--verbosity", "0", "-c", CHANGE)
        assert httpx.get(made["url"]).status_code == 404
        # More often than there are processes: each sees the other's change at once.
        for _ in range(6):
            assert [each["height"] for each in enterprise.json(path)["renditions"]] == [200]
        assert code_of(enterprise.get(f"{path}renditions/400/")) == (403, "height_not_in_tier")
        with CeleryProcess(site, "worker"), CeleryProcess(site, "beat"):
            # Once a minute.
            assert eventually(lambda: enterprise.json("/api/links/")["count"] == 0, 120)
