"""The base of the pages: login, CSRF, and errors."""

import pytest

from org_files.testing.factories import make_stored_file

pytestmark = pytest.mark.django_db


def test_page_without_login_leads_to_login(client):
    answer = client.get("/library/?search=a")

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("?next=%2Flibrary%2F%3Fsearch%3Da")


def test_library_has_files_that_the_user_sees(client, stored_file, organization_member):
    hidden = make_stored_file(name="hidden.txt")
    client.force_login(organization_member)

    page = client.get("/library/").content.decode()

    assert stored_file.name in page
    assert hidden.name not in page


def test_malformed_parameter_is_told(client, organization_member):
    client.force_login(organization_member)

    answer = client.get("/library/?organization=abc")

    assert answer.status_code == 400
    assert "This is not a valid id." in answer.content.decode()
