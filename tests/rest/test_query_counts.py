"""Numbers of queries: the same for many rows as for one."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files import counters
from org_files.testing.factories import (
    join,
    make_file,
    make_link,
    make_organization,
    make_stored_file,
    make_tier,
    make_user,
    subscribe,
)
from tests.pictures.stored import make_picture
from tests.rest.requests import browser_of, post_file, signed_in


def queries_of(client, url, **headers):
    with CaptureQueriesContext(connection) as context:
        response = client.get(url, headers=headers)
        response.getvalue()
    assert response.status_code in (200, 206), response.content
    return [query["sql"] for query in context.captured_queries]


def test_long_list__asks_as_often_as_a_short_one(client, user, admin, organization):
    paths = {
        "files": client,
        "organizations": client,
        "downloads": client,
        f"users/{user.pk}/downloads": client,
        f"organizations/{organization.pk}/files": client,
        f"organizations/{organization.pk}/downloads": signed_in(admin),
        "tiers": client,
        "links": client,
    }

    def count_with(more):
        for _ in range(more):
            file = make_file(organization, make_user())
            counters.record_download(file=file, user=user)
            removed = make_file(organization)
            counters.record_download(file=removed, user=user)
            removed.delete()
            join(make_organization(), user)
            make_link(make_file(organization, user))
            make_tier()
        return {
            f"{path}/?page_size=200{paging}": len(
                queries_of(who, f"/api/{path}/?page_size=200{paging}")
            )
            for path, who in paths.items()
            for paging in ("", "&cursor=")
        }

    few = count_with(1)
    assert count_with(2) == few
    for path, queries in few.items():
        # Who it is, whether they may, the organization; the count and the page. Of downloads too:
        # the files, removed ones and organizations whose names the reader may see.
        assert queries <= (8 if "downloads/?" in path else 5), path


def test_plain_download__is_the_login_and_one_statement(user, organization):
    url = f"/api/files/{make_stored_file(organization).public_id}/content/"

    by_token = queries_of(signed_in(user), url)
    by_session = queries_of(browser_of(user), url)

    # The session and the user. On PostgreSQL the statement reads the user of a token.
    statements = by_session[2:]
    if connection.vendor == "postgresql":
        assert len(by_token) == len(statements) == 1
        assert by_token[0].startswith("WITH")
        assert "accounts_user" in by_token[0]
    else:
        assert "accounts_user" in by_token[0]
        assert len(by_token) == 1 + len(statements)
        written = [sql for sql in statements if sql.startswith("INSERT")]
        assert len(written) == 2
        assert len([sql for sql in statements if sql.startswith("SELECT")]) == 1


def test_later_part_and_height_that_is_there__are_read_by_three_statements(client, organization):
    subscribe(organization)
    for path in (
        f"{make_stored_file(organization).public_id}/content/",
        f"{make_picture(organization).public_id}/renditions/200/",
    ):
        queries_of(client, f"/api/files/{path}", Range="bytes=0-1")

        # Who it is, the file with its tier; the download under way, or the height.
        queries = queries_of(client, f"/api/files/{path}", Range="bytes=2-3")
        assert [sql[:6] for sql in queries] == ["SELECT"] * 3


def test_upload__asks_a_few_times(client, organization):
    # The first one counts what the organization has.
    assert post_file(client).status_code == 201

    with CaptureQueriesContext(connection) as context:
        assert post_file(client).status_code == 201

    # User, organization, role, tier; in a transaction the row and the room that it takes. On
    # PostgreSQL also the schema, which owns the storage.
    assert len(context.captured_queries) <= 8 + (connection.vendor == "postgresql")
