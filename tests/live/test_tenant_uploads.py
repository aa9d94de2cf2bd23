"""Ten tenants on one site: files linked to things of theirs, and a wall between them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.live.conftest import answer_of, database_of_its_own, log_in
from tests.servers.site import LiveSite

PRODUCT = "resources/product/1/files/"
AVATAR = "resources/avatar/1/files/"


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[LiveSite]:
    with (
        database_of_its_own(request) as database,
        LiveSite({"ORG_FILES_POLICY": "organization", **database}) as site,
    ):
        yield site


@pytest.fixture(scope="module")
def tenants(site: LiveSite) -> Any:
    """What ``demo_tenants`` says of the people and organizations that it made."""
    return json.loads(site.manage("demo_tenants", "--json"))


@pytest.fixture(scope="module")
def johns(site: LiveSite, tenants: Any) -> Iterator[list[httpx.Client]]:
    """The people of the first two tenants."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(log_in(site, person["email"], person["password"]))
            for person in tenants["people"][:2]
        ]


def show(client: httpx.Client, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(page: Any) -> list[str]:
    return [file["name"] for file in page["results"]]


def test_tenants__are_ten_of_one_person_each(tenants: Any, johns: list[httpx.Client]) -> None:
    assert [person["email"] for person in tenants["people"]] == [
        f"john{number}@example.org" for number in range(1, 11)
    ]
    for number, john in enumerate(johns, start=1):
        [organization] = show(john, "organizations/")["results"]
        assert organization["name"] == f"Tenant {number}"
        assert names(show(john, "files/", ordering="name"))[:1] == ["Data sheet.pdf"]


def test_files_of_one_thing__are_listed_by_page_and_size(johns: list[httpx.Client]) -> None:
    john, _ = johns
    expected = ["Data sheet.pdf", "Manual.md", "Price list.csv"]

    first = show(john, PRODUCT, ordering="name", page=1, page_size=2)
    second = show(john, PRODUCT, ordering="name", page=2, page_size=2)

    assert names(first) + names(second) == expected
    assert (first["count"], first["previous"], second["next"]) == (3, None, None)
    assert john.get(first["next"]).json() == second
    assert john.get(PRODUCT, params={"page": 3, "page_size": 2}).status_code == 404
    # By parameters of the list of all files, just the same.
    query = {"resource": "product", "resource_id": "1", "ordering": "name"}
    assert names(show(john, "files/", **query)) == expected
    assert names(show(john, AVATAR)) == ["Portrait.png"]
    assert show(john, "resources/product/2/files/")["count"] == 0


def test_one_tenant__is_blind_to_what_another_keeps(johns: list[httpx.Client]) -> None:
    one, other = johns
    [theirs] = show(other, "files/", name="Price list.csv")["results"]
    missing = uuid4()

    for method in ("GET", "PATCH", "DELETE"):
        refused = one.request(method, f"files/{theirs['id']}/", json={})
        assert refused.status_code == 404
        assert answer_of(refused) == answer_of(one.request(method, f"files/{missing}/", json={}))
    refused = one.get(theirs["content_url"])
    assert refused.status_code == 404
    assert answer_of(refused) == answer_of(one.get(f"files/{missing}/content/"))
    organization = theirs["organization"]["id"]
    assert one.get(f"organizations/{organization}/files/").status_code == 404
    for path in ("files/", PRODUCT, AVATAR):
        owners = {file["owner"]["name"] for file in show(one, path)["results"]}
        assert owners == {"john1"}, path
        assert show(one, path, organization=organization)["count"] == 0, path
    assert show(other, f"files/{theirs['id']}/") == theirs


def test_public_files__are_seen_by_id_and_when_asked_for(johns: list[httpx.Client]) -> None:
    one, other = johns
    [theirs] = show(other, "files/", name="Data sheet.pdf")["results"]

    assert show(one, f"files/{theirs['id']}/") == theirs
    assert one.get(theirs["content_url"]).content.startswith(b"%PDF-")
    public = show(one, "files/", is_public="true", page_size=200)["results"]
    assert {file["name"] for file in public} == {"Data sheet.pdf", "Portrait.png"}
    assert {file["organization"]["name"] for file in public} == {
        f"Tenant {number}" for number in range(1, 11)
    }
    assert theirs["id"] not in {file["id"] for file in show(one, "files/")["results"]}
    # Seen, but not one's own to change, nor one's own thing.
    assert one.delete(f"files/{theirs['id']}/").status_code == 403
    assert names(show(one, AVATAR, is_public="true")) == ["Portrait.png"]


def test_expired_and_deleted_files__are_gone(johns: list[httpx.Client]) -> None:
    # The demo's own: in no list, but in that of the trash.
    john, _ = johns
    everything = names(show(john, "files/", page_size=200))
    assert "Summer offer.csv" not in everything
    assert "Price list of last year.csv" not in everything
    [trashed] = show(john, "files/", trashed="true", search="last year")["results"]
    assert john.get(f"files/{trashed['id']}/").status_code == 404
    assert "Summer offer.csv" not in names(show(john, "files/", is_public="true", page_size=200))

    # And new ones, which are there before.
    thing = uuid4().hex
    linked = f"resources/order/{thing}/files/"
    ids = []
    for values in ({"expires_at": str(datetime.now(UTC) + timedelta(seconds=10))}, {}, {}):
        data = {"resource": "order", "resource_id": thing, **values}
        answer = john.post("files/", files={"file": ("a.txt", b"a")}, data=data)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    expiring, deleted, removed = ids
    assert show(john, linked)["count"] == 3
    assert john.delete(f"files/{deleted}/").status_code == 204
    assert john.delete(f"files/{removed}/?permanent=true").status_code == 204
    assert [file["id"] for file in show(john, linked)["results"]] == [expiring]
    until = time.monotonic() + 30
    while show(john, linked)["count"] and time.monotonic() < until:
        time.sleep(0.2)
    assert show(john, linked)["count"] == 0
    for id in ids:
        assert john.get(f"files/{id}/").status_code == 404
        assert john.get(f"files/{id}/content/").status_code == 404
    assert [file["id"] for file in show(john, linked, trashed="true")["results"]] == [deleted]


def test_files_of_one_thing__are_trashed_together(johns: list[httpx.Client]) -> None:
    one, other = johns
    thing = f"resources/order/{uuid4().hex}/files/"
    link = dict(zip(("resource", "resource_id"), thing.split("/")[1:3], strict=True))
    for john, count in ((one, 3), (other, 1)):
        for _ in range(count):
            answer = john.post("files/", files={"file": ("a.txt", b"a")}, data=link)
            assert answer.status_code == 201, answer.text

    trashed = one.delete(thing)

    assert (trashed.status_code, trashed.json()) == (200, {"deleted": 3})
    assert show(one, thing)["count"] == 0
    assert show(one, thing, trashed="true")["count"] == 3
    assert show(other, thing)["count"] == 1
