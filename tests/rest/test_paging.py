"""Pages by number and by cursor: every row once, forth and back, whatever happens meanwhile."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
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


def make_equals(organization: AbstractOrganization, field: str) -> list[str]:
    """Make files of which three at a time have the same value in ``field``."""
    made = [
        make_file(organization, **{"name": "x.txt", "created_at": DAY} | FIELDS[field](n))
        for n in range(13)
    ]
    return [str(file.public_id) for file in made]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("field", FIELDS)
def test_cursor__walks_all_rows_forth_and_back(
    client: Client, organization: AbstractOrganization, field: str, sign: str
) -> None:
    made = make_equals(organization, field)
    query = f"/api/files/?ordering={sign}{field}"
    whole = ids(client.get(f"{query}&page_size=200").json())
    assert sorted(whole) == sorted(made)

    # Pages that end within equal rows and behind them; the last row alone; one page.
    for size in (2, 3, 12, 13):
        forth = list(pages(client, f"{query}&page_size={size}&cursor="))
        back = list(pages(client, forth[-2]["next"], "previous")) if len(forth) > 1 else forth

        assert [id for page in forth for id in ids(page)] == whole
        assert [id for page in reversed(back) for id in ids(page)] == whole
        assert set(forth[0]) == {"next", "previous", "results"}
        assert forth[0]["previous"] is None
        assert back[-1]["previous"] is None


@pytest.mark.parametrize(("field", "sign"), [("created_at", "-"), ("name", ""), ("size", "-")])
def test_cursor__neither_loses_nor_repeats_a_row_while_others_are_added_and_removed(
    client: Client, organization: AbstractOrganization, field: str, sign: str
) -> None:
    made = make_equals(organization, field)
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
    for number in range(5):
        make_organization(f"Branch {number % 2}", created_at=DAY)
        counters.record_download(file=make_file(organization), user=operator)

    for path, orderings in (
        ("organizations", ("name", "-created_at")),
        ("downloads", ("-downloaded_at",)),
    ):
        for ordering in orderings:
            query = f"/api/{path}/?ordering={ordering}"
            whole = ids(client.get(query).json())
            forth = list(pages(client, f"{query}&page_size=2&cursor="))
            assert len(whole) == (6 if path == "organizations" else 5)
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


def test_cursor_that_is_not_of_this_list__is_400(
    client: Client, organization: AbstractOrganization
) -> None:
    make_files(organization, 2)
    url = client.get("/api/files/?cursor=&page_size=1").json()["next"]
    good = parse_qs(urlsplit(url).query)["cursor"][0]
    assert client.get("/api/files/", {"cursor": good}).status_code == 200

    purpose = "org_files.File -created_at"
    for cursor in (
        "zzz",
        urlsafe_b64encode(b"p=abc").decode(),
        good[:-1] + "A" * (good[-1] != "A") + "B" * (good[-1] == "A"),
        # Sealed while the site's models were others.
        seal("[", purpose=purpose),
        seal('[false,"abc",1]', purpose=purpose),
        seal("[false,null,1]", purpose=purpose),
        seal(f'[false,"{DAY}","abc"]', purpose=purpose),
        seal(f'[false,"{DAY}",1,1]', purpose=purpose),
    ):
        response = client.get("/api/files/", {"cursor": cursor})
        assert (response.status_code, list(response.json())) == (400, ["cursor"]), cursor
    # Another ordering, another list.
    for path in ("files/?ordering=created_at", "organizations/?ordering=-created_at"):
        assert client.get(f"/api/{path}&cursor={good}").status_code == 400, path


def test_cursor_beside_a_page__is_400(client: Client) -> None:
    assert client.get("/api/files/", {"cursor": "", "page": "1"}).status_code == 400


def test_cursor_of_somebody_else__shows_nothing_more(
    client: Client, stranger: Any, organization: AbstractOrganization
) -> None:
    make_files(organization, 3)
    url = client.get("/api/files/?cursor=&page_size=1").json()["next"]

    assert signed_in(stranger).get(url).json()["results"] == []
