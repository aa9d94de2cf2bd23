"""Many download one file while others fold and read: the numbers agree whenever read."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from tests.live.conftest import Person, path_of
from tests.live.visitor import Visitor
from tests.servers.site import LiveSite


@pytest.mark.parametrize(
    ("clients", "times"), [(8, 12), pytest.param(32, 200, marks=pytest.mark.load)]
)
def test_downloads_of_many__are_counted_exactly_at_every_moment(
    site: LiveSite,
    people: Callable[..., list[Person]],
    visit: Callable[..., Visitor],
    clients: int,
    times: int,
) -> None:
    organization = f"Busy {clients}"
    admin, *members = people((organization, "admin"), *[(organization, "member")] * clients)
    owner = visit(site, admin)
    file = owner.upload(16 * 1024)
    visitors = [visit(site, person) for person in members]
    reader = visit(site, admin)
    over = Event()

    def download(visitor: Visitor) -> None:
        for _ in range(times):
            answer = visitor.get(path_of(file["content_url"]))
            assert (answer.status, len(answer.body)) == (200, file["size"]), answer

    def fold() -> int:
        folds = 0
        while not over.is_set():
            site.manage("org_files_maintenance", "fold")
            folds += 1
        return folds

    def counts() -> tuple[int, int, int, int]:
        """Read what can only grow, in an order in which each may see no less than the last."""
        id = file["organization"]["id"]
        return (
            reader.json(f"/api/files/{file['id']}/")["download_count"],
            reader.json(f"/api/organizations/{id}/")["download_count"],
            reader.json(f"/api/organizations/{id}/downloads/?page_size=1")["count"],
            reader.json(f"/api/files/?organization={id}")["results"][0]["download_count"],
        )

    def read() -> int:
        reads = 0
        while not over.is_set():
            seen = counts()
            assert list(seen) == sorted(seen), seen
            reads += 1
        return reads

    with ThreadPoolExecutor(clients + 2) as threads:
        folding, reading = threads.submit(fold), threads.submit(read)
        try:
            for future in [threads.submit(download, visitor) for visitor in visitors]:
                future.result()
        finally:
            over.set()
        assert folding.result() > 0
        assert reading.result() > 0

    assert counts() == (clients * times,) * 4
    assert verified(site)["counters"]["findings"] == []
    for visitor in visitors:
        assert visitor.json("/api/downloads/?page_size=1")["count"] == times


def verified(site: LiveSite) -> Any:
    return json.loads(site.manage("org_files_verify", "--only", "counters", "--json"))
