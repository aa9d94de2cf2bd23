"""The commands of compose.yaml, run without containers against real servers."""

import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
from PIL import Image
from redis import Redis as Client

from tests.example.compose import services
from tests.example.conftest import VARIABLES
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import ServerProcess, free_port, private_folder
from tests.servers.redis import Redis
from tests.servers.site import EXAMPLE_PROJECT

pytestmark = pytest.mark.walks

GIVEN = {
    "SECRET_KEY": "a-key-of-a-deployment-that-lives-for-one-test-only-0123456789",
    "POSTGRES_PASSWORD": "hush",
    "DJANGO_SUPERUSER_EMAIL": "root@example.org",
    "DJANGO_SUPERUSER_PASSWORD": "correct horse battery staple",
}


class Deployment:
    """What compose.yaml starts, with other addresses and folders.

    Args:
        folder: stands for /data.
        database: URL of an empty one.
        redis: URL of the server that stands for broker and cache, with a database for each.
    """

    def __init__(self, folder: Path, database: str, redis: str) -> None:
        self.folder = folder
        self.services = services(GIVEN)
        self.port = free_port()
        server = urlsplit(redis).netloc
        written = self.services["web"]["environment"]["DATABASE_URL"]
        self.moved = {
            written: database,
            "broker:6379/0": f"{server}/0",
            "cache:6379/0": f"{server}/1",
            "0.0.0.0:8000": f"127.0.0.1:{self.port}",
            "localhost:8000": f"127.0.0.1:{self.port}",
            "localhost,127.0.0.1": "127.0.0.1",
            "/data/": f"{folder}/",
        }

    def here(self, text: str) -> str:
        for there, here in self.moved.items():
            text = text.replace(there, here)
        return text

    def environment(self, name: str) -> dict[str, str]:
        scripts = str(Path(sys.executable).parent)
        # Neither what the site reads nor the settings of these tests.
        ours = {*VARIABLES, "DJANGO_SETTINGS_MODULE"}
        around = {key: value for key, value in os.environ.items() if key not in ours}
        said = self.services[name]["environment"].items()
        return {
            **around,
            **{key: self.here(value) for key, value in said},
            "PATH": os.pathsep.join((scripts, os.environ["PATH"])),
            # Which containers have by themselves.
            "HOSTNAME": socket.gethostname(),
        }

    def command(self, name: str) -> list[str]:
        return [self.here(word) for word in self.services[name]["command"]]

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a service that ends by itself."""
        return subprocess.run(
            self.command(name),
            cwd=EXAMPLE_PROJECT,
            env=self.environment(name),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def is_healthy(self, name: str) -> bool:
        """Whether the health check of a service passes."""
        kind, *command = self.services[name]["healthcheck"]["test"]
        words = [self.here(word) for word in command]
        ran = subprocess.run(
            words if kind == "CMD" else ["sh", "-c", *words],
            cwd=EXAMPLE_PROJECT,
            env=self.environment(name),
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return ran.returncode == 0


class Service(ServerProcess):
    """One service of a deployment, which goes on until it is stopped."""

    attempts = 1

    def __init__(self, deployment: Deployment, name: str) -> None:
        super().__init__()
        self.deployment = deployment
        self.name = name

    def make_folder(self) -> Path:
        return private_folder(f"{self.name}-")

    def working_folder(self) -> Path:
        return EXAMPLE_PROJECT

    def environment(self) -> dict[str, str]:
        return self.deployment.environment(self.name)

    def command(self) -> list[str]:
        return self.deployment.command(self.name)

    def is_ready(self) -> bool:
        return self.deployment.is_healthy(self.name)


@pytest.fixture
def database(postgresql_server: PostgreSQL) -> Iterator[psycopg.Connection]:
    """A connection to a database of its own."""
    name = f"deployment_{uuid4().hex}"
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        url = postgresql_server.url.rpartition("/")[0] + f"/{name}"
        with psycopg.connect(url, autocommit=True) as opened:
            opened.url = url  # type: ignore[attr-defined]
            yield opened
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def deployment(
    database: psycopg.Connection, redis_server: Redis, tmp_path: Path
) -> Iterator[Deployment]:
    """The site with its workers, migrated and healthy."""
    for name in ("media", "beat"):
        (tmp_path / name).mkdir()
    deployment = Deployment(tmp_path, database.url, redis_server.url)  # type: ignore[attr-defined]
    migrated = deployment.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    with ExitStack() as stack:
        # Beat first: its first jobs are due a minute from now.
        for name in ("beat", "worker", "web"):
            service = Service(deployment, name).start()
            stack.callback(service.stop)
        yield deployment


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until ``condition`` holds; return whether it does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False


def picture(kind: str) -> bytes:
    content = io.BytesIO()
    Image.effect_noise((1200, 900), 40).convert("RGB").save(content, kind)
    return content.getvalue()


def height_of(content: bytes) -> int:
    with Image.open(io.BytesIO(content)) as opened:
        return opened.height


def test_site_of_compose__has_its_pictures_made_by_the_worker_and_its_jobs_run_by_beat(
    deployment: Deployment, database: psycopg.Connection
) -> None:
    def made() -> list[tuple[str, int]]:
        return database.execute(
            "SELECT f.name, r.height FROM org_files_rendition r "
            "JOIN org_files_file f ON f.id = r.file_id ORDER BY f.name, r.height"
        ).fetchall()

    def has_folded() -> bool:
        return bool(
            database.execute(
                "SELECT count(*) FROM org_files_eventlog_logentry "
                "WHERE event = 'job.ran' AND object_id = 'fold'"
            ).fetchone()[0]
        )

    address = f"http://127.0.0.1:{deployment.port}"
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        assert client.get("/").status_code == 200
        assert client.get("/admin/login/").status_code == 200
        login = {"email": "root@example.org", "password": GIVEN["DJANGO_SUPERUSER_PASSWORD"]}
        tokens = client.post("/api/token/", json=login)
        assert tokens.status_code == 200, tokens.text
        # Both web workers count in one place.
        with Client.from_url(deployment.environment("web")["CACHE_URL"]) as cache:
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
        assert until(lambda: made() == expected, 30), made()
        for file in stored.values():
            assert [rendition["height"] for rendition in file["renditions"]] == [200, 400]
            for rendition in file["renditions"]:
                answer = client.get(rendition["url"])
                assert answer.status_code == 200
                assert height_of(answer.content) == rendition["height"]

    assert until(has_folded, 90)
    for name in ("web", "worker", "beat"):
        assert deployment.is_healthy(name), name
