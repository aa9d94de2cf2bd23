"""Pages by number and by cursor: every row once, forth and back, whatever happens meanwhile."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files import counters, get_file_model
from org_files.files import trash_file
from org_files.files.quotas import verify_usage
from org_files.rest import pagination
from org_files.rest.sealing import seal
from org_files.testing.factories import join, make_file, make_organization
from tests.rest.requests import post_file, signed_in

DAY = datetime(2024, 1, 1, tzinfo=UTC)
#: Values of which three rows each have the same.
FIELDS = {
    "created_at": lambda n: {"created_at": DAY + timedelta(microseconds=n // 3)},
    "name": lambda n: {"name": "aAbB\u00e4\u00e9zZ_-%"[n // 3] + ".txt"},
    "size": lambda n: {"content": b"x" * (n // 3)},
}


def make_files(organization, count, **fields):
    """Make files, each a second later than the one before; return their ids."""
    days = (DAY + timedelta(seconds=number) for number in range(count))
    return [str(make_file(organization, created_at=day, **fields).public_id) for day in days]


def make_equal(organization, field, n):
    values = {"name": "x.txt", "created_at": DAY} | FIELDS[field](n)
    return str(make_file(organization, **values).public_id)


def pages(client, url, towards="next"):
    while url:
        body = client.get(url).json()
        yield body
        url = body[towards]


def ids(*pages):
    return [row["id"] for page in pages for row in page["results"]]


def cursor_of(url):
    return parse_qs(urlsplit(url).query)["cursor"][0]


def assert_walked(client, query, size):
    """Assert that pages of ``size`` rows, forth and back, have the rows of one long page."""
    whole = ids(client.get(f"{query}&page_size=200").json())
    forth = list(pages(client, f"{query}&page_size={size}&cursor="))
    back = list(pages(client, forth[-2]["next"], "previous")) if len(forth) > 1 else forth
    assert ids(*forth) == ids(*reversed(back)) == whole
    assert set(forth[0]) == {"next", "previous", "results"}
    assert forth[0]["previous"] is back[-1]["previous"] is None
    return whole


def test_numbered_pages__are_linked_and_counted(client, organization):
    expected = make_files(organization, 7)

    first, second, third = pages(client, "/api/files/?page_size=3&ordering=created_at")

    assert ids(first, second, third) == expected
    assert [page["count"] for page in (first, second, third)] == [7, 7, 7]
    base = "http://testserver/api/files/?ordering=created_at"
    assert first["previous"] is third["next"] is None
    assert first["next"] == f"{base}&page=2&page_size=3"
    assert second["previous"] == f"{base}&page=1&page_size=3"
    assert client.get("/api/files/?page=2&page_size=3").json()["count"] == 7
    assert client.get("/api/files/?page=4&page_size=3").status_code == 404


@pytest.mark.parametrize("few", [1, 1_000])
def test_long_list__is_counted_up_to_a_limit_unless_totals_are_stored(
    user, admin, stranger, organization, monkeypatch, few
):
    monkeypatch.setattr(pagination, "COUNT_LIMIT", 2)
    monkeypatch.setattr(pagination, "FEW", few)
    clients = [signed_in(who) for who in (user, admin)]

    def counts(query="", path="files"):
        found = [client.get(f"/api/{path}/?page_size=2{query}").json() for client in clients]
        assert found[0]["count"] == found[1]["count"]
        return found[0]["count"], found[0]["count_is"]

    for number in range(1, 6):
        post_file(clients[0], name=f"{number}.txt")
        assert counts() == (number, "exact")
    assert counts(path=f"organizations/{organization.pk}/files") == (5, "exact")
    # Numbered pages go on beyond the limit.
    assert [counts(f"&page={page}&min_size=0") for page in (1, 2, 3)] == [(2, "at_least")] * 3
    assert counts("&search=4") == (1, "exact")
    first, second, third = get_file_model()._base_manager.order_by("pk")[:3]
    trash_file(file=first)
    get_file_model()._base_manager.filter(pk=second.pk).update(expires_at=DAY)
    assert counts() == (3, "exact")
    # Files without the service are in no total of organizations that have others, and of this one.
    for _ in range(3):
        make_file(join(make_organization(), user).organization)
    assert clients[0].get("/api/files/").json()["count_is"] == "at_least"
    assert counts(path=f"organizations/{organization.pk}/files") == (3, "exact")
    for number in range(4):
        counters.record_download(file=third)
        if number == 1:
            counters.fold()
    for path in (f"files/{third.public_id}", f"organizations/{organization.pk}"):
        found = clients[1].get(f"/api/{path}/downloads/?page_size=2").json()
        assert (found["count"], found["count_is"]) == (4, "exact")
    verify_usage(repair=True)
    assert clients[0].get("/api/files/?page_size=2").json()["count"] == 6


def test_links__keep_the_filters(client, organization):
    make_files(organization, 3, comment="50% & more")

    for paging in ("page=1", "cursor="):
        page = client.get(f"/api/files/?page_size=1&search=50%25+%26&format=json&{paging}").json()
        parameters = parse_qs(urlsplit(page["next"]).query)
        assert (parameters["search"], parameters["format"]) == (["50% &"], ["json"])
        assert client.get(page["next"]).json()["results"]


def test_page_size__is_50_by_default(client, organization):
    make_files(organization, 51)

    for query, size in (("", 50), ("?cursor=&page_size=200", 51)):
        assert len(ids(client.get(f"/api/files/{query}").json())) == size


@pytest.mark.parametrize(
    ("field", "ordering"),
    [
        *[("created_at", "-created_at"), ("name", "name"), ("size", "-size")],
        *[("downloads", "-download_count"), ("downloads", "download_count")],
        *[("downloads", "-last_downloaded_at"), ("downloads", "last_downloaded_at")],
        *[("downloads", "-last_downloaded_at,download_count"), ("name", "-size,name")],
    ],
)
def test_cursor__walks_all_rows_forth_and_back(client, user, organization, field, ordering):
    organizations = [organization, join(make_organization(), user).organization]
    if field == "downloads":
        made = make_downloaded(organizations)
    else:
        made = [make_equal(organizations[n % 2], field, n) for n in range(7)]

    # Pages that end within equal rows and behind them, the last row alone; and one page.
    for size in (2, 7) if field == "name" else (2,):
        assert set(assert_walked(client, f"/api/files/?ordering={ordering}", size)) == set(made)
    assert_numbered(client, f"/api/files/?ordering={ordering}", field)


def make_downloaded(organizations):
    """Make files with downloads folded, pending, both and none; return their ids."""
    files = [make_file(organizations[number % 2]) for number in range(8)]
    for number in (0, 1, 1, 2, 2, 3):
        counters.record_download(file=files[number])
    counters.fold()
    for number in (1, 4, 5, 5, 5):
        counters.record_download(file=files[number])
    return [str(file.public_id) for file in files]


def assert_numbered(client, query, field):
    """Assert that numbered pages have the rows of one long page, which has them in order."""
    whole = client.get(f"{query}&page_size=200").json()["results"]
    numbers = range(1, (len(whole) + 1) // 2 + 1)
    numbered = [client.get(f"{query}&page_size=2&page={n}").json()["results"] for n in numbers]
    assert list(chain(*numbered)) == whole
    if field == "downloads":
        ordering = query.partition("=")[2].partition(",")[0]
        values = [row[ordering.removeprefix("-")] for row in whole]
        known = [value for value in values if value is not None]
        assert values[: len(known)] == sorted(known, reverse=ordering.startswith("-"))


@pytest.mark.postgresql
def test_order_by_totals__reads_a_page_of_files_by_an_index(client, organization):
    template = make_file(organization)
    rows = (
        get_file_model()(
            **{
                name: getattr(template, name) for name in ("organization", "name", "sha256", "size")
            },
            content=f"key {number}",
            folded_download_count=number % 7,
            folded_last_downloaded_at=DAY + timedelta(number) if number % 2 else None,
        )
        for number in range(2000)
    )
    get_file_model()._base_manager.bulk_create(rows)
    counters.record_download(file=template)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    for ordering in ("download_count", "last_downloaded_at"):
        for url in (f"?ordering={ordering}", f"?ordering=-{ordering}&cursor="):
            with CaptureQueriesContext(connection) as queries:
                page = client.get(f"/api/files/{url}&page_size=5").json()
                client.get(page["next"])
            merged = [q["sql"] for q in queries if "UNION ALL" in q["sql"]]
            assert len(merged) == 2
            with connection.cursor() as cursor:
                for sql in merged:
                    cursor.execute(f"EXPLAIN {sql}")
                    plan = str(cursor.fetchall())
                    assert "Seq Scan on org_files_file " not in plan, plan


def test_cursor_of_organizations_and_downloads__walks_all_rows(operator, organization):
    client = signed_in(operator)
    for number in range(5):
        make_organization(f"Branch {number % 2}", created_at=DAY)
        counters.record_download(file=make_file(organization), user=operator)

    for path, count in (
        ("organizations/?ordering=name", 6),
        ("downloads/?ordering=-downloaded_at", 5),
    ):
        assert len(assert_walked(client, f"/api/{path}", 2)) == count


def test_cursor__neither_loses_nor_repeats_a_row_while_others_are_added_and_removed(
    client, organization
):
    made = [make_equal(organization, "name", n) for n in range(7)]
    query = "/api/files/?ordering=name"
    last = url = f"{query}&page_size=3&cursor="
    seen = []
    for number, page in enumerate(pages(client, url)):
        seen += ids(page)
        # Before, among and behind what was seen; equal to it, too.
        for n in (0, number):
            make_equal(organization, "name", n)
        # What was seen may go without harm to the rest.
        if page["next"]:
            get_file_model()._base_manager.filter(public_id=ids(page)[-1]).delete()
            last = page["next"]
        assert len(seen) < 200
    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)

    met = ids(*reversed(list(pages(client, last, "previous"))))
    assert met == ids(client.get(f"{query}&page_size=200").json())[: len(met)]


@pytest.mark.parametrize("query", ["ordering=name&search=x", "ordering=name"])
def test_cursor__loses_no_row_while_the_last_of_a_page_is_renamed(
    client, user, organization, query
):
    organizations = [organization, join(make_organization(), user).organization]
    for number in range(6):
        make_file(organizations[number % 2], name=f"{number}.txt", comment="x")
    renamed = []

    def rename(execute, sql, *arguments):
        if "content_type" in sql and not renamed:  # The statement that reads whole rows.
            renamed.append(sql)
            get_file_model()._base_manager.filter(name="1.txt").update(name="9.txt")
        return execute(sql, *arguments)

    with connection.execute_wrapper(rename):
        walked = list(pages(client, f"/api/files/?{query}&page_size=2&cursor="))
    names = [row["name"] for page in walked for row in page["results"]]
    assert renamed
    assert set(names) >= {"0.txt", "2.txt", "3.txt", "4.txt", "5.txt"}


def test_cursor__does_not_count(client, organization):
    make_files(organization, 3)
    url = client.get("/api/files/?cursor=&page_size=2").json()["next"]

    with CaptureQueriesContext(connection) as queries:
        client.get(url)

    assert not any("COUNT(*) AS" in query["sql"] for query in queries)
    assert not any(" OFFSET " in query["sql"] for query in queries)


def test_cursor_that_the_list_does_not_take__is_400(client, organization):
    make_files(organization, 2)
    good = cursor_of(client.get("/api/files/?cursor=&page_size=1").json()["next"])
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
    for path, cursor, at_fault in (
        ("files/?ordering=created_at", good, "cursor"),
        ("organizations/?ordering=-created_at", good, "cursor"),
        ("files/?page=1", "", "cursor"),
        ("files/?ordering=download_count", good, "cursor"),
        ("files/?ordering=-created_at,size", good, "cursor"),
        ("files/?ordering=owner", "", "ordering"),
    ):
        response = client.get(f"/api/{path}&cursor={cursor}")
        assert (response.status_code, list(response.json())) == (400, [at_fault]), path


def test_field_that_is_named_again__does_not_turn_the_order_of_equal_rows(client, organization):
    for number in range(3):
        make_equal(organization, "name", number)
    first, second = (
        client.get(f"/api/files/?ordering={ordering}&cursor=&page_size=1").json()
        for ordering in ("name", "name,-name")
    )
    assert ids(first) == ids(second)
    assert cursor_of(first["next"]) == cursor_of(second["next"])


def test_cursor_of_another_user__shows_nothing_more(client, stranger, organization):
    make_files(organization, 3)
    url = client.get("/api/files/?cursor=&page_size=1").json()["next"]

    assert ids(signed_in(stranger).get(url).json()) == []
