"""Live sites: two workers that are forked from one process, and uvicorn with its own messages."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.eventlog.conftest import wait_until as eventually
from tests.servers.site import LiveSite

pytestmark = pytest.mark.sweep

LOGIN = {"email": "ada@example.org", "password": "red-Anchor-17"}

Row = dict[str, Any]


def rows_of(site):
    """Return the rows of the table."""
    url = site.environment()["DATABASE_URL"]
    query = "SELECT * FROM org_files_eventlog_logentry ORDER BY id"
    if "sqlite" not in url:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(query).fetchall()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(query).fetchall()
        return [dict(row) | {"details": json.loads(row["details"])} for row in found]


def log_of(site):
    return (Path(site.environment()["LOG_DIR"]) / "example.log").read_text(encoding="utf-8")


def ask(site, method, path, token="", **values):
    """Send one request on a connection of its own: either worker may get it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.request(method, f"{site.url}{path}", headers=headers, timeout=60, **values)


def test_events_of_all_processes__are_in_the_table(tmp_path):
    # A message of the master, whose writer runs when the workers are forked.
    config = tmp_path / "gunicorn.py"
    config.write_text(
        "import logging\n"
        "def when_ready(server):\n"
        "    logging.getLogger('org_files.files').warning('ready')\n"
    )
    options = ("--preload", "--config", str(config))
    with LiveSite(workers=2, folder=tmp_path, server_options=options) as site:
        assert ask(site, "POST", "/api/auth/register/", json=LOGIN).status_code == 201
        token = ask(site, "POST", "/api/token/", json=LOGIN).json()["access"]
        upload = {"file": ("a.bin", b"x")}
        file = ask(site, "POST", "/api/files/", token, files=upload).json()["id"]

        def download(_):
            return ask(site, "GET", f"/api/files/{file}/content/", token).status_code

        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(download, range(60))) == {200}
        assert eventually(lambda: str(rows_of(site)).count("'file.downloaded'") == 60, 1)

        for _ in range(20):
            assert ask(site, "GET", "/api/files/").status_code == 401

    rows = rows_of(site)
    denied = [row for row in rows if row["event"] == "access.denied"]
    # Each worker writes one at once, and the sum of the others at its end; a minute may end.
    assert len(denied) <= 2 * 2 * 2
    assert sum(row["details"].get("count", 1) for row in denied) == 20
    assert [row["message"] for row in rows].count("ready") == 1
    assert log_of(site).count("access.denied refused") == len(denied)
    assert log_of(site).count(f"file.downloaded ok file={file}") == 60
    assert "org_files.eventlog:" not in site.output()


def test_lines_of_uvicorn__are_masked(tmp_path):
    secrets = ("a-share-token", "b-share-token", "t0p-s3cret")
    options = ("--log-level", "info")
    with LiveSite(asgi=True, folder=tmp_path, server_options=options) as site:
        assert ask(site, "GET", "/api/shared/a-share-token/").status_code == 404
        assert ask(site, "GET", "/api/shared//b-share-token/").status_code == 404
        content = f"/api/files/{uuid4()}/content/?ticket=t0p-s3cret"
        assert ask(site, "GET", content).status_code == 401
        assert eventually(lambda: "/content/?ticket=*** HTTP/1.1" in site.output(), 5)

    written = {"console": site.output(), "file": log_of(site)}
    for name, text in written.items():
        assert '"GET /api/shared/***/ HTTP/1.1" 404' in text, name
        assert '"GET /api/shared//***/ HTTP/1.1" 404' in text, name
        assert "Application startup complete." in text, name
        assert [secret for secret in secrets if secret in text] == [], name


@pytest.mark.parametrize(
    "options", [("--log-level", "info", "--no-access-log"), ("--log-level", "warning")]
)
def test_options_of_uvicorn__apply(tmp_path, options):
    with LiveSite(asgi=True, folder=tmp_path, server_options=options) as site:
        for _ in range(3):
            assert ask(site, "GET", "/api/files/").status_code == 401
        assert eventually(lambda: site.output().count("access.denied") == 1, 5)

    text = site.output() + log_of(site)
    assert "HTTP/1.1" not in text
    assert ("Application startup complete." in text) is ("info" in options)
