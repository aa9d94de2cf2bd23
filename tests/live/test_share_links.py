"""Share links on a live site: secrets that stay out of database and logs, many clients at once."""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from tests.live.conftest import Person, path_of
from tests.live.test_counts import verified
from tests.live.visitor import Visitor
from tests.servers.site import LiveSite

Visit = Callable[..., Visitor]
People = Callable[..., list[Person]]


def create(owner: Visitor, file: Any, **values: Any) -> Any:
    answer = owner.post_json(f"/api/files/{file['id']}/links/", **{"expires_in": 3600} | values)
    assert answer.status == 201, answer
    return answer.json()


def dump_of(site: LiveSite) -> str:
    """Return every row of every table as text."""
    url = site.environment()["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return "\n".join(connection.iterdump())
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        queries = [f"SELECT t::text FROM {table} t" for (table,) in tables]
        return "\n".join(row for query in queries for (row,) in connection.execute(query))


def logs_of(site: LiveSite) -> str:
    folder = Path(site.environment()["LOG_DIR"])
    return site.output() + "".join(path.read_text() for path in folder.rglob("*.log"))


def test_token_and_password__are_neither_in_the_database_nor_in_the_logs(
    site: LiveSite, people: People, visit: Visit
) -> None:
    [ada] = people(("Shared in secret", "member"))
    owner, guest = visit(site, ada), visit(site)
    file = owner.upload(1000)
    link = create(owner, file, password="a-password-in-no-log")
    path = path_of(link["url"])
    token = path.split("/")[-2]
    ticket = owner.post_json(f"/api/files/{file['id']}/ticket/").json()["url"]

    assert guest.get(path).status == 401
    assert guest.post_json(path, password="a-wrong-one-in-no-log").status == 403
    answer = guest.post_json(path, password="a-password-in-no-log")
    assert answer.status == 303
    assert len(guest.get(path_of(answer.headers["Location"])).body) == 1000
    assert len(guest.get(path_of(ticket)).body) == 1000
    assert guest.get(path_of(ticket)[:-1]).status == 401

    dump, logs = dump_of(site), logs_of(site)
    assert link["id"].replace("-", "") in dump.replace("-", "")
    assert link["id"] in logs
    secrets = [token, "-in-no-log", ticket.partition("=")[2]]
    secrets.append(answer.headers["Location"].partition("=")[2])
    for secret in secrets:
        assert secret not in dump
        assert secret not in logs
    assert urlsafe_b64decode(token + "=").hex() not in dump


def test_sixty_four_clients__get_five_downloads_of_which_one_is_in_segments(
    site: LiveSite, people: People, visit: Visit
) -> None:
    [ada] = people(("Shared widely", "member"))
    owner = visit(site, ada)
    file = owner.upload(16_000)
    link = create(owner, file, max_downloads=5)
    path = path_of(link["url"])
    guests = [visit(site) for _ in range(63)]
    segments = [visit(site) for _ in range(8)]
    program = {"User_Agent": "segments/1"}
    first = segments[0].get(path, Range="bytes=0-1999", **program)
    assert first.status == 206

    with ThreadPoolExecutor(64 + 8) as threads:
        wholes = [threads.submit(guest.get, path) for guest in guests]
        parts = [
            threads.submit(
                partial(segment.get, path, Range=f"bytes={2000 * n}-{2000 * n + 1999}", **program)
            )
            for n, segment in enumerate(segments)
        ]
        answers = [future.result() for future in wholes]
        body = b"".join(future.result().body for future in parts)

    assert Counter((answer.status, len(answer.body) == 16_000) for answer in answers) == {
        (200, True): 4,
        (404, False): 59,
    }
    bodies = {answer.body for answer in answers if answer.status == 200}
    assert bodies == {body}
    [shown] = owner.json(f"/api/files/{file['id']}/links/")["results"]
    assert (shown["state"], shown["download_count"]) == ("exhausted", 5)
    assert owner.json(f"/api/files/{file['id']}/")["download_count"] == 5
    assert verified(site)["counters"]["findings"] == []
