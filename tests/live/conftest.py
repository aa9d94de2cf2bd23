from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx
import psycopg
import pytest

from org_files.storage.owners import OWNER
from tests.live.visitor import PASSWORD, Visitor
from tests.servers.site import LiveSite

PEOPLE = """
import datetime, json
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from rest_framework_simplejwt.tokens import AccessToken
from org_files import get_organization_model
from org_files.models import Membership
password, tokens = make_password({password!r}), []
for email, name, role in json.loads({people!r}):
    user = get_user_model()(email=email, password=password)
    user.save()
    organization, _ = get_organization_model()._default_manager.get_or_create(name=name)
    Membership.objects.create(user=user, organization=organization, role=role)
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=datetime.timedelta(days=1))
    tokens.append(str(token))
print(json.dumps(tokens))
"""


class Person(NamedTuple):
    email: str
    #: An access token: hashing a password for each visit would take longer than the visits.
    token: str


def create_people(site: LiveSite, *memberships: tuple[str, str]) -> list[Person]:
    """Create users of a site, each with the name of an organization and a role there."""
    emails = [f"{uuid4().hex}@example.com" for _ in memberships]
    rows = [[email, *membership] for email, membership in zip(emails, memberships, strict=True)]
    code = PEOPLE.format(people=json.dumps(rows), password=PASSWORD)
    tokens = json.loads(site.manage("shell", "--verbosity", "0", "-c", code))
    return [Person(*pair) for pair in zip(emails, tokens, strict=True)]


@contextmanager
def database_of_its_own(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variable of a database of its own, or none for SQLite in the site's folder."""
    if os.environ.get("TEST_DATABASE") != "postgresql":
        yield {}
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"live_{uuid4().hex}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield {"DATABASE_URL": server.url.rpartition("/")[0] + f"/{name}"}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The database of the sites below, which share it."""
    with database_of_its_own(request) as variables:
        yield variables


@pytest.fixture(scope="session")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sites keep uploads under way."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="session")
def site(database: dict[str, str], temporary: Path) -> Iterator[LiveSite]:
    """The example site under gunicorn."""
    with LiveSite(database | {"TMPDIR": str(temporary)}) as site:
        yield site


@pytest.fixture(scope="session")
def asgi_site(database: dict[str, str], site: LiveSite, temporary: Path) -> Iterator[LiveSite]:
    """The example site under uvicorn, over the same data."""
    same = {"DATABASE_URL": site.environment()["DATABASE_URL"]}
    same["MEDIA_ROOT"] = site.environment()["MEDIA_ROOT"]
    with LiveSite(same | {"TMPDIR": str(temporary)}, asgi=True) as asgi_site:
        yield asgi_site


@pytest.fixture(scope="session")
def people(site: LiveSite) -> Callable[..., list[Person]]:
    """Create users, each with the name of an organization and a role there."""

    return partial(create_people, site)


@pytest.fixture(scope="session")
def strangers(people: Callable[..., list[Person]]) -> Iterator[Person]:
    """Members of Globex, each to be taken once: nobody has downloaded anything yet."""
    return iter(people(*[("Globex", "member")] * 40))


@pytest.fixture
def visit() -> Iterator[Callable[..., Visitor]]:
    """Visit a site, logged in where a person is given."""
    visitors: list[Visitor] = []

    def begin(site: LiveSite, person: Person | None = None) -> Visitor:
        visitors.append(Visitor(site.url, person.token if person else ""))
        return visitors[-1]

    yield begin
    for visitor in visitors:
        visitor.close()


@contextmanager
def log_in(site: LiveSite, email: str, password: str) -> Iterator[httpx.Client]:
    """A client under ``/api/`` with an access token."""
    with httpx.Client(base_url=f"{site.url}/api/", timeout=60) as client:
        answer = client.post("token/", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        yield client


def media_of(site: LiveSite) -> set[Path]:
    paths = Path(site.environment()["MEDIA_ROOT"]).rglob("*")
    return {path for path in paths if path.is_file() and path.name != OWNER}


def path_of(url: str) -> str:
    """Return the path of an absolute URL."""
    return "/" + url.split("/", 3)[3]
