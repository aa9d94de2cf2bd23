"""The page of one's own downloads, and of those of others."""

import pytest

from org_files import counters
from org_files.models import Role
from org_files.testing.factories import (
    join,
    make_organization,
    make_stored_file,
    make_user,
)
from tests.web.pages import browser_of, queries_of, text_of

pytestmark = pytest.mark.django_db

URL = "/library/downloads/"


def people_of(user):
    return [name for _key, name in browser_of(user).get(URL).context["people"]]


def test_my_downloads__are_newest_first(organization, organization_member):
    browser = browser_of(organization_member)
    assert "There are no downloads yet." in text_of(browser.get(URL))
    files = [make_stored_file(organization, name=f"{name}.txt") for name in "ab"]
    for file in files:
        counters.record_download(file=file, user=organization_member)
        counters.record_download(file=file, user=make_user())

    def names(query=""):
        return [row.file_name for row in browser.get(f"{URL}{query}").context["downloads"]]

    assert names() == ["b.txt", "a.txt"]
    assert names("?ordering=downloaded_at") == ["a.txt", "b.txt"]
    page = text_of(browser.get(URL))
    assert f'href="/library/files/{files[0].public_id}/"' in page
    assert "Acme" in page


def test_file_that_one_cannot_see_now__has_no_name_and_no_link(organization, outsider):
    file = make_stored_file(organization, name="secret.txt")
    counters.record_download(file=file, user=outsider)
    removed = make_stored_file(make_organization("Initech"), name="removed.txt")
    counters.record_download(file=removed, user=outsider)
    removed.delete()

    page = text_of(browser_of(outsider).get(URL))

    assert page.count("A file that you cannot see") == 2
    assert "secret.txt" not in page
    assert "removed.txt" not in page
    assert f"/files/{file.public_id}/" not in page
    assert "Acme" not in page


def test_others__are_chosen_by_those_whom_the_policy_lets(
    organization, organization_admin, organization_member, outsider, operator, settings
):
    names = [organization_member.get_username(), outsider.get_username()]

    assert people_of(organization_admin) == [names[0]]
    assert people_of(organization_member) == []
    assert set(names) < set(people_of(operator))
    settings.ORG_FILES = {"POLICY": {"BACKEND": "org_files.access.OwnerPolicy"}}
    assert people_of(organization_admin) == []


def test_downloads_of_another__are_those_that_one_may_see(
    organization, organization_admin, organization_member
):
    elsewhere = make_organization("Globex")
    join(elsewhere, organization_member, Role.MEMBER)
    for place in (organization, elsewhere):
        file = make_stored_file(place, name=f"{place.name}.txt")
        counters.record_download(file=file, user=organization_member)
    path = f"{URL}?user={organization_member.pk}"

    answer = browser_of(organization_admin).get(path)

    assert [row.file_name for row in answer.context["downloads"]] == ["Acme.txt"]
    page = text_of(answer)
    assert f"Downloads of {organization_member.get_username()}" in page
    assert f'<option value="{organization_member.pk}" selected>' in page
    assert browser_of(organization_admin).get(f"{URL}?user=x").status_code == 400
    other = browser_of(organization_member).get(f"{URL}?user={organization_admin.pk}")
    assert other.status_code == 403
    assert organization_admin.get_username() not in text_of(other)


def test_downloads__ask_as_often_for_many(organization, organization_admin):
    browser = browser_of(organization_admin)

    def add(number):
        for _ in range(number):
            file = make_stored_file(organization)
            counters.record_download(file=file, user=organization_admin)
            join(organization, make_user())

    add(1)
    few = queries_of(browser, URL)
    add(29)
    assert queries_of(browser, URL) == few
