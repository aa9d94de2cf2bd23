"""Files that a real browser saves: their names, also after a rename, and the page of a link."""

import json
from urllib.parse import quote

import pytest

from tests.live.conftest import eventually, galleries
from tests.live.test_browser_tickets import POPUPS, listening
from tests.live.test_clients import NAMES, content_of, count_of, share
from tests.servers.chromium import Chromium

# The site begins with a copy of the suite's database.
pytestmark = [pytest.mark.walks, pytest.mark.django_db]

#: Names that Chromium changes by its own rules.
CHANGED = {'say "hi".txt': "say _hi_.txt", ".hidden": "hidden"}


@pytest.fixture
def client(site):
    with galleries(site, Downloads=None) as [client]:
        yield client


def saves(client, steps, number):
    """Return the contents that a browser saves, by their names, after these steps of a page."""
    with listening() as (report, reports):
        token = client.headers["Authorization"].removeprefix("Bearer ")
        known = json.dumps({"token": token, "steps": steps, "report": report})
        with Chromium(f"{client.base_url}/saver/#{quote(known)}", POPUPS) as browser:
            found = json.loads(reports.get(timeout=60))
            assert found == {}, browser.output()[-2000:]

            def saved():
                paths = list(browser.downloads.iterdir())
                under_way = [
                    p for p in paths if p.name.endswith(".crdownload") or ".org." in p.name
                ]
                return not under_way and len(paths) >= number and paths

            assert eventually(saved, 20), [path.name for path in browser.downloads.iterdir()]
            return {path.name: path.read_bytes() for path in saved()}


def ticket(client, file):
    return client.post(f"/api/files/{file}/ticket/").json()["url"]


def test_file__is_saved_under_its_name(client):
    # The browser needs room for a suffix of its own while it downloads.
    names = [name for name in NAMES if len(name) < 255]
    files = {name: client.upload(content_of(name), name)["id"] for name in names}

    saved = saves(client, [("open", ticket(client, file)) for file in files.values()], len(files))

    assert saved == {CHANGED.get(name, name): content_of(name) for name in names}


def test_renamed_file__is_saved_under_its_new_name_though_the_browser_has_it(client):
    file = client.upload(content_of("old"), "old name.txt")["id"]
    url = ticket(client, file)
    opened = [("open", url), ("pause", 1500)]

    saved = saves(client, [*opened, *opened, ("rename", (file, "new name.txt")), *opened], 3)

    assert set(saved) == {"old name.txt", "old name (1).txt", "new name.txt"}
    assert set(saved.values()) == {content_of("old")}
    # The second was not sent again, and not counted.
    assert client.json(f"/api/files/{file}/")["download_count"] == 2


def test_page_of_a_link__leads_to_one_download(client):
    file = client.upload(content_of("page"), "page.txt")["id"]
    link = share(client, file)
    values = {"expires_in": 3600, "max_downloads": 1, "password": "open-sesame"}
    locked = client.post(f"/api/files/{file}/links/", json=values).json()["url"]

    saved = saves(client, [("submit", (link, "")), ("submit", (locked, "open-sesame"))], 2)

    assert set(saved) == {"page.txt", "page (1).txt"}
    assert set(saved.values()) == {content_of("page")}
    assert [count_of(client, url) for url in (link, locked)] == [1, 1]
