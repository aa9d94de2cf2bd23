"""The library: its list, filters, orders and views."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from django.utils import timezone

from org_files.testing.factories import (
    join,
    make_file,
    make_organization,
    make_tier,
    make_user,
    subscribe,
)
from org_files.web.views.file_list import LibraryPage

pytestmark = pytest.mark.django_db


class InvoicesPage(LibraryPage):
    fixed = {"resource": "invoice"}


urlpatterns = [
    path("library/", include("org_files.web.urls")),
    path("invoices/", InvoicesPage.as_view()),
]


@pytest.fixture
def member(client, organization_member):
    client.force_login(organization_member)
    return organization_member


def found(client, query=""):
    """Return the names in the list, in its order."""
    answer = client.get(f"/library/?{query}")
    assert answer.status_code == 200, answer.content
    return [row.file.name for row in answer.context["rows"]]


def test_filters__are_those_of_the_form(client, member, organization):
    other = make_organization("Globex")
    join(other, member)
    day = datetime(2024, 1, 31, 23, 30, tzinfo=UTC)
    make_file(organization, member, name="a.png", content_type="image/png", created_at=day)
    make_file(organization, name="b.txt", content_type="text/plain", comment="Holiday")
    make_file(other, name="c.mp3", content_type="audio/mpeg", is_public=True, size=3 * 1024**2)

    for query, expected in (
        ("", ["c.mp3", "b.txt", "a.png"]),
        ("search=holiday", ["b.txt"]),
        (f"organization={other.pk}", ["c.mp3"]),
        ("kind=picture", ["a.png"]),
        ("kind=document&search=&owner=&min_size=", ["b.txt"]),
        (f"owner={member.pk}", ["a.png"]),
        ("is_public=true", ["c.mp3"]),
        # Both days are within.
        ("created_after=2024-01-31&created_before=2024-01-31", ["a.png"]),
        ("created_after=2024-02-01", ["c.mp3", "b.txt"]),
        ("created_before=2024-01-30", []),
        ("min_size=1048576", ["c.mp3"]),
        ("max_size=10", ["b.txt", "a.png"]),
        ("ordering=name", ["a.png", "b.txt", "c.mp3"]),
    ):
        assert found(client, query) == expected, query


@pytest.mark.parametrize(
    "query",
    [
        *("created_after=2024-02-31", "created_before=9999-12-31", "kind=song", "min_size=big"),
        "created_after=0001-01-01",
        *("ordering=owner", "color=red", "search=a&search=b", "cursor=zzz"),
    ],
)
def test_malformed_parameter__is_refused(client, member, query):
    assert client.get(f"/library/?{query}").status_code == 400


def test_day__is_one_of_the_zone_of_the_site(client, member, organization, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    make_file(organization, created_at=datetime(2024, 1, 31, 16, tzinfo=UTC))

    assert found(client, "created_after=2024-02-01&created_before=2024-02-01")
    assert not found(client, "created_before=2024-01-31")


def test_form__shows_what_is_chosen_and_the_only_organization_is_no_choice(client, member):
    page = client.get("/library/?search=%22x%22&kind=audio&min_size=5&ordering=-size")

    text = page.content.decode()
    assert 'value="&quot;x&quot;"' in text
    assert '<option value="audio" selected>' in text
    assert '<option value="5" selected>' in text
    assert '<option value="-size" selected>' in text
    assert 'name="organization"' not in text.partition('role="search"')[2]
    # Nothing was found, which is another matter than nothing there.
    assert 'href="/library/?ordering=-size">Clear the filters' in text


def test_parameters_that_are_no_fields__are_kept_by_the_form(client, member, organization):
    make_file(organization, name="a.pdf", resource="invoice", resource_id="7")
    make_file(organization, deleted_at=timezone.now())

    page = client.get("/library/?resource=invoice&page_size=10&view=grid&trashed=true")

    assert [row.file.name for row in page.context["rows"]] == ["a.pdf"]
    assert page.context["unfiltered_url"] == "/library/?page_size=10&view=grid"
    text = page.content.decode()
    assert '<input type="hidden" name="resource" value="invoice">' in text
    assert '<input type="hidden" name="page_size" value="10">' in text


def test_select_all__holds_for_one_page(client, member, organization):
    for _ in range(3):
        make_file(organization)

    page = client.get("/library/?page_size=2&selected=page")

    assert page.content.count(b" checked>") == 2
    assert "selected" not in page.context["pages"].get_next_link()


def test_view__is_remembered_in_the_session(client, member, organization):
    make_file(organization, name="a.pdf")

    assert b"<table" in client.get("/library/").content
    assert b'<ul class="of-grid">' in client.get("/library/?view=grid").content
    assert b'<ul class="of-grid">' in client.get("/library/").content
    assert b"<table" in client.get("/library/?view=list&search=a").content
    assert b"<table" in client.get("/library/?view=other").content


def test_heads__sort_by_their_column_and_then_the_other_way(client, member, organization):
    make_file(organization)

    text = client.get("/library/?ordering=-size&search=report").content.decode()

    assert 'aria-sort="descending"><a href="/library/?search=report&amp;ordering=size"' in text
    assert '<a href="/library/?search=report&amp;ordering=name"' in text


def test_pages__follow_one_another_without_the_host(client, member, organization):
    for number in range(3):
        make_file(organization, name=f"{number}.pdf")

    first = client.get("/library/?ordering=name&page_size=2")
    address = first.context["pages"].get_next_link()
    second = client.get(address)

    assert address.startswith("/library/?")
    assert [row.file.name for row in second.context["rows"]] == ["2.pdf"]
    assert second.context["count"] == 3
    # An empty page leads to the first one.
    second.context["rows"][0].file.delete()
    assert client.get(address).headers["Location"] == "/library/?ordering=name&page_size=2"


def test_rows__say_what_a_file_is(client, member, organization):
    soon = timezone.now() + timedelta(days=1)
    picture = make_file(
        organization, member, name="a.png", content_type="image/png", is_public=True
    )
    make_file(organization, name="b.tar", content_type="application/x-tar", expires_at=soon)

    text = client.get("/library/").content.decode()

    assert f'src="/library/files/{picture.public_id}/preview/200/" alt="" loading="lazy"' in text
    assert text.count('<span class="of-badge">Public</span>') == 1
    assert f'datetime="{soon.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"' in text
    assert 'aria-hidden="true">TAR</span>' in text
    assert member.get_username() in text


def test_buttons__are_those_of_the_rights(client, organization, organization_viewer):
    subscribe(organization, make_tier(allow_original=False, allow_links=False))
    picture = make_file(organization, content_type="image/png", name="a.png")
    client.force_login(organization_viewer)

    def buttons():
        text = client.get("/library/").content.decode()
        file = f"/library/files/{picture.public_id}/"
        texts = {"upload": 'name="file"', "trash": 'name="trash"', "all": 'value="trash"'}
        texts |= {"download": f'"{file}content/"', "share": f'"{file}#of-links"'}
        return {name for name, each in texts.items() if each in text}

    assert buttons() == set()
    client.force_login(join(organization, make_user("admin"), "admin").user)
    assert buttons() == {"upload", "trash", "all"}
    subscribe(organization, make_tier(allow_links=True))
    assert buttons() == {"upload", "trash", "all", "download", "share"}


def test_gauge__is_of_the_organization_that_is_chosen(client, member, organization):
    subscribe(organization, make_tier(quota_bytes=4096))
    make_file(organization, size=1024)

    text = client.get("/library/").content.decode()
    assert '<meter min="0" max="4096" value="1024"' in text

    join(make_organization("Globex"), member)
    assert "<meter" not in client.get("/library/").content.decode()
    assert "<meter" in client.get(f"/library/?organization={organization.pk}").content.decode()


def test_empty_list__says_what_to_do(client, member, outsider, organization, settings):
    assert b'href="#of-uploader"' in client.get("/library/").content
    assert b"Clear the filters" in client.get("/library/?kind=audio").content

    client.force_login(make_user("newcomer"))
    assert b'href="/library/organizations/">' in client.get("/library/").content
    settings.ORG_FILES = {"ORGANIZATION_CREATION": "operators"}
    assert b"Ask the admin of one" in client.get("/library/").content


def test_all_pages_as_zip__is_offered_up_to_its_limit(client, member, organization, monkeypatch):
    for _ in range(3):
        make_file(organization)
    button = b"Download all 3 files as ZIP"

    assert button not in client.get("/library/").content
    assert button in client.get("/library/?page_size=2").content
    monkeypatch.setattr("org_files.web.views.listing.MAX_SELECTED", 2)
    assert button not in client.get("/library/?page_size=2").content


def test_page_of_a_site__has_parameters_that_always_hold(client, member, organization, settings):
    settings.ROOT_URLCONF = __name__
    for number in range(2):
        make_file(organization, name=f"{number}.pdf", resource="invoice", resource_id="7")
    make_file(organization, name="other.pdf")

    page = client.get("/invoices/?page_size=1&ordering=name")

    assert [row.file.name for row in page.context["rows"]] == ["0.pdf"]
    assert page.context["list_query"] == "page_size=1&ordering=name&resource=invoice"
    assert b'<input type="hidden" name="next" value="/invoices/">' in page.content
    assert client.get("/invoices/?resource=order").status_code == 400


def test_count__is_a_stored_total_beyond_those_that_are_counted(
    client, member, organization, monkeypatch
):
    monkeypatch.setattr("org_files.web.views.listing.FEW", 1)
    for _ in range(2):
        make_file(organization)

    # Of files that were never counted there is no total.
    assert b"More than 1 file" in client.get("/library/").content
    monkeypatch.setattr(
        "org_files.rest.views.files.FileListView.stored_count", lambda _view: 12_345
    )
    assert b"12345 files" in client.get("/library/").content


@pytest.mark.parametrize("view", ["list", "grid"])
def test_queries__are_as_many_for_a_thousand_files_as_for_one(client, member, organization, view):
    def queries():
        with CaptureQueriesContext(connection) as context:
            assert client.get(f"/library/?view={view}").status_code == 200
        return len(context)

    fields = {"content_type": "image/png", "is_public": True}
    first = make_file(organization, make_user(), **fields)
    client.get(f"/library/?view={view}")  # which the session remembers
    few = queries()
    owners = [make_user() for _ in range(30)]
    rows = [
        type(first)(
            organization=organization,
            owner=owners[number % len(owners)],
            name=f"{number}.png",
            content=f"{number}",
            size=1,
            sha256=first.sha256,
            **fields,
        )
        for number in range(999)
    ]
    type(first)._base_manager.bulk_create(rows)

    assert queries() == few
