"""A page whose only credential is a token shows a film and saves a file, in a real browser."""

import json
import os
import wave
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from queue import Queue
from threading import Thread
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.live.conftest import SETTINGS, eventually, galleries
from tests.live.movies import HEIGHT, WIDTH, make_movie
from tests.servers.chromium import Chromium
from tests.servers.site import LiveSite

pytestmark = pytest.mark.walks

NAME = "Письмо Аде.bin"

#: A page opens windows without a click.
POPUPS = "--disable-popup-blocking"


@pytest.fixture(scope="module")
def clients():
    """Clients of a site, one for each test."""
    with LiveSite(SETTINGS) as site, galleries(site, Films=None, Sounds=None) as clients:
        yield iter(clients)


@contextmanager
def listening():
    """An address to which a page reports, and its reports."""
    reports = Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            self.hear(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self):
            self.hear(self.path.encode())

        def hear(self, report):
            reports.put(report)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", reports
        finally:
            server.shutdown()
            thread.join()


def saved(folder, size):
    """Return the file that the browser has saved."""

    def found():
        paths = [path for path in folder.iterdir() if path.stat().st_size == size]
        return [p for p in paths if not p.name.startswith(".") and p.suffix != ".crdownload"]

    assert eventually(found, 30), [path.name for path in folder.iterdir()]
    return found()[0]


def test_video_plays_and_link_saves__by_tickets_alone(clients):
    film, letter = make_movie(), os.urandom(200_000)
    client = next(clients)
    with listening() as (report, reports):
        ids = {
            "movie": client.upload(film, "film.webm")["id"],
            "letter": client.upload(letter, NAME)["id"],
        }
        token = client.headers["Authorization"].removeprefix("Bearer ")
        known = json.dumps({"token": token, "report": report} | ids)

        with Chromium(f"{client.base_url}/player/#{quote(known)}") as browser:
            found = json.loads(reports.get(timeout=60))
            assert "error" not in found, (found, browser.output()[-2000:])
            path = saved(browser.downloads, len(letter))
            assert (path.name, path.read_bytes()) == (NAME, letter)

    assert found["events"] == ["error", "loadedmetadata", "canplay", "ended", "seeked"]
    assert (found["width"], found["height"]) == (WIDTH, HEIGHT)
    assert found["duration"] == pytest.approx(1.5, abs=0.2)
    assert found["cookies"] == ""
    log = client.json("/api/downloads/")["results"]
    assert sorted(row["file"]["name"] for row in log) == ["film.webm", NAME]
    assert {row["link"] for row in log} == {None}


def make_sound():
    """Return a second of silence in WAV."""
    written = BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000))
    return written.getvalue()


def test_ticket_that_is_opened_directly__plays_films_and_sounds_and_runs_no_script(
    clients,
):
    client = next(clients)
    with listening() as (report, reports):
        script = f"<script>location.replace({json.dumps(report + 'NAME')})</script>"
        pages = {
            "evil.svg": f'<svg xmlns="http://www.w3.org/2000/svg">{script}</svg>',
            "evil.html": f"<!doctype html>{script}",
        }
        contents = {name: text.replace("NAME", name).encode() for name, text in pages.items()}
        contents |= {"film.webm": make_movie(), "tone.wav": make_sound()}
        urls = {}
        for name, content in contents.items():
            file = client.upload(content, name)
            ticket = client.post(f"/api/files/{file['id']}/ticket/").json()["url"]
            urls[name] = f"{ticket}&disposition=inline"
        for name in pages:
            answer = httpx.get(urls[name])
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
        known = {
            "inert": [urls[name] for name in pages],
            "media": [urls["film.webm"], urls["tone.wav"]],
            # The same script without protection does run.
            "control": f"{client.base_url}/control/?{urlencode({'to': report + 'control'})}",
            "report": report,
        }

        opener = f"{client.base_url}/opener/#{quote(json.dumps(known))}"
        with Chromium(opener, POPUPS) as browser:
            heard = sorted([reports.get(timeout=60), reports.get(timeout=60)])
            found = json.loads(heard[1])
            assert "error" not in found, (found, browser.output()[-2000:])

        assert heard[0] == b"/control"
        assert [ended for ended, _duration in found["played"]] == [True, True]
        assert found["played"][0][1] == pytest.approx(1.5, abs=0.2)
        assert found["played"][1][1] == pytest.approx(1, abs=0.1)
        assert reports.empty()
