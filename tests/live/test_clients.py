"""Share links opened by curl, wget and aria2c, on a site whose middleware compresses."""

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import NamedTuple

import pytest

from tests.live.conftest import galleries
from tests.servers.process import free_port

# The site begins with a copy of the suite's database.
pytestmark = [pytest.mark.walks, pytest.mark.django_db]

NAMES = (
    *("50%20off.txt", "100%", "%", "отчёт.txt", "😀.txt", 'say "hi".txt', "it's (1).txt"),
    *("semi;colon, comma=1.txt", ".hidden", "-rf.txt", "x" * 251 + ".txt"),
)

#: Names that a client changes by its own rules. A newer one may not.
CHANGED = {
    # It reads the fallback alone.
    "curl": {
        "50%20off.txt": "50_20off.txt",
        "100%": "100_",
        "%": "_",
        "отчёт.txt": "_____.txt",
        "😀.txt": "_.txt",
        'say "hi".txt': "say _hi_.txt",
    },
    # It decodes twice, and leaves space for a suffix.
    "wget": {"50%20off.txt": "50 off.txt", NAMES[-1]: "x" * 236},
    "aria2c": {},
}


class Client(NamedTuple):
    """A program, and its commands. All accept compressed answers."""

    package: str
    #: Saves under the name that the site gives.
    saves: str
    #: Begins a download, of which the connection is cut.
    begins: str
    #: Resumes it.
    resumes: str
    #: Downloads that the link allows: curl and wget need no more than one.
    maximum: int | None = 1


CLIENTS = {
    "curl": Client(
        "curl",
        "curl -sSf --compressed -OJ",
        "curl -sSf --compressed -o large.txt",
        "curl -sSf --compressed -o large.txt -C -",
    ),
    "wget": Client(
        "wget",
        "wget -nv --compression=auto --content-disposition",
        "wget -nv -t1 --compression=auto -O large.txt",
        "wget -nv -t1 --compression=auto -O large.txt -c",
    ),
    "aria2c": Client(
        "aria2",
        "aria2c -q --http-accept-gzip=true",
        "aria2c -q -m1 --http-accept-gzip=true -o large.txt",
        # Without HEAD it begins with a GET of the whole, which is another download.
        "aria2c -q -m1 --http-accept-gzip=true -o large.txt -c --use-head=true",
        maximum=None,
    ),
}

LARGE = b"0123456789abcde\n" * 300_000


@pytest.fixture(params=CLIENTS)
def program(request):
    if shutil.which(request.param) is None:
        package = CLIENTS[request.param].package
        pytest.skip(f"{request.param} is not installed: apt-get install {package}")
    return request.param


@pytest.fixture(scope="module")
def owner(site):
    with galleries(site, Clients=None) as [owner]:
        yield owner


@pytest.fixture(scope="module")
def named(owner):
    """The ids of files, by their names. The content of each is its own."""
    return {name: owner.upload(content_of(name), name)["id"] for name in NAMES}


@pytest.fixture(scope="module")
def large(owner):
    return owner.upload(LARGE, "large.txt")["id"]


def content_of(name):
    return f"{name}\n".encode() * 100


def share(owner, file, maximum=1):
    values = {"expires_in": 3600, "max_downloads": maximum}
    return owner.post(f"/api/files/{file}/links/", json=values).json()["url"]


def count_of(owner, url):
    """Return the downloads through the link."""
    links = owner.json("/api/links/?page_size=100")["results"]
    return next(link["download_count"] for link in links if link["url"] == url)


def run(command, url, folder, *options):
    return subprocess.run(
        [*command.split(), *options, url],
        cwd=folder,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextmanager
def cut(site, after):
    """Yield an address of the site whose connections break after so many bytes."""

    class Broken(BaseRequestHandler):
        def handle(self):
            with socket.create_connection(("127.0.0.1", site.port)) as server:
                server.sendall(self.request.recv(65536))
                left = after
                while left and (block := server.recv(min(left, 65536))):
                    self.request.sendall(block)
                    left -= len(block)

    class Proxy(ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Proxy(("127.0.0.1", free_port()), Broken) as proxy:
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            proxy.shutdown()
            thread.join()


def test_content__is_saved_under_its_name_and_counted_once(program, owner, named, tmp_path):
    for number, (name, file) in enumerate(named.items()):
        folder, url = tmp_path / str(number), share(owner, file)
        folder.mkdir()

        ran = run(CLIENTS[program].saves, url, folder)

        assert ran.returncode == 0, (name, ran.stderr)
        [path] = folder.iterdir()
        assert path.name in (name, CHANGED[program].get(name))
        assert path.read_bytes() == content_of(name)
        assert count_of(owner, url) == 1


def test_download_that_was_cut__is_resumed_and_counted_once(program, site, owner, large, tmp_path):
    client = CLIENTS[program]
    url = share(owner, large, client.maximum)
    with cut(site, after=2_500_000) as address:
        assert run(client.begins, url.replace(site.url, address), tmp_path).returncode != 0
    assert (tmp_path / "large.txt").read_bytes() != LARGE

    ran = run(client.resumes, url, tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "large.txt").read_bytes() == LARGE
    assert count_of(owner, url) == 1


@pytest.mark.parametrize("program", ["aria2c"], indirect=True)
def test_segments_at_once__are_one_download(program, owner, large, tmp_path):
    url = share(owner, large)

    ran = run("aria2c -q -x4 -s4 -k1M", url, tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "large.txt").read_bytes() == LARGE
    assert count_of(owner, url) == 1


@pytest.mark.parametrize("program", ["curl"], indirect=True)
def test_player_that_probes__gets_parts_and_the_whole_uncompressed(program, owner, large, tmp_path):
    url, last = share(owner, large), len(LARGE) - 1
    player = ("-A", "AppleCoreMedia/1.0.0.21E236 (iPhone; U; CPU OS 17_4 like Mac OS X)")

    for part, length in (("0-1", 2), (f"0-{last}", len(LARGE)), ("1000000-", last + 1 - 10**6)):
        command = "curl -sSf --compressed -D headers -o part -r"
        ran = run(command, url, tmp_path, part, *player)
        assert ran.returncode == 0, ran.stderr
        assert (tmp_path / "part").read_bytes() == LARGE[int(part.split("-")[0]) :][:length]
        headers = (tmp_path / "headers").read_text()
        assert " 206 " in headers.splitlines()[0]
        assert f"content-length: {length}\n" in headers.lower()
        assert "content-encoding" not in headers.lower()

    assert count_of(owner, url) == 1
    assert run("curl -sSf -o whole", url, tmp_path, *player).returncode == 22
