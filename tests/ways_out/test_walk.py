"""A visit to a site of several organizations, with its bytes in S3 and nginx before both."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.live.conftest import create_people, eventually, manage
from tests.live.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.walks

INVOICE = {"resource": "invoice", "resource_id": "4711"}


@pytest.fixture
def way(ways):
    return ways("proxied")


@pytest.fixture
def login(way, request):
    """Return a client of a new member of an organization, with a token that was renewed once."""

    def login(organization, role="member"):
        person = create_people(way.site, (organization, None, role))[0]
        client = Visitor(way.url)
        request.addfinalizer(client.close)
        pair = client.post("/api/token/", json={"email": person.email, "password": PASSWORD})
        assert pair.status_code == 200, pair.text
        pair = client.post("/api/token/refresh/", json={"refresh": pair.json()["refresh"]})
        client.headers["Authorization"] = f"Bearer {pair.json()['access']}"
        return client

    return login


def names(client, query, path="/api/files/"):
    page = client.json(f"{path}?{query}")
    return [file["name"] for file in page["results"]]


def objects(way):
    return {each.key for each in way.storage.bucket.objects.all() if each.key[0] != "."}


def test_members_of_two_organizations__share_a_bucket_and_see_their_own(way, login):
    assert httpx.get(f"{way.url}/api/files/", verify=False).status_code == 401
    before = objects(way)
    ada, colleague, stranger = login("Acme"), login("Acme"), login("Initech")
    made = {
        f"{number}.txt": ada.upload(b"content %d" % number, f"{number}.txt", **INVOICE)
        for number in range(5)
    }
    other = stranger.upload(b"another", "other.txt", **INVOICE)
    ada.upload(b"elsewhere", "order.txt", resource="order", resource_id="4711")
    assert len(objects(way) - before) == 7
    path = f"/api/files/{made['0.txt']['id']}/"

    # Bytes: from the store, by nginx.
    answer = colleague.get(f"{path}content/")
    assert (answer.status_code, answer.content) == (200, b"content 0")
    assert answer.headers["Server"].startswith("nginx")
    assert colleague.get(f"{path}content/", headers={"Range": "bytes=-1"}).content == b"0"

    # Lists: by object, in pages.
    query = "resource=invoice&resource_id=4711&ordering=name&page_size=2"
    pages = [names(colleague, f"{query}&page={number}") for number in (1, 2, 3)]
    assert pages == [["0.txt", "1.txt"], ["2.txt", "3.txt"], ["4.txt"]]
    assert colleague.json(f"/api/files/?{query}")["count"] == 5
    assert colleague.get(f"/api/files/?{query}&page=4").status_code == 404
    of_invoice = "/api/resources/invoice/4711/files/"
    assert len(names(ada, "page_size=200", of_invoice)) == 5

    # Isolation, until a file is public.
    assert names(stranger, "ordering=name") == ["other.txt"]
    assert names(stranger, "", of_invoice) == ["other.txt"]
    for hidden in (path, f"{path}content/"):
        assert stranger.get(hidden).status_code == 404
    assert ada.get(f"/api/files/{other['id']}/content/").status_code == 404
    assert ada.patch(path, json={"is_public": True}).status_code == 200
    assert stranger.get(f"{path}content/").content == b"content 0"
    assert stranger.delete(path).status_code == 403
    assert names(stranger, "is_public=true") == ["0.txt"]
    assert httpx.get(f"{way.url}{path}content/", verify=False).status_code == 401

    # Expiry.
    soon = datetime.now(UTC) + timedelta(seconds=2)
    short = ada.upload(b"not for long", "short.txt", expires_at=soon.isoformat())
    fleeting = f"/api/files/{short['id']}/content/"
    assert colleague.get(fleeting).content == b"not for long"
    assert eventually(lambda: colleague.get(fleeting).status_code == 404)
    assert names(colleague, "search=short") == []

    # The trash: the bytes stay until the file is removed for good.
    stored = objects(way)
    assert ada.delete(path).status_code == 204
    assert [client.get(f"{path}content/").status_code for client in (ada, stranger)] == [404] * 2
    assert names(ada, "trashed=true") == ["0.txt"]
    assert ada.post(f"{path}restore/").status_code == 200
    assert ada.get(f"{path}content/").content == b"content 0"
    assert ada.delete(f"{of_invoice}").json() == {"deleted": 5}
    assert objects(way) == stored
    assert ada.delete(f"{path}?permanent=true").status_code == 204
    manage(way.site, "org_files_maintenance", "expire")
    assert len(stored - objects(way)) == 2
    assert stranger.json(f"/api/files/{other['id']}/")["download_count"] == 0
