"""Pages by number and by cursor: every row once, forth and back, whatever happens meanwhile."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files import counters, get_file_model
from org_files.models import AbstractOrganization
from org_files.rest.sealing import seal
from org_files.testing.factories import make_file, make_organization
from tests.rest.requests import signed_in

DAY = datetime(2024, 1, 1, tzinfo=UTC)


def make_files(organization: AbstractOrganization, count: int, **fields: Any) -> list[str]:
    return [
        str(
            make_file(
                organization,
                **{"name": f"{number:03}.txt", "created_at": DAY + timedelta(seconds=number)}
                | fields,
            ).public_id
        )
        for number in range(count)
    ]


def pages(client: Client, url: str, towards: str = "next") -> Iterator[dict[str, Any]]:
    while url:
        body = client.get(url).json()
        yield body
        url = body[towards]


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["results"]]


def test_numbered_pages__are_linked_and_counted(
    client: Client, organization: AbstractOrganization
) -> None:
    expected = make_files(organization, 7)

    first, second, third = pages(client, "/api/files/?page_size=3&ordering=created_at")

    assert ids(first) + ids(second) + ids(third) == expected
    assert [page["count"] for page in (first, second, third)] == [7, 7, 7]
    base = "http://testserver/api/files/"
    assert first["previous"] is None
    assert first["next"] == f"{base}?ordering=created_at&page=2&page_size=3"
    assert second["previous"] == f"{base}?ordering=created_at&page=1&page_size=3"
    assert second["next"] == f"{base}?ordering=created_at&page=3&page_size=3"
    assert third["next"] is None


def test_links__keep_the_filters(client: Client, organization: AbstractOrganization) -> None:
    make_files(organization, 3, comment="50% & more")

    for paging in ("page=1", "cursor="):
        page = client.get(f"/api/files/?page_size=1&search=50%25+%26&format=json&{paging}").json()
        parameters = parse_qs(urlsplit(page["next"]).query)
        assert parameters["search"] == ["50% &"]
        assert parameters["format"] == ["json"]
        assert client.get(page["next"]).json()["results"]


def test_page_sizes__are_50_by_default_and_200_at_most(
    client: Client, organization: AbstractOrganization
) -> None:
    make_files(organization, 60)

    assert len(client.get("/api/files/").json()["results"]) == 50
    assert len(client.get("/api/files/?cursor=").json()["results"]) == 50
    assert len(client.get("/api/files/?page_size=200").json()["results"]) == 60
    assert client.get("/api/files/?page=2").json()["count"] == 60
    assert client.get("/api/files/?page=3").status_code == 404


FIELDS = {
    "created_at": lambda n: {"created_at": DAY + timedelta(microseconds=n // 3)},
    "name": lambda n: {"name": "aAbB\u00e4\u00e9zZ_-%"[n // 3] + ".txt"},
    "size": lambda n: {"content": b"x" * (n // 3)},
}


@pytest.fixture(params=FIELDS)
def equals(request: Any, organization: AbstractOrganization) -> tuple[str, list[str]]:
    """A field to order by, and files of which three at a time have the same value in it."""
    made = [
        make_file(organization, **{"name": "x.txt", "created_at": DAY} | FIELDS[request.param](n))
        for n in range(22)
    ]
    return request.param, [str(file.public_id) for file in made]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 21, 22, 23])
def test_cursor__walks_all_rows_forth_and_back(
    client: Client, equals: tuple[str, list[str]], sign: str, size: int
) -> None:
    field, made = equals
    whole = ids(client.get(f"/api/files/?ordering={sign}{field}&page_size=200").json())

    forth = list(pages(client, f"/api/files/?ordering={sign}{field}&page_size={size}&cursor="))
    back = list(pages(client, forth[-2]["next"], "previous")) if len(forth) > 1 else forth

    assert sorted(whole) == sorted(made)
    assert [id for page in forth for id in ids(page)] == whole
    assert [id for page in reversed(back) for id in ids(page)] == whole
    assert set(forth[0]) == {"next", "previous", "results"}
    assert forth[0]["previous"] is None
    assert back[-1]["previous"] is None


@pytest.mark.parametrize("sign", ["", "-"])
def test_cursor__neither_loses_nor_repeats_a_row_while_others_are_added_and_removed(
    client: Client, organization: AbstractOrganization, equals: tuple[str, list[str]], sign: str
) -> None:
    field, made = equals
    url = f"/api/files/?ordering={sign}{field}&page_size=3&cursor="
    seen: list[str] = []
    last = url
    for number, page in enumerate(pages(client, url)):
        seen += ids(page)
        # Before, among and behind what was seen; equal to it, too.
        for n in (0, number, 21):
            make_file(organization, **{"name": "x.txt", "created_at": DAY} | FIELDS[field](n))
        # What was seen may go without harm to the rest.
        if page["next"]:
            get_file_model()._base_manager.filter(public_id=ids(page)[-1]).delete()
            last = page["next"]
        if len(seen) > 200:
            break
    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)

    whole = ids(client.get(f"/api/files/?ordering={sign}{field}&page_size=200").json())
    back = list(pages(client, last, "previous"))
    met = [id for page in reversed(back) for id in ids(page)]
    assert met == whole[: len(met)]
    assert met[-1] == ids(back[0])[-1]


def test_cursor__does_not_count(client: Client, organization: AbstractOrganization) -> None:
    make_files(organization, 5)
    url = client.get("/api/files/?cursor=&page_size=2").json()["next"]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(url)

    assert not any("COUNT(*) AS" in query["sql"] for query in queries)
    assert not any(" OFFSET " in query["sql"] for query in queries)


def test_cursor_of_organizations_and_downloads__walks_all_rows(
    operator: Any, organization: AbstractOrganization
) -> None:
    client = signed_in(operator)
    for number in range(7):
        make_organization(f"Branch {number % 3}", created_at=DAY)
        counters.record_download(file=make_file(organization), user=operator)

    for path, orderings in (
        ("organizations", ("name", "-name", "created_at", "-created_at")),
        ("downloads", ("downloaded_at", "-downloaded_at")),
    ):
        for ordering in orderings:
            query = f"/api/{path}/?ordering={ordering}"
            whole = ids(client.get(query).json())
            forth = list(pages(client, f"{query}&page_size=2&cursor="))
            assert len(whole) == (8 if path == "organizations" else 7)
            assert [id for page in forth for id in ids(page)] == whole
            back = list(pages(client, forth[-2]["next"], "previous"))
            assert [id for page in reversed(back) for id in ids(page)] == whole


@pytest.mark.parametrize(
    ("path", "ordering"),
    [
        ("files", "download_count"),
        ("files", "-last_downloaded_at"),
        ("files", "name,size"),
        ("files", "name,name"),
        ("organizations", "download_count"),
    ],
)
def test_cursor_by_another_ordering__is_400(client: Client, path: str, ordering: str) -> None:
    response = client.get(f"/api/{path}/", {"cursor": "", "ordering": ordering})

    assert response.status_code == 400
    assert list(response.json()) == ["ordering"]


def test_cursor_beside_a_page__is_400(client: Client) -> None:
    assert client.get("/api/files/", {"cursor": "", "page": "1"}).status_code == 400


BY_DATE = "org_files.File -created_at"


def sealed(value: Any, purpose: str = BY_DATE) -> str:
    """Return a cursor as this site makes them."""
    return seal(value if isinstance(value, str) else json.dumps(value), purpose=purpose)


AT = DAY.isoformat()
BROKEN: dict[str, Callable[[], str]] = {
    "no base64": lambda: "zzz",
    "one letter": lambda: "a",
    "of Django REST framework": lambda: urlsafe_b64encode(b"p=abc").decode(),
    "of an older version": lambda: urlsafe_b64encode(b'["-created_at",false,"a",1]').decode(),
    "other alphabet": lambda: "++//",
    "not ASCII": lambda: "\uff21\uff21",
    "for another purpose": lambda: sealed([False, AT, 1], "other"),
    "of another model": lambda: sealed([False, AT, 1], "org_files.Organization -created_at"),
    "of another ordering": lambda: sealed([False, AT, 1], "org_files.File created_at"),
    "no JSON": lambda: sealed("["),
    "empty": lambda: sealed(""),
    "empty array": lambda: sealed([]),
    "object": lambda: sealed({"a": 1, "b": 2, "c": 3}),
    "number": lambda: sealed(1),
    "null": lambda: sealed(None),
    "deep": lambda: sealed("[" * 2000),
    "too many": lambda: sealed([False, AT, 1, 1]),
    "no direction": lambda: sealed([0, AT, 1]),
    "no moment": lambda: sealed([False, "abc", 1]),
    "number for a moment": lambda: sealed([False, 1, 1]),
    "null for a moment": lambda: sealed([False, None, 1]),
    "moment without zone": lambda: sealed([False, "2024-01-01T00:00:00", 1]),
    "no key": lambda: sealed([False, AT, "abc"]),
    "large key": lambda: sealed([False, AT, 10**30]),
}


@pytest.mark.parametrize("cursor", BROKEN.values(), ids=BROKEN)
def test_broken_cursor__is_400(client: Client, cursor: Callable[[], str]) -> None:
    response = client.get("/api/files/", {"cursor": cursor()})

    assert response.status_code == 400
    assert list(response.json()) == ["cursor"]
    assert client.get("/api/files/", {"cursor": sealed([False, AT, 1])}).status_code == 200


@pytest.mark.parametrize(
    ("ordering", "value"),
    [
        ("size", "abc"),
        ("size", 10**30),
        ("size", None),
        ("name", 1),
        ("name", "a\x00b"),
    ],
)
def test_cursor_with_a_value_of_another_kind__is_400(
    client: Client, ordering: str, value: Any
) -> None:
    cursor = sealed([False, value, 1], f"org_files.File {ordering}")

    assert client.get("/api/files/", {"cursor": cursor, "ordering": ordering}).status_code == 400


def test_changed_cursor__is_400(client: Client, organization: AbstractOrganization) -> None:
    make_files(organization, 2)
    cursor = cursor_in(client.get("/api/files/?cursor=&page_size=1").json()["next"])

    changed = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        for place in range(len(cursor))
    ]
    for text in [*changed, cursor[:-4], cursor + "AAAA", cursor + "=", cursor * 2]:
        assert client.get("/api/files/", {"cursor": text}).status_code == 400
    assert client.get("/api/files/", {"cursor": cursor}).status_code == 200


def test_cursor__tells_nothing_of_the_row(
    client: Client, organization: AbstractOrganization
) -> None:
    made = make_files(organization, 3)
    urls = [client.get(f"/api/files/?cursor=&page_size={size}").json()["next"] for size in (1, 2)]

    first, second = (urlsafe_b64decode(cursor_in(url)) for url in urls)

    # Had they a key stream in common, the bytes of what they share would be equal.
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 20
    for data in (first, second):
        for told in (b"created_at", b"false", b"2024-01-01", *(id.encode() for id in made)):
            assert told not in data
        assert len(zlib.compress(data)) >= len(data)


def test_cursors__are_as_long_as_one_another(
    client: Client, organization: AbstractOrganization
) -> None:
    for name in ("a", "b" * 60, "c"):
        make_file(organization, name=name)
    forth = list(pages(client, "/api/files/?cursor=&page_size=1&ordering=name"))

    assert len({len(cursor_in(page["next"])) for page in forth[:-1]}) == 1


def test_cursor_of_a_key_that_was_replaced__is_good_while_that_is_a_fallback(
    client: Client, organization: AbstractOrganization, settings: Any
) -> None:
    made = make_files(organization, 2)
    url = client.get("/api/files/?cursor=&page_size=1").json()["next"]
    client.logout()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-with-more-than-thirty-two-bytes"
    again = signed_in(get_user_model()._default_manager.get())

    assert again.get(url).status_code == 400
    settings.SECRET_KEY_FALLBACKS = [old]
    assert ids(again.get(url).json()) == [made[0]]


def cursor_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["cursor"][0]


def test_cursor_of_somebody_else__shows_nothing_more(
    client: Client, stranger: Any, organization: AbstractOrganization
) -> None:
    make_files(organization, 3)
    url = client.get("/api/files/?cursor=&page_size=1").json()["next"]

    assert signed_in(stranger).get(url).json()["results"] == []
