"""A page whose only credential is a token shows a film and saves a file, in a real browser."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.live.conftest import log_in
from tests.live.movies import HEIGHT, WIDTH, make_movie
from tests.live.visitor import PASSWORD
from tests.servers.chromium import Chromium
from tests.servers.site import LiveSite

pytestmark = pytest.mark.walks

ROOT = Path(__file__).resolve().parents[2]

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "tests.live.player_site",
    "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    "DJANGO_SUPERUSER_EMAIL": "ada@example.org",
    "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
}

NAME = "Письмо Аде.bin"


@contextmanager
def listening() -> Iterator[tuple[str, Queue[bytes]]]:
    """An address to which a page reports, and its reports."""
    reports: Queue[bytes] = Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reports.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", reports
        finally:
            server.shutdown()
            thread.join()


def upload(client: httpx.Client, name: str, content: bytes) -> Any:
    answer = client.post("files/", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def saved(folder: Path, size: int) -> Path:
    """Return the file that the browser has saved."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in folder.iterdir():
            if path.suffix != ".crdownload" and path.stat().st_size == size:
                return path
        time.sleep(0.05)
    raise AssertionError([path.name for path in folder.iterdir()])


def test_video_plays_and_link_saves__by_tickets_alone() -> None:
    film, letter = make_movie(), os.urandom(200_000)
    with (
        LiveSite(ENVIRONMENT) as site,
        log_in(site, "ada@example.org", PASSWORD) as client,
        listening() as (report, reports),
    ):
        organization = client.post("organizations/", json={"name": "Films"})
        assert organization.status_code == 201, organization.text
        files = {"movie": upload(client, "film.webm", film), "letter": upload(client, NAME, letter)}
        ids = {name: file["id"] for name, file in files.items()}
        token = client.headers["Authorization"].removeprefix("Bearer ")
        known = json.dumps({"token": token, "report": report} | ids)

        with Chromium(f"{site.url}/player/#{quote(known)}") as browser:
            found = json.loads(reports.get(timeout=60))
            assert "error" not in found, (found, browser.output()[-2000:])
            path = saved(browser.downloads, len(letter))
            assert (path.name, path.read_bytes()) == (NAME, letter)

        assert found["events"] == ["error", "loadedmetadata", "canplay", "ended", "seeked"]
        assert (found["width"], found["height"]) == (WIDTH, HEIGHT)
        assert found["duration"] == pytest.approx(1.5, abs=0.2)
        assert found["cookies"] == ""
        log = client.get("downloads/").json()["results"]
        assert sorted(row["file"]["name"] for row in log) == ["film.webm", NAME]
        assert {row["link"] for row in log} == {None}
