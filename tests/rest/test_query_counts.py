"""How often the database is asked: as often for many rows as for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files import counters
from org_files.models import AbstractOrganization
from org_files.testing.factories import (
    join,
    make_file,
    make_organization,
    make_stored_file,
    make_tier,
    make_user,
    subscribe,
)
from tests.pictures.stored import make_picture
from tests.rest.requests import browser_of, post_file, signed_in


def queries_of(call: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as context:
        response = call()
        response.getvalue()
    assert response.status_code in (200, 206), response.content
    return [query["sql"] for query in context.captured_queries]


def add(organization: AbstractOrganization, user: Any, count: int) -> None:
    for _ in range(count):
        file = make_file(organization, make_user())
        counters.record_download(file=file, user=user)
        join(make_organization(), user)


@pytest.mark.parametrize("paging", ["page=1&page_size=200", "cursor=&page_size=200"])
def test_long_list__asks_as_often_as_a_short_one(
    client: Client, user: Any, admin: Any, organization: AbstractOrganization, paging: str
) -> None:
    paths = {
        "files": client,
        "organizations": client,
        "downloads": client,
        f"users/{user.pk}/downloads": client,
        f"organizations/{organization.pk}/files": client,
        f"organizations/{organization.pk}/downloads": signed_in(admin),
    }

    def count() -> dict[str, tuple[int, int]]:
        counts = {}
        for path, who in paths.items():
            url = f"/api/{path}/?{paging}"
            rows = len(who.get(url).json()["results"])
            counts[path] = rows, len(queries_of(lambda who=who, url=url: who.get(url)))
        return counts

    add(organization, user, 1)
    few = count()
    add(organization, user, 9)
    many = count()

    for path, (rows, queries) in many.items():
        assert rows >= 10, path
        assert few[path][0] < 4, path
        assert queries == few[path][1], path
        # Who it is, whether they may, the organization; the count and the page. Of downloads too:
        # the files and organizations whose names the reader may see.
        assert queries <= (7 if path.endswith("downloads") else 5), path


def test_plain_download__is_the_login_and_one_statement(
    user: Any, organization: AbstractOrganization
) -> None:
    file = make_stored_file(organization)
    url = f"/api/files/{file.public_id}/content/"
    token, session = signed_in(user), browser_of(user)

    by_token = queries_of(lambda: token.get(url))
    by_session = queries_of(lambda: session.get(url))

    # The user; the session and the user.
    assert "accounts_user" in by_token[0]
    assert len(by_session) - len(by_token) == 1
    statements = by_token[1:]
    if connection.vendor == "postgresql":
        assert len(statements) == 1
        assert statements[0].startswith("WITH")
    else:
        written = [sql for sql in statements if sql.startswith("INSERT")]
        assert len(written) == 2
        assert len([sql for sql in statements if sql.startswith("SELECT")]) == 1


def test_later_part_of_a_download__writes_nothing(
    user: Any, organization: AbstractOrganization
) -> None:
    file = make_stored_file(organization)
    url = f"/api/files/{file.public_id}/content/"
    client = signed_in(user)
    queries_of(lambda: client.get(url, headers={"Range": "bytes=0-1"}))

    queries = queries_of(lambda: client.get(url, headers={"Range": "bytes=2-3"}))

    assert not [sql for sql in queries if not sql.startswith("SELECT")]
    assert len(queries) == 3


def test_height_that_is_there__is_read_by_three_statements(
    user: Any, organization: AbstractOrganization
) -> None:
    subscribe(organization)
    url = f"/api/files/{make_picture(organization).public_id}/renditions/200/"
    client = signed_in(user)
    queries_of(lambda: client.get(url))

    for headers in ({}, {"Range": "bytes=0-9"}):
        queries = queries_of(lambda headers=headers: client.get(url, headers=headers))

        # Who it is, the file with its tier, the height.
        assert not [sql for sql in queries if not sql.startswith("SELECT")]
        assert len(queries) == 3


def test_list_of_tiers__asks_as_often_for_many_as_for_few(client: Client) -> None:
    make_tier()
    few = queries_of(lambda: client.get("/api/tiers/"))
    for _ in range(5):
        make_tier()

    assert len(queries_of(lambda: client.get("/api/tiers/"))) == len(few) == 3


def test_upload__asks_a_few_times(client: Client, organization: AbstractOrganization) -> None:
    # The first one counts what the organization has.
    assert post_file(client).status_code == 201

    with CaptureQueriesContext(connection) as context:
        assert post_file(client).status_code == 201

    # User, memberships, organization, role, what is used; in a transaction the row and the room
    # that it takes; the row as it is shown. On PostgreSQL also the schema, which owns the storage.
    assert len(context.captured_queries) <= 10 + (connection.vendor == "postgresql")
