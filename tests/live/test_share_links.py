"""Share links on a live site: secrets that stay out of database and logs, many clients at once."""

import sqlite3
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg

from tests.live.visitor import Visitor

Visit = Callable[..., Visitor]


def create(owner, file, **values):
    path = f"/api/files/{file['id']}/links/"
    answer = owner.post(path, json={"expires_in": 3600} | values)
    assert answer.status_code == 201, answer.text
    return answer.json()


def dump_of(site):
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


def logs_of(site):
    folder = Path(site.environment()["LOG_DIR"])
    return site.output() + "".join(path.read_text() for path in folder.rglob("*.log"))


def test_token_and_password__are_neither_in_the_database_nor_in_the_logs(site, visit):
    owner, guest = visit(site), Visitor(site.url)
    file = owner.upload(bytes(1000))
    link = create(owner, file, password="a-password-in-no-log")
    url = link["url"]
    token = url.split("/")[-2]
    ticket = owner.post(f"/api/files/{file['id']}/ticket/").json()["url"]

    with guest:
        assert guest.get(url).status_code == 401
        assert guest.post(url, json={"password": "a-wrong-one-in-no-log"}).status_code == 403
        answer = guest.post(url, json={"password": "a-password-in-no-log"})
        assert answer.status_code == 303
        opened = answer.headers["Location"]
        assert len(guest.get(opened).content) == 1000
        assert len(guest.get(ticket).content) == 1000
        assert guest.get(ticket[:-1]).status_code == 401

    dump, logs = dump_of(site), logs_of(site)
    assert link["id"].replace("-", "") in dump.replace("-", "")
    assert link["id"] in logs
    for secret in (token, "-in-no-log", ticket.partition("=")[2], opened.partition("=")[2]):
        assert secret not in dump
        assert secret not in logs
    assert urlsafe_b64decode(token + "=").hex() not in dump


def test_many_clients__get_five_downloads_of_which_one_is_in_segments(site, visit):
    owner = visit(site)
    file = owner.upload(bytes(range(250)) * 64)
    url = create(owner, file, max_downloads=5)["url"]

    def fetch(start):
        headers = {"User-Agent": "segments/1"} if start is not None else {}
        if start is not None:
            headers["Range"] = f"bytes={start}-{start + 3999}"
        with Visitor(site.url) as guest:
            return guest.get(url, headers=headers)

    assert fetch(0).status_code == 206
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(fetch, [None] * 20 + [0, 4000, 8000, 12_000]))

    wholes, parts = answers[:20], answers[20:]
    body = b"".join(part.content for part in parts)
    assert body == bytes(range(250)) * 64
    assert Counter(answer.status_code for answer in wholes) == {200: 4, 404: 16}
    assert {answer.content for answer in wholes if answer.status_code == 200} == {body}
    [shown] = owner.json(f"/api/files/{file['id']}/links/")["results"]
    assert (shown["state"], shown["download_count"]) == ("exhausted", 5)
    assert owner.json(f"/api/files/{file['id']}/")["download_count"] == 5
