"""A personal cloud: a day of a user whose storage is their own, as its events tell it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from tests.eventlog.test_live import log_of, rows_of
from tests.live.conftest import SETTINGS, database_of_its_own, eventually
from tests.live.visitor import PASSWORD, Visitor
from tests.servers.site import LiveSite

pytestmark = pytest.mark.walks

OPERATOR = {"email": "root@example.org", "password": PASSWORD}


class Resident(NamedTuple):
    """A user with storage of their own, and their three files."""

    id: str
    client: Visitor
    files: list[Any]


class Cloud:
    """A site, its operator, and the users who register."""

    def __init__(self, site, stack):
        self.site = site
        self.stack = stack
        self.operator = self.log_in(OPERATOR)

    def log_in(self, login):
        with Visitor(self.site.url) as stranger:
            token = do(200, stranger, "POST", "token/", json=login)["access"]
        return self.stack.enter_context(Visitor(self.site.url, token))

    def register(self, name):
        login = {"email": f"{name}@example.org", "password": PASSWORD}
        with Visitor(self.site.url) as stranger:
            user = do(201, stranger, "POST", "auth/register/", json=login | {"first_name": name})
        client = self.log_in(login)
        files = [client.upload(uuid4().bytes * 100, f"{name}.txt") for _ in range(3)]
        return Resident(str(user["id"]), client, files)


def do(status, client, method, path, **values):
    """Send a request below ``/api/``, and return the JSON of its answer."""
    answer = client.request(method, f"/api/{path}", **values)
    assert answer.status_code == status, answer.text
    is_json = answer.headers.get("Content-Type") == "application/json"
    return answer.json() if is_json else None


@pytest.fixture(scope="module")
def cloud(request):
    operator = {f"DJANGO_SUPERUSER_{name.upper()}": value for name, value in OPERATOR.items()}
    variables = SETTINGS | {"ORG_FILES_POLICY": "owner"} | operator
    with (
        database_of_its_own(request) as database,
        LiveSite(variables | database) as site,
        ExitStack() as stack,
    ):
        yield Cloud(site, stack)


def test_day_of_a_resident__is_in_table_console_and_file_without_a_secret(cloud):
    site, operator = cloud.site, cloud.operator
    person, neighbour = cloud.register("Katherine"), cloud.register("Dorothy")
    login = {"email": "Katherine@example.org", "password": PASSWORD}
    token = person.client.headers["Authorization"].removeprefix("Bearer ")
    first, second, _ = (f"files/{file['id']}/" for file in person.files)
    do(200, person.client, "PATCH", first, json={"name": "Day.txt", "comment": PASSWORD})
    do(200, person.client, "GET", f"{first}content/")
    do(204, person.client, "DELETE", first)
    for path in (first, second, f"{second}content/"):
        do(404, neighbour.client, "GET", path)
    do(403, neighbour.client, "GET", f"downloads/?user={person.id}")
    do(200, operator, "POST", f"{first}restore/")
    do(200, operator, "GET", f"{second}content/")
    do(204, operator, "DELETE", f"{second}?permanent=true")
    with Visitor(site.url) as stranger:
        # Not where it belongs, as by a slip of the hand.
        do(401, stranger, "GET", f"files/{token}/?token={token}")
        do(401, stranger, "POST", "token/", json=login | {"password": "swordfish-17"})
        pair = do(200, stranger, "POST", "token/", json=login)
        do(200, stranger, "POST", "token/blacklist/", json={"refresh": pair["refresh"]})
        do(200, stranger, "POST", "auth/login/", json=login)
        cookies = dict(stranger.cookies)
        do(204, stranger, "POST", "auth/logout/", headers={"X-CSRFToken": cookies["csrftoken"]})
    assert eventually(lambda: str(rows_of(site)).count("'user.logout'") == 2, 5)

    me, other, rows = person.id, neighbour.id, rows_of(site)
    root = str(operator.json("/api/users/me/")["id"])

    def events(of):
        of_object = [row for row in rows if row["object_id"] == of]
        return [(f"{row['event']} {row['outcome']}", row["actor"]) for row in of_object]

    assert events(me) == [
        ("member.changed ok", ""),
        ("user.registered ok", me),
        ("user.login ok", me),
        ("access.denied refused", other),
        ("user.login_failed refused", ""),
        *[("user.login ok", me), ("user.logout ok", me)] * 2,
    ]
    # What was hidden from the neighbour is no event.
    assert [events(file["id"]) for file in person.files] == [
        [
            ("file.stored ok", me),
            ("file.changed ok", me),
            ("file.downloaded ok", me),
            ("file.trashed ok", me),
            ("file.restored ok", root),
        ],
        [("file.stored ok", me), ("file.downloaded ok", root), ("file.purged ok", root)],
        [("file.stored ok", me)],
    ]
    denied = [row for row in rows if row["event"] == "access.denied"]
    assert [row["details"]["status"] for row in denied] == [403, 401, 401]

    console, file = site.output(), log_of(site)
    for row in rows:
        line = f"{row['logger']}: {row['message']}\n"
        assert (console.count(line), file.count(line)) == (1, 1), line
    secrets = {PASSWORD, "swordfish-17", token, *pair.values(), *cookies.values()}
    assert len(secrets) == 7
    for written in (console, file, json.dumps(rows, default=str)):
        assert "/api/files/***" in written
        assert [secret for secret in secrets if secret in written] == []
