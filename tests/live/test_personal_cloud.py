"""A personal cloud: everybody has storage of their own, and operators manage all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.eventlog.test_live import eventually, log_of, rows_of
from tests.live.conftest import database_of_its_own, log_in
from tests.live.visitor import PASSWORD
from tests.servers.site import LiveSite

pytestmark = pytest.mark.walks

OPERATOR = "root@example.org"


class Resident(NamedTuple):
    """Somebody with storage of their own."""

    id: str
    organization: str
    client: httpx.Client

    def upload(self, name: str, content: bytes, **values: str) -> Any:
        """Return the JSON of a new file."""
        answer = self.client.post("files/", files={"file": (name, content)}, data=values)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def upload_three(self, name: str, **values: str) -> list[Any]:
        """Return three new files of one name, each with a content of its own."""
        return [self.upload(name, uuid4().bytes * 100, **values) for _ in range(3)]

    def show(self, path: str) -> Any:
        """Return what there is to see under ``path``."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[LiveSite]:
    operator = {"DJANGO_SUPERUSER_EMAIL": OPERATOR, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with (
        database_of_its_own(request) as database,
        LiveSite({"ORG_FILES_POLICY": "owner", **operator, **database}) as site,
    ):
        yield site


@contextmanager
def registered(site: LiveSite, name: str) -> Iterator[Resident]:
    """Somebody who registers and logs in."""
    values = {"email": f"{name}@example.org", "first_name": name, "password": PASSWORD}
    answer = httpx.post(f"{site.url}/api/auth/register/", json=values, timeout=60)
    assert answer.status_code == 201, answer.text
    [organization] = answer.json()["organizations"]
    with log_in(site, values["email"], PASSWORD) as client:
        yield Resident(answer.json()["id"], organization["id"], client)


@pytest.fixture(scope="module")
def people(site: LiveSite) -> Iterator[list[Resident]]:
    """Ada and Grace, who register."""
    with registered(site, "Ada") as ada, registered(site, "Grace") as grace:
        yield [ada, grace]


@pytest.fixture(scope="module")
def operator(site: LiveSite) -> Iterator[httpx.Client]:
    with log_in(site, OPERATOR, PASSWORD) as client:
        yield client


def test_operator__sees_and_manages_the_storage_of_everybody(
    site: LiveSite, people: list[Resident], operator: httpx.Client
) -> None:
    ada, grace = people
    files = ada.upload_three("Managed.txt")
    other = grace.upload_three("Managed.txt")
    query = {"owner": ada.id, "name": "Managed.txt"}
    assert operator.get("files/").json()["count"] == 0
    listed = operator.get("files/", params=query).json()["results"]
    assert [file["id"] for file in listed] == [file["id"] for file in files[::-1]]

    [path] = operator.get(f"users/{ada.id}/").json()["storage_paths"]

    def stored() -> set[str]:
        folder = Path(site.environment()["MEDIA_ROOT"], path)
        blobs = [blob for blob in folder.rglob("*") if blob.is_file()]
        return {sha256(blob.read_bytes()).hexdigest() for blob in blobs}

    assert "storage_paths" not in ada.show("users/me/")
    assert stored() >= {file["sha256"] for file in files}
    assert stored().isdisjoint(file["sha256"] for file in other)

    first, second, _ = (f"files/{file['id']}/" for file in files)
    assert operator.patch(first, json={"comment": "Kept by law."}).status_code == 200
    assert ada.show(first)["comment"] == "Kept by law."
    assert operator.get(f"{first}content/").status_code == 200
    assert ada.show(first)["download_count"] == 1
    assert operator.delete(first).status_code == 204
    assert ada.client.get(first).status_code == 404
    trash = operator.get("files/", params={**query, "trashed": "true"}).json()["results"]
    assert [file["id"] for file in trash] == [files[0]["id"]]
    assert operator.post(f"{first}restore/").status_code == 200
    assert ada.client.get(first).status_code == 200

    assert operator.delete(f"{second}?permanent=true").status_code == 204
    assert ada.client.get(second).status_code == 404
    assert files[1]["sha256"] not in stored()
    assert stored() >= {files[0]["sha256"], files[2]["sha256"]}


class Walk(NamedTuple):
    """What somebody new has done in a day, and the operator and a neighbour with their files."""

    person: Resident
    files: list[str]
    secrets: set[str]


@pytest.fixture(scope="module")
def walk(site: LiveSite, people: list[Resident], operator: httpx.Client) -> Iterator[Walk]:
    grace = people[1]
    with registered(site, "Katherine") as person:
        login = {"email": "Katherine@example.org", "password": PASSWORD}
        token = person.client.headers["Authorization"].removeprefix("Bearer ")
        secrets = {PASSWORD, "swordfish-17", token}
        files = [file["id"] for file in person.upload_three("Diary.txt")]
        first, second, _ = (f"files/{id}/" for id in files)

        def do(status: int, client: httpx.Client, method: str, path: str, **values: Any) -> Any:
            answer = client.request(method, path, **values)
            assert answer.status_code == status, answer.text
            return answer

        do(200, person.client, "PATCH", first, json={"name": "Day.txt", "comment": PASSWORD})
        do(200, person.client, "GET", f"{first}content/")
        do(204, person.client, "DELETE", first)
        for path in (first, second, f"{second}content/"):
            do(404, grace.client, "GET", path)
        do(403, grace.client, "GET", f"downloads/?user={person.id}")
        do(200, operator, "POST", f"{first}restore/")
        do(200, operator, "GET", f"{second}content/")
        do(204, operator, "DELETE", f"{second}?permanent=true")
        with httpx.Client(base_url=person.client.base_url, timeout=60) as stranger:
            # Not where it belongs, as by a slip of the hand.
            do(401, stranger, "GET", f"files/{token}/?token={token}")
            do(401, stranger, "POST", "token/", json=login | {"password": "swordfish-17"})
            pair = do(200, stranger, "POST", "token/", json=login).json()
            do(200, stranger, "POST", "token/blacklist/", json={"refresh": pair["refresh"]})
            do(200, stranger, "POST", "auth/login/", json=login)
            cookies = dict(stranger.cookies)
            do(204, stranger, "POST", "auth/logout/", headers={"X-CSRFToken": cookies["csrftoken"]})
        assert eventually(lambda: str(rows_of(site)).count("'user.logout'") == 2, 5)
        yield Walk(person, files, secrets | {*pair.values(), *cookies.values()})


def test_walk__is_in_the_table(
    site: LiveSite, people: list[Resident], operator: httpx.Client, walk: Walk
) -> None:
    me, grace = str(walk.person.id), str(people[1].id)
    root = str(operator.get("users/me/").json()["id"])

    def events(of: str) -> list[tuple[str, str]]:
        rows = [row for row in rows_of(site) if row["object_id"] == of]
        return [(f"{row['event']} {row['outcome']}", row["actor"]) for row in rows]

    assert events(me) == [
        ("member.changed ok", ""),
        ("user.registered ok", me),
        ("user.login ok", me),
        ("access.denied refused", grace),
        ("user.login_failed refused", ""),
        *[("user.login ok", me), ("user.logout ok", me)] * 2,
    ]
    # What was hidden from Grace is no event.
    assert [events(file) for file in walk.files] == [
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
    denied = [row for row in rows_of(site) if row["event"] == "access.denied"]
    assert [(row["details"]["status"], row["actor"]) for row in denied] == [
        (403, grace),
        (401, ""),
        (401, ""),
    ]


def test_what_is_in_the_table__is_in_console_and_file(site: LiveSite, walk: Walk) -> None:
    rows = rows_of(site)
    console, file = site.output(), log_of(site)

    assert len(rows) >= 8 + 9 + 3
    for row in rows:
        line = f"{row['logger']}: {row['message']}\n"
        assert (console.count(line), file.count(line)) == (1, 1), line


def test_no_secret_of_the_walk__is_in_any_of_the_three(site: LiveSite, walk: Walk) -> None:
    table = json.dumps(rows_of(site), default=str)

    assert len(walk.secrets) == 7
    for written in (site.output(), log_of(site), table):
        assert "/api/files/***" in written
        assert [secret for secret in walk.secrets if secret in written] == []
