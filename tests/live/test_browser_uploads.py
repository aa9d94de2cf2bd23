"""The JavaScript of docs/uploads.rst, on a page of another origin: `tox -e uploads`, by hand."""

import importlib.util
import json
import os
import random
import shutil
import subprocess
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from urllib.parse import quote

import pytest

from tests.docs.blocks import DOCS, blocks_of
from tests.live.conftest import SETTINGS, create_people
from tests.live.visitor import Visitor
from tests.servers.chromium import Chromium
from tests.servers.cutting import CuttingProxy
from tests.servers.site import LiveSite

# The site begins with a copy of the suite's database.
pytestmark = [pytest.mark.uploads, pytest.mark.django_db]

BLOCKS = blocks_of(DOCS / "uploads.rst")
PACKAGES = [
    *("tus-js-client@4.3.1", "@uppy/core@5", "@uppy/dashboard@5", "@uppy/tus@5"),
    "esbuild@0.25",
]
CONTENT = random.Random(17).randbytes(6 * 1024 * 1024)

#: Before a sample, and after it.
VARIABLES = """
const {token} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const report = (text) => fetch("/report", {method: "POST", body: String(text)});
window.addEventListener("error", (event) => report(event.message));
window.addEventListener("unhandledrejection", (event) => report(event.reason));
const film = new File([await (await fetch("/film.bin")).blob()], "film.bin");
"""
STEPS = {
    "import Uppy": """
uppy.addFile({name: film.name, data: film});
const {failed} = await uppy.upload();
report(failed.length ? failed[0].error : "whole");
""",
    "import {Upload}": 'send(film, (location) => report(location ? "whole" : "no location"));',
}

CORS = """
from tests.live.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "corsheaders"]
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *MIDDLEWARE]
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """The environment in which Node finds the packages; npm installs them unless it has them."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed: apt-get install nodejs npm")
    modules = Path(os.environ.get("NODE_PATH", ""))
    if not (modules / "@uppy").is_dir():
        folder = tmp_path_factory.mktemp("node")
        npm = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder)]
        subprocess.run([*npm, *PACKAGES], check=True, capture_output=True, timeout=300)
        modules = folder / "node_modules"
    return os.environ | {"NODE_PATH": str(modules)}


@contextmanager
def page_with(script):
    """Serve a page with ``script``; yield its address, and what it reports."""
    reports = Queue()
    contents = {
        "/": ("text/html", b'<div id="uploads"></div><script type="module" src="/s.js"></script>'),
        "/s.js": ("text/javascript", script),
        "/film.bin": ("application/octet-stream", CONTENT),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            kind, content = contents.get(self.path, ("text/plain", b""))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self):
            reports.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", contents, reports
        finally:
            server.shutdown()


@pytest.mark.parametrize("beginning", STEPS)
def test_sample__sends_a_file_from_a_page_of_another_origin(beginning, node, tmp_path):
    if importlib.util.find_spec("corsheaders") is None:
        pytest.skip("django-cors-headers is not installed: pip install --group uploads")
    [sample] = [block.text for block in BLOCKS if block.text.startswith(beginning)]
    [cors] = [block.text for block in BLOCKS if block.text.startswith("CORS_")]
    with page_with(b"") as (page, contents, reports):
        settings = CORS + cors.replace("https://www.example.com", page)
        (tmp_path / "cors_settings.py").write_text(settings)
        variables = SETTINGS | {
            "DJANGO_SETTINGS_MODULE": "cors_settings",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), SETTINGS["PYTHONPATH"]]),
        }
        with LiveSite(variables) as site, CuttingProxy(site.port, 2_000_000, cuts=3) as proxy:
            person = create_people(site, ("Globex", None, "admin"))[0]
            module = tmp_path / "module.js"
            here = sample.replace("https://files.example.com", proxy.url)
            assert proxy.url in here
            module.write_text(VARIABLES + here + STEPS[beginning])
            esbuild = [f"{node['NODE_PATH']}/.bin/esbuild", str(module), "--bundle"]
            contents["/s.js"] = (
                "text/javascript",
                subprocess.run(
                    [*esbuild, "--format=esm", "--log-level=error"],
                    env=node,
                    check=True,
                    stdout=subprocess.PIPE,
                ).stdout,
            )

            known = quote(json.dumps({"token": person.token}))
            with Chromium(f"{page}/#{known}") as browser:
                assert reports.get(timeout=60) == "whole", browser.output()[-2000:]

            assert proxy.made == 3
            with Visitor(site.url, person.token) as visitor:
                [stored] = visitor.json("/api/files/")["results"]
    assert (stored["name"], stored["sha256"]) == ("film.bin", sha256(CONTENT).hexdigest())
