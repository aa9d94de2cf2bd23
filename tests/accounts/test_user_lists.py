"""Search, order, pages and queries of GET users/."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files.accounts.models import Avatar
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.accounts.clients import USERS


def test_search__is_in_login_name_and_names_of_users_who_are_seen(world):
    get_user_model().objects.filter(pk=world.users["nobody"].pk).update(
        email="find.me@example.com", last_name="Wanted"
    )
    client = world.client("operator")

    for text in ("find.me", "FIND", "wanted", "WANT", "find wanted"):
        found = client.get(USERS, {"search": text}).json()["results"]
        assert [row["first_name"] for row in found] == ["nobody"], text
    for text in ("%", "find_me", "pbkdf2", "md5"):
        assert client.get(USERS, {"search": text}).json()["count"] == 0, text
    assert world.client("admin").get(USERS, {"search": "find.me"}).json()["count"] == 0


@pytest.mark.parametrize(("start", "sign"), [("page=1", ""), ("cursor=", "-")])
def test_pages__have_each_user_once_in_order(world, start, sign):
    client = world.client("operator")
    url = f"{USERS}?{start}&page_size=4&ordering={sign}email"
    found = []
    while url:
        page = client.get(url).json()
        found += [row["email"] for row in page["results"]]
        url = page["next"]

    assert found == sorted((user.email for user in world.users.values()), reverse=bool(sign))
    names = client.get(USERS, {"ordering": f"{sign}first_name"}).json()["results"]
    assert [row["first_name"] for row in names] == sorted(world.users, reverse=bool(sign))


def test_unknown_parameter_or_column__is_400(client):
    for name, value in (("ordering", "email,password"), ("password__startswith", "md5$")):
        response = client.get(USERS, {name: value})
        assert (response.status_code, set(response.json())) == (400, {name})


@pytest.mark.parametrize(
    ("policy", "is_staff", "paging"),
    [("OrganizationPolicy", False, "page=1"), ("OpenPolicy", True, "cursor=")],
)
def test_list_of_many__takes_as_many_queries_as_a_list_of_one(
    client, user, settings, policy, is_staff, paging
):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    type(user).objects.update(is_staff=is_staff)
    organizations = [make_organization(f"Company {number}") for number in range(3)]
    join(organizations[0], user)

    def fill(person):
        for organization in organizations:
            make_file(organization, person)
        Avatar.objects.create(user=person, key=f"avatars/{person.pk}", content_type="-", size=1)

    def queries_of(rows):
        with CaptureQueriesContext(connection) as context:
            response = client.get(f"{USERS}?{paging}&page_size=200")
        assert len(response.json()["results"]) == rows
        return len(context)

    fill(user)
    few = queries_of(rows=1)
    for number in range(1, 7):
        person = make_user(first_name="Ada")
        for organization in organizations[:number]:
            join(organization, person)
        fill(person)

    assert queries_of(rows=7) == few
    # The requester; the count and the page; organizations, pictures, folders for operators.
    assert few == 4 + (paging == "page=1") + is_staff
