"""Many download one file while others fold and read: the numbers agree whenever read."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.conftest import manage

# The site begins with a copy of the suite's database.
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("clients", "times"), [(8, 6), pytest.param(32, 100, marks=pytest.mark.load)]
)
def test_downloads_of_many__are_counted_exactly_at_every_moment(
    site,
    people,
    visit,
    clients,
    times,
):
    owner, *visitors = (visit(site, person) for person in people(f"Busy {clients}"))
    file = owner.upload(16 * 1024)
    organization = file["organization"]["id"]

    def download(visitor, times=times):
        for _ in range(times):
            answer = visitor.get(file["content_url"])
            assert (answer.status_code, len(answer.content)) == (200, file["size"]), answer

    def counts():
        """Read what can only grow, in an order in which each may see no less than the last."""
        return (
            owner.json(f"/api/files/{file['id']}/")["download_count"],
            owner.json(f"/api/organizations/{organization}/")["download_count"],
            owner.json(f"/api/organizations/{organization}/downloads/?page_size=1")["count"],
            owner.json(f"/api/files/?organization={organization}")["results"][0]["download_count"],
        )

    def fold():
        folds = 0
        while not all(each.done() for each in downloads):
            manage(site, "org_files_maintenance", "fold")
            folds += 1
        return folds

    more = 0
    with ThreadPoolExecutor(clients + 1) as threads:
        downloads = [threads.submit(download, visitor) for visitor in visitors]
        folding = threads.submit(fold)
        while not (folding.done() and all(each.done() for each in downloads)):
            seen = counts()
            assert list(seen) == sorted(seen), seen
            download(owner, 1)
            more += 1
        for each in downloads:
            each.result()
        assert folding.result() > 0
    assert more > 0

    assert counts() == (clients * times + more,) * 4
    found = json.loads(manage(site, "org_files_verify", "--only", "counters", "--json"))
    assert found["counters"]["findings"] == []
    for visitor in visitors:
        assert visitor.json("/api/downloads/?page_size=1")["count"] == times
