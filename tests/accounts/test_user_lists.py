"""Search, order, pages and queries of GET users/."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files.accounts.models import Avatar
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.accounts.clients import USERS
from tests.rest.requests import signed_in


def test_search__is_in_login_name_and_names(world):
    get_user_model().objects.filter(pk=world.users["nobody"].pk).update(
        email="find.me@example.com", last_name="Wanted"
    )
    client = world.client("operator")

    for text in ("find.me", "FIND", "wanted", "WANT", "find wanted"):
        found = client.get(USERS, {"search": text}).json()["results"]
        assert [row["first_name"] for row in found] == ["nobody"], text
    for text in ("%", "_", "find_me", "+49", "pbkdf2", "md5"):
        assert client.get(USERS, {"search": text}).json()["count"] == 0, text


def test_search__finds_no_user_who_is_not_seen(world):
    email = world.users["stranger"].email

    assert world.client("admin").get(USERS, {"search": email}).json()["count"] == 0


@pytest.mark.parametrize(("start", "sign"), [("page=1", ""), ("cursor=", "-")])
def test_pages__have_each_user_once_in_order(world, start, sign):
    client = world.client("operator")
    url = f"{USERS}?{start}&page_size=2&ordering={sign}email"
    found = []
    while url:
        page = client.get(url).json()
        found += [row["email"] for row in page["results"]]
        url = page["next"]

    assert found == sorted((user.email for user in world.users.values()), reverse=bool(sign))


@pytest.mark.parametrize("name", ["-email", "first_name", "last_name"])
def test_ordering__takes_login_name_and_names(world, name):
    rows = world.client("operator").get(USERS, {"ordering": name}).json()["results"]

    column = name.lstrip("-")
    values = [row[column] for row in rows]
    assert values == sorted(values, reverse=name.startswith("-"))
    assert len(rows) == len(world.users)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ordering", "password"),
        ("ordering", "email,password"),
        ("password__startswith", "md5$"),
        ("is_staff", "true"),
    ],
)
def test_unknown_parameter_or_column__is_400(world, name, value):
    response = world.client("operator").get(USERS, {name: value})

    assert response.status_code == 400
    assert set(response.json()) == {name}


def queries_of(call, rows):
    with CaptureQueriesContext(connection) as context:
        response = call()
    assert len(response.json()["results"]) == rows
    return len(context)


@pytest.mark.parametrize(
    ("policy", "is_staff", "paging"),
    [("OrganizationPolicy", False, "page=1"), ("OpenPolicy", True, "cursor=")],
)
def test_list_of_twenty__takes_as_many_queries_as_a_list_of_one(
    user, settings, policy, is_staff, paging
):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    type(user).objects.update(is_staff=is_staff)
    client = signed_in(user)
    url = f"{USERS}?{paging}&page_size=200"
    organizations = [make_organization(f"Company {number}") for number in range(3)]
    join(organizations[0], user)

    def add(count):
        people = [user, *(make_user(first_name="Ada") for _ in range(count))]
        for number, person in enumerate(people[-count:] if count else people):
            for organization in organizations[: 1 + number % 3]:
                if person != user:
                    join(organization, person)
                make_file(organization, person)
            Avatar.objects.create(
                user=person, key=f"avatars/{person.pk}", content_type="image/jpeg", size=1
            )

    add(0)
    few = queries_of(lambda: client.get(url), 1)
    add(19)
    many = queries_of(lambda: client.get(url), 20)

    assert many == few
    # The requester; the count and the page; organizations, pictures, folders for operators.
    assert few == 4 + (paging == "page=1") + is_staff
