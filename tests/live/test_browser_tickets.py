"""A page whose only credential is a token shows a film and saves a file, in a real browser."""

from __future__ import annotations

import json
import os
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import quote, urlencode

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

#: A page opens windows without a click.
POPUPS = "--disable-popup-blocking"


@contextmanager
def listening() -> Iterator[tuple[str, Queue[bytes]]]:
    """An address to which a page reports, and its reports."""
    reports: Queue[bytes] = Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reports.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def do_GET(self) -> None:
            reports.put(self.path.encode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
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
            hidden = path.name.startswith(".") or path.suffix == ".crdownload"
            if not hidden and path.stat().st_size == size:
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


def make_sound() -> bytes:
    """Return a second of silence in WAV."""
    written = BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000))
    return written.getvalue()


def test_ticket_that_is_opened_directly__plays_films_and_sounds_and_runs_no_script() -> None:
    with (
        LiveSite(ENVIRONMENT) as site,
        log_in(site, "ada@example.org", PASSWORD) as client,
        listening() as (report, reports),
    ):
        assert client.post("organizations/", json={"name": "Films"}).status_code == 201
        script = f"<script>location.replace({json.dumps(report + 'NAME')})</script>"
        pages = {
            "evil.svg": f'<svg xmlns="http://www.w3.org/2000/svg">{script}</svg>',
            "evil.html": f"<!doctype html>{script}",
        }
        contents = {name: text.replace("NAME", name).encode() for name, text in pages.items()}
        contents |= {"film.webm": make_movie(), "tone.wav": make_sound()}
        tickets = {
            name: client.post(f"files/{upload(client, name, content)['id']}/ticket/").json()["url"]
            for name, content in contents.items()
        }
        urls = {name: f"{url}&disposition=inline" for name, url in tickets.items()}
        for name in pages:
            answer = httpx.get(urls[name])
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
        known = {
            "inert": [urls[name] for name in pages],
            "media": [urls["film.webm"], urls["tone.wav"]],
            # The same script without protection does run.
            "control": f"{site.url}/control/?{urlencode({'to': report + 'control'})}",
            "report": report,
        }

        with Chromium(f"{site.url}/opener/#{quote(json.dumps(known))}", POPUPS) as browser:
            heard = [reports.get(timeout=60), reports.get(timeout=60)]
            heard.sort()
            found = json.loads(heard[1])
            assert "error" not in found, (found, browser.output()[-2000:])

        assert heard[0] == b"/control"
        assert [ended for ended, _duration in found["played"]] == [True, True]
        assert found["played"][0][1] == pytest.approx(1.5, abs=0.2)
        assert found["played"][1][1] == pytest.approx(1, abs=0.1)
        assert reports.empty()
