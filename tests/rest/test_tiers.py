"""Tiers as clients see them: the list, an organization's own, and what it makes of its files."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files.models import AbstractOrganization, Tier
from org_files.testing.factories import (
    make_tier,
    subscribe,
)
from tests.pictures.stored import photo
from tests.rest.requests import post_file, signed_in

TIERS = "/api/tiers/"


@pytest.fixture
def no_tiers(db: None) -> None:
    """There are none, as before the first migration."""
    Tier.objects.all().delete()


def renditions_in(body: Any) -> list[int]:
    """Return the heights of a file's JSON, after a look at their URLs."""
    for rendition in body["renditions"]:
        path = f"/api/files/{body['id']}/renditions/{rendition['height']}/"
        assert rendition["url"] == f"http://testserver{path}"
        assert list(rendition) == ["height", "url"]
    return [rendition["height"] for rendition in body["renditions"]]


# The list


@pytest.mark.usefixtures("no_tiers")
def test_list__has_everything_of_each(client: Client) -> None:
    plain = make_tier("Plain", heights=[], allow_original=False)
    full = make_tier(
        "Full",
        heights=[400, 90],
        allow_links=True,
        link_min_seconds=60,
        link_max_seconds=3600,
        allow_permanent_links=True,
        max_file_size=10,
        quota_bytes=2**40,
        quota_files=5,
    )

    page = client.get(TIERS).json()

    assert (page["count"], page["next"], page["previous"]) == (2, None, None)
    assert page["results"] == [
        {
            "id": plain.pk,
            "name": "Plain",
            "heights": [],
            "allow_original": False,
            "allow_links": False,
            "link_min_seconds": 300,
            "link_max_seconds": 30_000,
            "allow_permanent_links": False,
            "max_file_size": None,
            "quota_bytes": None,
            "quota_files": None,
        },
        {
            "id": full.pk,
            "name": "Full",
            "heights": [90, 400],
            "allow_original": True,
            "allow_links": True,
            "link_min_seconds": 60,
            "link_max_seconds": 3600,
            "allow_permanent_links": True,
            "max_file_size": 10,
            "quota_bytes": 2**40,
            "quota_files": 5,
        },
    ]


@pytest.mark.usefixtures("no_tiers")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["b", "a", "c"]),
        ("ordering=name", ["a", "b", "c"]),
        ("ordering=-id", ["c", "a", "b"]),
        ("page=2&page_size=2", ["c"]),
        ("cursor=&ordering=-name", ["c", "b", "a"]),
    ],
)
def test_list__is_ordered_and_paged(client: Client, query: str, names: list[str]) -> None:
    for name in ("b", "a", "c"):
        make_tier(name)

    assert [tier["name"] for tier in client.get(f"{TIERS}?{query}").json()["results"]] == names


@pytest.mark.parametrize("query", ["ordering=heights", "name=Basic"])
def test_parameters_that_there_are_not__are_400(client: Client, query: str) -> None:
    assert client.get(f"{TIERS}?{query}").status_code == 400


@pytest.mark.parametrize("method", ["post", "delete"])
def test_tiers__are_made_in_the_admin_alone(superuser: Any, method: str) -> None:
    before = Tier.objects.count()

    assert getattr(signed_in(superuser), method)(TIERS, {"name": "Mine"}).status_code == 405

    assert Tier.objects.count() == before


# Organizations


def test_organization__shows_the_id_of_its_tier(
    client: Client, admin: Any, organization: AbstractOrganization
) -> None:
    path = f"/api/organizations/{organization.pk}/"
    assert client.get(path).json()["tier"] is None

    tier = subscribe(organization)

    assert client.get(path).json()["tier"] == tier.pk
    [listed] = client.get("/api/organizations/").json()["results"]
    assert listed["tier"] == tier.pk
    changed = signed_in(admin).patch(
        path, {"name": "Acme & Co", "tier": None}, content_type="application/json"
    )
    assert (changed.status_code, changed.json()["tier"]) == (200, tier.pk)
    organization.org_files_subscription.delete()
    assert client.get(path).json()["tier"] is None


# Files


@pytest.mark.parametrize(
    ("tier", "heights"),
    [
        (None, [200, 400]),
        ({"heights": [200]}, [200]),
        ({"heights": [400, 200]}, [200, 400]),
        ({"heights": []}, []),
        ({"heights": [1, 65_500]}, [1, 65_500]),
    ],
)
def test_renditions__are_those_of_the_tier_wherever_a_file_is_shown(
    client: Client,
    organization: AbstractOrganization,
    tier: dict[str, Any] | None,
    heights: list[int],
) -> None:
    if tier is not None:
        subscribe(organization, **tier)
    stored = post_file(client, photo(64, 48), "a.jpg", resource="shop", resource_id="1").json()
    path = f"/api/files/{stored['id']}/"
    changed = client.patch(path, {"comment": "x"}, content_type="application/json").json()
    client.delete(path)
    restored = client.post(f"{path}restore/").json()
    lists = [
        client.get(url).json()["results"]
        for url in (
            "/api/files/",
            "/api/files/?cursor=",
            f"/api/organizations/{organization.pk}/files/",
            "/api/resources/shop/1/files/",
        )
    ]

    assert [len(page) for page in lists] == [1, 1, 1, 1]
    for body in (stored, client.get(path).json(), changed, restored, *(page[0] for page in lists)):
        assert body["is_picture"] is True
        assert renditions_in(body) == heights
