"""Pages of people, for operators."""

import pytest

from org_files.models import Role
from org_files.storage import owner_prefix
from org_files.testing.factories import join, make_file, make_user
from tests.web.pages import text_of

pytestmark = pytest.mark.django_db

PEOPLE = "/library/people/"


@pytest.fixture
def ada(organization):
    user = make_user("ada", first_name="Ada")
    join(organization, user, Role.ADMIN)
    make_file(organization, user, content=b"x" * 512)
    return user


def test_list_shows_what_each_stores_and_is_searched(client, operator, ada):
    make_user("eve", first_name="Eve", is_active=False)
    client.force_login(operator)

    page = text_of(client.get(PEOPLE))
    found = text_of(client.get(f"{PEOPLE}?search=ada"))

    assert "512\xa0bytes" in page
    assert ">disabled<" in page
    assert ">Ada<" in found
    assert ">Eve<" not in found
    assert "Nobody is found." in text_of(client.get(f"{PEOPLE}?search=nothing"))


def test_page_leads_to_organizations_and_storage(client, operator, organization, ada):
    client.force_login(operator)

    page = text_of(client.get(f"{PEOPLE}{ada.pk}/"))

    assert f'/library/organizations/{organization.pk}/">Acme</a>' in page
    assert f'/library/?owner={ada.pk}"' in page
    assert f"<code>{owner_prefix(organization.pk, ada.pk)}</code>" in page


def test_disabled_person_is_logged_out_and_can_be_enabled(client, operator, ada):
    path = f"{PEOPLE}{ada.pk}/"
    client.force_login(ada)
    other = type(client)()
    other.force_login(operator)

    other.post(path, {"is_active": "false"})
    assert client.get("/library/").status_code == 303
    assert "cannot log in any more" in text_of(other.get(path))
    other.post(path, {"is_active": "true"})

    ada.refresh_from_db()
    assert ada.is_active


def test_account_is_deleted_after_a_question(client, operator, organization, ada):
    path = f"{PEOPLE}{ada.pk}/delete/"
    client.force_login(operator)

    assert "Delete the account of Ada" in text_of(client.get(path))
    answer = client.post(path)

    assert answer.headers["Location"] == PEOPLE
    assert not type(ada).objects.filter(pk=ada.pk).exists()
    assert "The account of Ada is deleted." in text_of(client.get(PEOPLE))


def test_superusers_are_changed_by_superusers_alone(client, operator):
    root = make_user("root", is_staff=True, is_superuser=True)
    client.force_login(operator)
    path = f"{PEOPLE}{root.pk}/"

    assert "Disable the account" not in text_of(client.get(path))
    assert client.get(f"{path}delete/").status_code == 403
    assert client.post(path, {"is_active": "false"}).status_code == 403
    client.force_login(root)
    # One's own account has the pages of the profile.
    assert "Disable the account" not in text_of(client.get(path))
    assert "Disable the account" in text_of(client.get(f"{PEOPLE}{operator.pk}/"))
