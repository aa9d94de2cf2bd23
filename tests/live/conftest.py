from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import psycopg
import pytest

from org_files.storage.owners import OWNER
from tests.live.visitor import PASSWORD, Visitor
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

PEOPLE = """
import datetime, json
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from rest_framework_simplejwt.tokens import AccessToken
from org_files import get_organization_model
from org_files.models import Membership, Subscription, Tier
password, tokens = make_password({password!r}), []
for email, name, tier, role in json.loads({people!r}):
    user = get_user_model()(email=email, password=password)
    user.save()
    organization, _ = get_organization_model()._default_manager.get_or_create(name=name)
    Membership.objects.create(user=user, organization=organization, role=role)
    if tier:
        tier = Tier.objects.get(name=tier)
        Subscription.objects.create(organization=organization, tier=tier)
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=datetime.timedelta(days=1))
    tokens.append(str(token))
print(json.dumps(tokens))
"""


class Person(NamedTuple):
    email: str
    token: str


def run_in(site, code):
    """Run code in another process of the site; return what it printed."""
    return site.manage("shell", "--verbosity", "0", "-c", code)


def create_people(site, *memberships):
    """Create users of a site, each with the name and tier of an organization and a role there."""
    emails = [f"{uuid4().hex}@example.com" for _ in memberships]
    rows = [[email, *membership] for email, membership in zip(emails, memberships, strict=True)]
    tokens = json.loads(run_in(site, PEOPLE.format(people=json.dumps(rows), password=PASSWORD)))
    return [Person(*pair) for pair in zip(emails, tokens, strict=True)]


@contextmanager
def galleries(site, **tiers):
    """Make organizations of these names and tiers; yield a client of each one's admin."""
    people = create_people(site, *[(name, tier, "admin") for name, tier in tiers.items()])
    with ExitStack() as stack:
        yield [stack.enter_context(Visitor(site.url, person.token)) for person in people]


@contextmanager
def database_of_its_own(request):
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


def broker_of(redis):
    """Return the variable that names ``redis`` as the broker."""
    return {"CELERY_BROKER_URL": redis.url}


@pytest.fixture(scope="session")
def temporary(tmp_path_factory):
    """Where the sites keep uploads under way."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="session")
def site(request, temporary):
    """The example site under gunicorn, which sends to a broker where Redis is installed."""
    variables = SETTINGS | {"TMPDIR": str(temporary)}
    with suppress(pytest.skip.Exception):
        variables |= broker_of(request.getfixturevalue("redis_server"))
    with database_of_its_own(request) as database, LiveSite(variables | database) as site:
        yield site


@pytest.fixture(scope="session")
def asgi_site(site):
    """The same site under uvicorn, over the same data."""
    same = {name: site.environment()[name] for name in ("DATABASE_URL", "MEDIA_ROOT", "LOG_DIR")}
    with LiveSite(site.given_environment | same, asgi=True) as asgi_site:
        yield asgi_site


@pytest.fixture(scope="session")
def people(site):
    """The people of each organization, each to be taken once, so that they have done nothing."""
    sizes = ORGANIZATIONS.items()
    made = create_people(
        site,
        *[(name, None, "member" if n else "admin") for name, size in sizes for n in range(size)],
    )
    left = iter(made)
    return {name: iter([next(left) for _ in range(size)]) for name, size in sizes}


@pytest.fixture
def visit(people):
    """Visit a site as a member of Globex who has done nothing before, or as ``person``."""
    with ExitStack() as visitors:

        def begin(site, person=None):
            token = (person or next(people["Globex"])).token
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
