"""Search, order and pages of GET users/; tests/organizations/test_listing.py has the queries."""

import pytest
from django.contrib.auth import get_user_model

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
