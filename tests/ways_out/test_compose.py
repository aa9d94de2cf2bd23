"""The commands of compose.yaml, run without containers against real servers."""

import io
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from PIL import Image
from redis import Redis as Client

from tests.conftest import say
from tests.example.compose import services
from tests.example.conftest import ADMIN, ADMIN_VARIABLES
from tests.live.conftest import eventually
from tests.servers.process import ServerProcess, free_port, is_root, private_folder
from tests.servers.site import EXAMPLE_PROJECT, VARIABLES

pytestmark = pytest.mark.walks

GIVEN = {
    "SECRET_KEY": "a-key-of-a-deployment-that-lives-for-one-test-only-0123456789",
    "POSTGRES_PASSWORD": "hush",
    **ADMIN_VARIABLES,
}
SBIN = "/usr/sbin"


class Service(ServerProcess):
    """A service of compose.yaml with other addresses and folders, which runs until it is stopped.

    Args:
        name: of the service.
        moved: what stands here for each address and folder of the containers.
        given: the variables of .env.
    """

    attempts = 1

    def __init__(self, name, moved, given):
        super().__init__()
        self.name = name
        self.moved = moved
        self.described = services(given)[name]

    def here(self, text):
        for there, here in self.moved.items():
            text = text.replace(there, here)
        return text

    def make_folder(self):
        return private_folder(f"{self.name}-")

    def working_folder(self):
        return EXAMPLE_PROJECT

    def environment(self):
        # Neither what the site reads nor the settings of these tests.
        ours = {*VARIABLES, "DJANGO_SETTINGS_MODULE"}
        return {
            **{name: value for name, value in os.environ.items() if name not in ours},
            **{name: self.here(value) for name, value in self.given_environment()},
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"], SBIN)),
            # Which containers have by themselves.
            "HOSTNAME": socket.gethostname(),
        }

    def given_environment(self):
        return self.described.get("environment", {}).items()

    def command(self):
        return [self.here(word) for word in self.described["command"]]

    def run(self, command):
        """Run a command in the environment of the service to its end."""
        return subprocess.run(
            command,
            cwd=EXAMPLE_PROJECT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def is_ready(self):
        """Whether the health check passes."""
        kind, *command = self.described["healthcheck"]["test"]
        words = [self.here(word) for word in command]
        return self.run(words if kind == "CMD" else ["sh", "-c", *words]).returncode == 0


@pytest.fixture
def database(postgresql_server):
    """A connection to a database of its own."""
    with (
        postgresql_server.new_database() as url,
        psycopg.connect(url, autocommit=True) as opened,
    ):
        opened.url = url  # type: ignore[attr-defined]
        yield opened


class Front(Service):
    """nginx with the files that its container would have in /etc/nginx."""

    def command(self):
        for volume in self.described["volumes"]:
            source, target, *_ = volume.split(":")
            if source.startswith("."):
                text = (EXAMPLE_PROJECT / source).read_text(encoding="utf-8")
                Path(self.here(target)).write_text(self.here(text), encoding="utf-8")
        return [*super().command(), *(["-g", "user root;"] if is_root() else [])]


@pytest.fixture
def running(request, database, redis_server, s3_server, tmp_path):
    """The site with its workers, migrated and healthy."""
    for name in ("media", "beat", "nginx"):
        (tmp_path / name).mkdir()
    given = GIVEN | {
        "AWS_ACCESS_KEY_ID": s3_server.access_key,
        "AWS_SECRET_ACCESS_KEY": s3_server.secret_key,
    }
    web = services(given)["web"]
    server = urlsplit(redis_server.url).netloc
    address, front = (f"127.0.0.1:{free_port()}" for _ in range(2))
    moved = {
        # First: the folders of others may be below it.
        "/tmp/": f"{tmp_path}/nginx/",
        "/etc/nginx/": f"{tmp_path}/nginx/",
        "listen 8080": f"listen {front}",
        "localhost:8080": front,
        "web:8000": address,
        "http://store:8333": s3_server.url,
        web["environment"]["DATABASE_URL"]: database.url,  # type: ignore[attr-defined]
        "broker:6379/0": f"{server}/0",
        "cache:6379/0": f"{server}/1",
        "0.0.0.0:8000": address,
        "localhost:8000": address,
        "localhost,127.0.0.1": "127.0.0.1",
        "/data/": f"{tmp_path}/",
    }
    for name in ("migrate", "bucket"):
        service = Service(name, moved, given)
        ran = service.run(service.command())
        assert ran.returncode == 0, ran.stderr
    with ExitStack() as stack:
        # Beat first: its first jobs are due a minute from now.
        started = {
            name: stack.enter_context(Service(name, moved, given))
            for name in ("beat", "worker", "web")
        }
        started["nginx"] = stack.enter_context(Front("nginx", moved, given))
        say(request, f"compose.yaml: {', '.join(started)} at http://{front}")
        yield started


def picture(kind):
    content = io.BytesIO()
    Image.effect_noise((1200, 900), 40).convert("RGB").save(content, kind)
    return content.getvalue()


def height_of(content):
    with Image.open(io.BytesIO(content)) as opened:
        return opened.height


def test_site_of_compose__has_its_pictures_made_by_the_worker_and_its_jobs_run_by_beat(
    running, database
):
    def made():
        return database.execute(
            "SELECT f.name, r.height FROM org_files_rendition r "
            "JOIN org_files_file f ON f.id = r.file_id ORDER BY f.name, r.height"
        ).fetchall()

    def has_folded():
        return bool(
            database.execute(
                "SELECT count(*) FROM org_files_eventlog_logentry "
                "WHERE event = 'job.ran' AND object_id = 'fold'"
            ).fetchone()[0]
        )

    address = f"http://{running['nginx'].moved['localhost:8080']}"
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        assert client.get("/log-in/").status_code == 200
        assert client.get("/admin/login/").status_code == 200
        tokens = client.post("/api/token/", json=ADMIN)
        assert tokens.status_code == 200, tokens.text
        # Both web workers count in one place.
        with Client.from_url(running["web"].environment()["CACHE_URL"]) as cache:
            assert [*cache.scan_iter("org_files_example:*throttle*")]
        client.headers["Authorization"] = f"Bearer {tokens.json()['access']}"
        assert client.post("/api/organizations/", json={"name": "Acme"}).status_code == 201

        stored = {}
        # Two formats, each decoded in a child process of the worker.
        for name, kind in (("a.jpg", "JPEG"), ("b.png", "PNG")):
            answer = client.post("/api/files/", files={"file": (name, picture(kind))})
            assert answer.status_code == 201, answer.text
            stored[name] = answer.json()

        expected = [(name, height) for name in stored for height in (200, 400)]
        assert eventually(lambda: made() == expected, 30), made()
        for file in stored.values():
            assert [rendition["height"] for rendition in file["renditions"]] == [200, 400]
            for rendition in file["renditions"]:
                answer = client.get(rendition["url"])
                assert answer.status_code == 200
                assert height_of(answer.content) == rendition["height"]

    assert eventually(has_folded, 90)
    assert [name for name, service in running.items() if not service.is_ready()] == []
