"""A live site of two workers: its console, its file and its table after a walk."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from org_files.events import EVENTS
from tests.servers.site import LiveSite

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "red-Anchor-17"
OPERATOR = "root@example.org"

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "tests.eventlog.site",
    "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    "DJANGO_SUPERUSER_EMAIL": OPERATOR,
    "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
}

Row = dict[str, Any]


def rows_of(site: LiveSite) -> list[Row]:
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


def log_of(site: LiveSite) -> str:
    return (Path(site.environment()["LOG_DIR"]) / "example.log").read_text(encoding="utf-8")


def eventually(condition: Callable[[], Any], seconds: float) -> bool:
    """Return whether ``condition`` comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    """Two workers of gunicorn."""
    with LiveSite(ENVIRONMENT, workers=2) as site:
        yield site


def ask(site: LiveSite, method: str, path: str, token: str = "", **values: Any) -> httpx.Response:
    """Send one request, on a connection of its own: either worker may get it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= values.pop("headers", {})
    return httpx.request(method, f"{site.url}{path}", headers=headers, timeout=60, **values)


def token_of(site: LiveSite, email: str) -> str:
    """Log in for an access token."""
    credentials = {"email": email, "password": PASSWORD}
    access: str = ask(site, "POST", "/api/token/", json=credentials).json()["access"]
    return access


class Walk:
    """All actions and refusals of a user, and the secrets that were sent."""

    def __init__(self, site: LiveSite) -> None:
        self.site = site
        self.secrets = {PASSWORD, "hunter2-wrong"}
        self.email = f"ada-{time.monotonic_ns()}@example.org"
        self.login = {"email": self.email, "password": PASSWORD}
        self.register()
        self.keep_a_file()
        self.be_refused()
        self.use_a_session()
        self.be_joined()
        site.manage("org_files_maintenance", "fold")

    def do(self, status: int, method: str, path: str, token: str = "", **values: Any) -> Any:
        answer = ask(self.site, method, path, token, **values)
        assert answer.status_code == status, answer.text
        return answer

    def register(self) -> None:
        me = self.do(201, "POST", "/api/auth/register/", json=self.login).json()
        self.user, self.organization = me["id"], me["organizations"][0]["id"]
        wrong = self.login | {"password": "hunter2-wrong"}
        self.do(400, "POST", "/api/auth/login/", json=wrong)
        self.do(401, "POST", "/api/token/", json=wrong)
        self.pair = self.do(200, "POST", "/api/token/", json=self.login).json()
        self.secrets |= set(self.pair.values())

    def keep_a_file(self) -> None:
        token = self.pair["access"]
        files = {"file": ("report.bin", b"x" * 1000)}
        self.file = self.do(201, "POST", "/api/files/", token, files=files).json()
        path = f"/api/files/{self.file['id']}/"
        self.do(200, "PATCH", path, token, json={"comment": "new"})
        self.do(200, "GET", f"{path}content/", token)
        self.do(204, "DELETE", path, token)
        self.do(200, "POST", f"{path}restore/", token)
        self.do(204, "DELETE", f"{path}?permanent=true", token)
        self.do(413, "POST", "/api/files/", token, files={"file": ("large.bin", b"x" * 200_000)})

    def be_refused(self) -> None:
        for token in ("eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.c2VjcmV0", "opaque-nonsense"):
            self.do(401, "GET", "/api/files/?ticket=t0p-s3cret", token)
            self.secrets.add(token)
        self.do(404, "GET", "/api/shared/a-share-token/")
        # No route: of this one Django itself writes down the path.
        self.do(404, "GET", "/api/shared/a-share-token/more/")
        self.secrets |= {"t0p-s3cret", "a-share-token"}
        self.do(200, "POST", "/api/token/blacklist/", json={"refresh": self.pair["refresh"]})

    def use_a_session(self) -> None:
        cookies = self.do(200, "POST", "/api/auth/login/", json=self.login).cookies
        self.secrets |= set(cookies.values())
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        self.do(403, "POST", "/api/auth/logout/", headers=sent)
        sent["X-CSRFToken"] = cookies["csrftoken"]
        self.do(204, "POST", "/api/auth/logout/", headers=sent)

    def be_joined(self) -> None:
        operator = token_of(self.site, OPERATOR)
        self.secrets.add(operator)
        login = self.login | {"email": f"guest-{self.email}"}
        guest = self.do(201, "POST", "/api/auth/register/", json=login).json()
        body = {"user": str(guest["id"]), "role": "viewer"}
        members = f"/api/organizations/{self.organization}/members/"
        self.do(201, "POST", members, operator, json=body)


@pytest.fixture(scope="module")
def walk(site: LiveSite) -> Walk:
    return Walk(site)


def test_walk__is_in_console_file_and_table(site: LiveSite, walk: Walk) -> None:
    expected = {event for event in EVENTS if not event.startswith("link.")}
    assert eventually(lambda: expected <= {row["event"] for row in rows_of(site)}, 1)

    console, file = site.output(), log_of(site)
    for row in rows_of(site):
        line = f"{row['logger']}: {row['message']}"
        assert line in file
        if row["event"] != "job.ran":  # of a process of its own
            assert line in console


def test_rows_of_the_walk__say_who_what_and_where(site: LiveSite, walk: Walk) -> None:
    rows = [row for row in rows_of(site) if row["object_id"] == walk.file["id"]]
    # Either worker writes its own, when it comes to it.
    rows.sort(key=lambda row: str(row["created_at"]))

    assert [row["event"] for row in rows] == [
        "file.stored",
        "file.changed",
        "file.downloaded",
        "file.trashed",
        "file.restored",
        "file.purged",
    ]
    for row in rows:
        assert row["actor"] == str(walk.user)
        assert row["organization"] == str(walk.organization)
        assert row["address"] == "127.0.0.1"
        assert re.fullmatch("[0-9a-f]{32}", row["request_id"])
    assert len({row["request_id"] for row in rows}) == len(rows)
    failed = [row for row in rows_of(site) if row["event"] == "user.login_failed"]
    assert {(row["object_id"], row["outcome"]) for row in failed} == {(str(walk.user), "refused")}


def test_no_secret__is_in_any_of_the_three(site: LiveSite, walk: Walk) -> None:
    table = json.dumps(rows_of(site), default=str)
    written = {"console": site.output(), "file": log_of(site), "table": table}

    assert len(walk.secrets) > 8
    for name, text in written.items():
        assert len(text) > 1000
        assert [secret for secret in walk.secrets if secret in text] == [], name
    assert "shared/***/" in written["console"]


def test_events_of_both_workers__are_all_there_within_a_second(site: LiveSite, walk: Walk) -> None:
    token = token_of(site, walk.email)
    files = {"file": ("busy.bin", b"x" * 100)}
    file = ask(site, "POST", "/api/files/", token, files=files).json()

    def download(_: int) -> int:
        return ask(site, "GET", f"/api/files/{file['id']}/content/", token).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(download, range(60))) == {200}

    def downloads() -> int:
        rows = [row for row in rows_of(site) if row["object_id"] == file["id"]]
        return len([row for row in rows if row["event"] == "file.downloaded"])

    assert eventually(lambda: downloads() == 60, 1)
    assert log_of(site).count(f"file.downloaded ok file={file['id']}") == 60


def test_end_of_a_preloaded_site__loses_nothing(tmp_path: Path) -> None:
    # A message of the master, whose writer runs when the workers are forked.
    config = tmp_path / "gunicorn.py"
    config.write_text(
        "import logging\n"
        "def when_ready(server):\n"
        "    logging.getLogger('org_files.files').warning('ready')\n"
    )
    options = ("--preload", "--config", str(config))
    site = LiveSite(ENVIRONMENT, workers=2, folder=tmp_path, server_options=options)
    with site:
        for _ in range(20):
            assert ask(site, "GET", "/api/files/").status_code == 401

    rows = rows_of(site)
    denied = [row for row in rows if row["event"] == "access.denied"]
    # Each worker writes one at once, and the sum of the others at its end; a minute may end.
    assert len(denied) <= 2 * 2 * 2
    assert sum(row["details"].get("count", 1) for row in denied) == 20
    assert [row["message"] for row in rows].count("ready") == 1
    assert log_of(site).count("access.denied refused") == len(denied)
    assert "org_files.eventlog:" not in site.output()
