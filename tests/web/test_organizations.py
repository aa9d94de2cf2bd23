"""Pages of organizations: list, usage, change, deletion, and downloads."""

import re

import pytest

from org_files import counters, get_organization_model
from org_files.models import Role
from org_files.testing.factories import (
    join,
    make_file,
    make_organization,
    make_stored_file,
    make_user,
    subscribe,
)
from tests.web.pages import queries_of, text_of

pytestmark = pytest.mark.django_db

ORGANIZATIONS = "/library/organizations/"


def test_organization_is_created_by_those_whom_the_site_lets(client, organization_member, settings):
    client.force_login(organization_member)

    assert "New organization" in text_of(client.get(ORGANIZATIONS))
    created = client.post(ORGANIZATIONS, {"name": "New"})
    refused = client.post(ORGANIZATIONS, {"name": "", "description": "kept"})

    new = get_organization_model().objects.get(name="New")
    assert created.headers["Location"] == f"{ORGANIZATIONS}{new.pk}/"
    assert refused.status_code == 400
    assert "kept" in text_of(refused)
    settings.ORG_FILES = {"ORGANIZATION_CREATION": "operators"}
    assert "New organization" not in text_of(client.get(ORGANIZATIONS))
    assert client.post(ORGANIZATIONS, {"name": "Another"}).status_code == 403


def test_list_is_searched_and_sorted(client, operator):
    for name in ("Acme", "Globex"):
        make_organization(name)
    client.force_login(operator)

    found = text_of(client.get(f"{ORGANIZATIONS}?search=glob&ordering=-download_count"))
    none = text_of(client.get(f"{ORGANIZATIONS}?search=nothing&ordering="))

    assert "Globex" in found
    assert "Acme" not in found
    assert "No organization is found." in none


def test_page_shows_usage_within_the_quota(client, organization, organization_member):
    subscribe(organization, name="Large", quota_bytes=2048, quota_files=7)
    file = make_file(organization, content=b"x" * 512)
    for _ in range(3):
        counters.record_download(file=file)
    client.force_login(organization_member)

    page = text_of(client.get(f"{ORGANIZATIONS}{organization.pk}/"))

    assert '<meter min="0" max="2048" value="512"' in page
    assert re.search(r"512\sbytes of 2.0\sKB stored", page)
    assert "(at most 7, with the trash)" in page
    assert "<dd>Large</dd>" in page
    assert "Downloads per day: 3 downloads" in page
    assert re.search(r"Size of the downloads per day: 1.5\sKB", page)
    assert "Settings" not in page
    assert "delete" not in page


def test_sizes_are_added_up_for_as_many_days_as_a_page_can_bear(
    client, organization, organization_member, monkeypatch
):
    counters.record_download(file=make_file(organization))
    client.force_login(organization_member)
    monkeypatch.setattr("org_files.web.views.organizations.MAX_DOWNLOADS", 0)

    page = text_of(client.get(f"{ORGANIZATIONS}{organization.pk}/"))

    assert "Downloads per day: 1 download" in page
    assert "Size of the downloads" not in page


def test_admin_changes_and_deletes_an_empty_organization(client, organization, organization_admin):
    path = f"{ORGANIZATIONS}{organization.pk}/"
    file = make_stored_file(organization)
    client.force_login(organization_admin)

    assert 'value="Acme"' in text_of(client.get(path))
    client.post(path, {"name": "Acme & Co", "description": "Tools"})
    refused = client.post(f"{path}delete/")
    file.delete()
    deleted = client.post(f"{path}delete/")

    assert refused.status_code == 409
    assert "The organization still holds files." in text_of(refused)
    assert "Delete Acme &amp; Co" in text_of(refused)
    assert deleted.headers["Location"] == ORGANIZATIONS
    assert "Acme &amp; Co is deleted." in text_of(client.get(ORGANIZATIONS))


def test_downloads_name_people_and_links(client, organization, organization_admin):
    path = f"{ORGANIZATIONS}{organization.pk}/downloads/"
    client.force_login(organization_admin)
    assert "There are no downloads yet." in text_of(client.get(path))
    file = make_file(organization, name="plan.txt")
    counters.record_download(file=file, user=make_user("eve", first_name="Eve"))
    counters.record_download(file=file)

    page = text_of(client.get(path))

    assert page.count("plan.txt") == 2
    assert ">Eve" in page
    assert ">Unknown" in page


def test_pages_take_as_many_queries_for_many_rows_as_for_few(client, operator, organization):
    client.force_login(operator)

    def add(number):
        for _ in range(number):
            other = make_organization()
            user = make_user()
            join(organization, user, Role.MEMBER)
            join(other, user, Role.VIEWER)
            counters.record_download(file=make_file(organization, user), user=user)
            make_file(other, user)

    paths = [
        ORGANIZATIONS,
        *(f"{ORGANIZATIONS}{organization.pk}/{name}" for name in ("", "downloads/", "members/")),
        "/library/people/",
    ]
    add(1)
    few = [queries_of(client, path) for path in paths]
    add(29)

    assert [queries_of(client, path) for path in paths] == few
