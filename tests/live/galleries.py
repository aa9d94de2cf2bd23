"""Organizations with pictures on a live site, each with somebody who works for it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
from PIL import Image

from tests.live.conftest import create_people
from tests.servers.redis import Redis
from tests.servers.site import LiveSite

SUBSCRIBE = """
from org_files import get_organization_model
from org_files.models import Subscription, Tier
organization = get_organization_model()._default_manager.get(name={name!r})
tier = Tier.objects.get(name={tier!r})
Subscription.objects.update_or_create(organization=organization, defaults=dict(tier=tier))
"""


def broker_of(redis: Redis, number: int) -> dict[str, str]:
    """Return the variable that names one of the databases of ``redis`` as the broker."""
    return {"CELERY_BROKER_URL": f"{redis.url.rpartition('/')[0]}/{number}"}


def run_in(site: LiveSite, code: str) -> str:
    """Run code in another process of the site; return what it printed."""
    return site.manage("shell", "--verbosity", "0", "-c", code)


def subscribe(site: LiveSite, name: str, tier: str) -> None:
    """Give the organization of that name the tier of that name, as the admin does."""
    run_in(site, SUBSCRIBE.format(name=name, tier=tier))


@contextmanager
def galleries(site: LiveSite, **tiers: str | None) -> Iterator[list[httpx.Client]]:
    """Make organizations of these names and tiers; yield a client of each one's admin."""
    people = create_people(site, *[(name, "admin") for name in tiers])
    for name, tier in tiers.items():
        if tier is not None:
            subscribe(site, name, tier)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                httpx.Client(
                    base_url=f"{site.url}/api/",
                    headers={"Authorization": f"Bearer {person.token}"},
                    timeout=120,
                )
            )
            for person in people
        ]


def upload(client: httpx.Client, content: bytes, name: str = "photo.jpg") -> Any:
    """Upload, and return the file's JSON."""
    answer = client.post("files/", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def image_in(answer: httpx.Response) -> Image.Image:
    """Return the picture in an answer."""
    assert answer.status_code == 200, answer.text[:500]
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return image
