from __future__ import annotations

import os
import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.db import connection

from org_files.storage.owners import OWNER
from tests.live.visitor import Visitor
from tests.servers.site import LiveSite

ROOT = Path(__file__).resolve().parents[2]

#: The example site with the settings of this folder.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "tests.live.settings",
    "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    "LINK_KEEP_DAYS": "0",
}

#: Who is there: an admin first of all, then members.
ORGANIZATIONS = {"Busy 8": 9, "Busy 32": 33, "Globex": 40}


class Person(NamedTuple):
    email: str
    token: str


def create_people(site, *memberships):
    """Create users of a site, each with the name and tier of an organization and a role there."""
    emails = [f"{uuid4().hex}@example.com" for _ in memberships]
    rows = [[email, *membership] for email, membership in zip(emails, memberships, strict=True)]
    answer = httpx.post(f"{site.url}/people/", json=rows, timeout=60)
    return [Person(*pair) for pair in zip(emails, answer.json(), strict=True)]


def manage(site, *arguments):
    """Return what a management command writes, run by a process of the running site."""
    answer = httpx.post(f"{site.url}/manage/", json=arguments, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.text


@contextmanager
def galleries(site, **tiers):
    """Make organizations of these names and tiers; yield a client of each one's admin."""
    people = create_people(site, *[(name, tier, "admin") for name, tier in tiers.items()])
    with ExitStack() as stack:
        yield [stack.enter_context(Visitor(site.url, person.token)) for person in people]


@contextmanager
def database_of_its_own(request, template=""):
    """The variable of a database of its own, or none for SQLite in the site's folder.

    It is a copy of ``template``, which has all tables, unless something is connected to that.
    """
    if os.environ.get("TEST_DATABASE") != "postgresql":
        yield {}
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"live_{uuid4().hex}"
    url = server.url.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(server.url, autocommit=True) as server_connection:
        create = f'CREATE DATABASE "{name}"'
        try:
            server_connection.execute(f'{create} TEMPLATE "{template}"' if template else create)
            LiveSite.migrated |= {url} if template else set()
        except psycopg.errors.ObjectInUse:
            server_connection.execute(create)
        yield {"DATABASE_URL": url}
        server_connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def broker_of(redis):
    """Return the variable that names ``redis`` as the broker."""
    return {"CELERY_BROKER_URL": redis.url}


@pytest.fixture(scope="session")
def temporary(tmp_path_factory):
    """The folder of the sites' unfinished uploads."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="session")
def site(request, temporary, django_db_setup):
    """The example site under gunicorn, which sends to a broker where Redis is installed."""
    variables = SETTINGS | {"TMPDIR": str(temporary)}
    with suppress(pytest.skip.Exception):
        variables |= broker_of(request.getfixturevalue("redis_server"))
    # The suite's own database has all tables.
    connection.close()
    template = str(connection.settings_dict["NAME"])
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(template)) as suite:
                patch.setattr(LiveSite, "empty_database", suite.serialize())
        database = stack.enter_context(database_of_its_own(request, template))
        site = stack.enter_context(LiveSite(variables | database))
        patch.undo()
        yield site


@pytest.fixture(scope="session")
def asgi_site(site):
    """The same site under uvicorn, over the same data."""
    same = {name: site.environment()[name] for name in ("DATABASE_URL", "MEDIA_ROOT", "LOG_DIR")}
    with LiveSite(site.given_environment | same, asgi=True) as asgi_site:
        yield asgi_site


@pytest.fixture(scope="session")
def people(site):
    """Return the people of an organization, each to be taken once: they have done nothing."""

    @cache
    def people_of(name):
        roles = ["admin", *["member"] * (ORGANIZATIONS[name] - 1)]
        return iter(create_people(site, *[(name, None, role) for role in roles]))

    return people_of


@pytest.fixture
def visit(people):
    """Visit a site as a member of Globex who has done nothing before, or as ``person``."""
    with ExitStack() as visitors:

        def begin(site, person=None):
            token = (person or next(people("Globex"))).token
            return visitors.enter_context(Visitor(site.url, token))

        yield begin


def eventually(condition, seconds=10):
    """Return whether ``condition`` comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def media_of(site):
    paths = Path(site.environment()["MEDIA_ROOT"]).rglob("*")
    return {path for path in paths if path.is_file() and path.name != OWNER}


def path_of(url):
    """Return the path of an absolute URL."""
    return "/" + url.split("/", 3)[3]
