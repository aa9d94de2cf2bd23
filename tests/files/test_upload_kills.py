"""A live site killed during an upload: no row without its bytes, and a retry succeeds.

``test_kills`` kills processes at the same steps in the default run.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx
import pytest

from tests.servers.site import LiveSite

pytestmark = pytest.mark.sweep

CONTENT = os.urandom(3_000_000)
CREDENTIALS = {"email": "ada@example.com", "password": "correct horse battery"}

SETUP = f"""
from django.contrib.auth import get_user_model
from org_files import get_organization_model
from org_files.models import Membership
ada = get_user_model().objects.create_user(**{CREDENTIALS!r})
acme = get_organization_model().objects.create(name="Acme")
Membership.objects.create(user=ada, organization=acme, role="member")
"""


@pytest.fixture(scope="module")
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database of the site's own, on PostgreSQL where the tests run on it."""
    if os.environ.get("TEST_DATABASE") != "postgresql":
        yield "sqlite:///" + quote(str(tmp_path_factory.mktemp("database") / "db.sqlite3"))
        return
    import psycopg

    server, name = request.getfixturevalue("postgresql_server").url, f"killed_{os.getpid()}"
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def step_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that names the step."""
    return tmp_path_factory.mktemp("kill") / "step"


@pytest.fixture(scope="module")
def site(database_url: str, step_file: Path) -> Iterator[LiveSite]:
    """The site, with one user in one organization."""
    environment = {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.files.killing_settings",
        "KILL_STEP_FILE": str(step_file),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with LiveSite(environment) as site:
        site.manage("shell", "--no-imports", "-c", SETUP)
        yield site


@pytest.fixture
def client(site: LiveSite) -> Iterator[httpx.Client]:
    """The user, logged in."""
    with httpx.Client(base_url=f"{site.url}/api/", timeout=30) as client:
        answer = client.post("token/", json=CREDENTIALS)
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access']}"
        yield client


def upload(client: httpx.Client) -> httpx.Response:
    return client.post("files/", files={"file": ("killed.bin", CONTENT)})


def upload_once_it_is_back(client: httpx.Client, seconds: float = 30) -> httpx.Response:
    """Upload as soon as the server has put another process in the place of the dead one."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return upload(client)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def connect(database_url: str) -> Any:
    if database_url.startswith("sqlite:"):
        return sqlite3.connect(unquote(urlsplit(database_url).path[1:]))
    import psycopg

    return psycopg.connect(database_url)


def check_every_row_has_its_bytes(site: LiveSite) -> int:
    """Look at the database and the store, past the site; return how many files there are."""
    with closing(connect(site.given_environment["DATABASE_URL"])) as connection:
        rows = connection.execute("SELECT content FROM org_files_file").fetchall()
    assert site.folder is not None
    for (key,) in rows:
        assert (site.folder / "media" / key).read_bytes() == CONTENT
    return len(rows)


@pytest.mark.parametrize(
    ("step", "stored"),
    [("received", 0), ("written", 0), ("before the row", 0), ("after the row", 1)],
)
def test_upload_killed_at_a_step__leaves_no_row_without_its_bytes(
    site: LiveSite, client: httpx.Client, step_file: Path, step: str, stored: int
) -> None:
    before = check_every_row_has_its_bytes(site)
    step_file.write_text(step)

    with pytest.raises(httpx.TransportError):
        upload(client)
    assert not step_file.exists()
    assert check_every_row_has_its_bytes(site) == before + stored

    answer = upload_once_it_is_back(client)
    assert answer.status_code == 201
    content = client.get(answer.json()["content_url"])
    assert content.content == CONTENT
    assert check_every_row_has_its_bytes(site) == before + stored + 1
