"""Accounts of a site's own users. test_other_user_models.py runs this in a process of its own."""

import uuid

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from org_files.models import Role
from org_files.testing.factories import DEFAULTS, join, make_file, make_organization, make_user
from tests.accounts import clients as api
from tests.accounts.clients import NEW_PASSWORD, PASSWORD, call, session_of
from tests.accounts.own_user.people.models import Company
from tests.rest.requests import signed_in

pytestmark = pytest.mark.django_db

BORN_ON = "1815-12-10"
DEFAULTS["user"] = lambda: {"born_on": BORN_ON}


def register(email="ada@example.com", **fields):
    return call(api.REGISTER, email=email, **{"password": PASSWORD, "born_on": BORN_ON} | fields)


@pytest.fixture
def person():
    return make_user(email="Ada.Lovelace@Example.com", password=PASSWORD)


def test_checks__find_nothing():
    call_command("check", fail_level="WARNING", databases=["default"])
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_registered_user__has_the_columns_of_the_model():
    response = register("Ada@Example.com", is_staff=True, first_name="Ada", phone="+4930123456")

    person = get_user_model().objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": str(person.pk),
        "email": "ada@example.com",
        "born_on": BORN_ON,
        "avatar_url": None,
        "is_staff": False,
        "organizations": [],
    }


def test_what_the_model_requires__is_required():
    for born_on in (None, "", "tomorrow"):
        assert list(register(born_on=born_on).json()) == ["born_on"]
    assert set(call(api.REGISTER).json()) == {"email", "born_on", "password"}


def test_key_and_company__are_not_chosen_by_the_user(person):
    company = Company.objects.create(name="Acme")
    client = signed_in(person)
    mine = {"id": str(uuid.uuid4()), "company": company.pk, "company_id": company.pk}

    registered = register(**mine)
    changed = call(api.ME, by=client, method="PATCH", **mine)

    assert (registered.status_code, changed.status_code) == (201, 200)
    assert not get_user_model().objects.filter(company=company).exists()
    assert not get_user_model().objects.filter(pk=mine["id"]).exists()
    assert "company" not in registered.json()


def test_address_stored_as_typed__logs_in_and_is_taken_in_any_case(person):
    other = make_user(password=PASSWORD)

    for email in (person.email, f" {person.email.upper()} "):
        for path in (api.LOGIN, api.TOKEN):
            assert call(path, email=email, password=PASSWORD).status_code == 200
        for response in (
            register(email),
            call(api.ME, by=signed_in(other), method="PATCH", email=email),
        ):
            assert response.status_code == 400
            assert list(response.json()) == ["email"]
    assert get_user_model().objects.count() == 2


def test_old_addresses_that_differ_in_case__log_in_as_stored(person):
    make_user(email=person.email.lower(), password=NEW_PASSWORD)

    assert call(api.LOGIN, email=person.email, password=PASSWORD).status_code == 200
    assert call(api.LOGIN, email=person.email.lower(), password=NEW_PASSWORD).status_code == 200
    for password in (PASSWORD, NEW_PASSWORD):
        response = call(api.LOGIN, email=person.email.upper(), password=password)
        assert response.status_code == 400


def test_profile__is_read_changed_and_removed(person):
    client = session_of(person)
    join(make_organization(), person)

    values = {"born_on": "1816-01-01", "email": "COUNTESS@example.com"}
    changed = call(api.ME, by=client, method="PATCH", **values)

    assert changed.status_code == 200
    assert changed.json() == client.get(api.ME).json()
    assert changed.json()["born_on"] == "1816-01-01"
    assert changed.json()["email"] == "countess@example.com"
    assert changed.json()["organizations"][0]["role"] == "member"
    assert call(api.ME, by=client, method="DELETE").status_code == 204
    assert client.get(api.ME).status_code == 401


def test_list__is_ordered_and_searched_by_what_the_model_has(person):
    other = make_user("babbage")
    shared = make_organization("Shared")
    for user in (person, other):
        join(shared, user)
        join(make_organization("Own"), user)
    client = signed_in(person)

    rows = client.get(api.USERS, {"ordering": "-email"}).json()["results"]

    assert sorted(row["id"] for row in rows) == sorted(str(user.pk) for user in (person, other))
    shown = {row["id"]: [item["name"] for item in row["organizations"]] for row in rows}
    assert shown[str(other.pk)] == ["Shared"]
    assert client.get(api.USERS, {"search": "BABBAGE"}).json()["count"] == 1
    assert client.get(api.USERS, {"ordering": "first_name"}).status_code == 400
    page = client.get(api.USERS, {"cursor": "", "page_size": 1}).json()
    assert client.get(page["next"]).json()["results"] != page["results"]


def test_operators__are_those_of_the_policy(person):
    board = make_user(email="board@example.com")
    make_file(make_organization(), person)

    shown = signed_in(board).get(f"{api.USERS}{person.pk}/").json()

    assert (shown["file_count"], shown["is_active"], shown["is_staff"]) == (1, True, False)
    assert len(shown["storage_paths"]) == 1


def test_flags_that_the_model_lacks__are_not_changed(person):
    board = signed_in(make_user(email="board@example.com"))
    path = f"{api.USERS}{person.pk}/"

    assert call(path, by=board, method="PATCH", is_active=False).status_code == 200
    assert call(path, by=board, method="PATCH", is_staff=True).status_code == 403
    assert call(path, by=signed_in(person), method="PATCH", is_active=False).status_code == 403
    assert signed_in(person).get(api.ME).status_code == 200
    assert call(path, by=board, method="DELETE").status_code == 204


def test_member_without_names__is_shown_by_the_login_name(settings):
    settings.ORG_FILES = settings.ORG_FILES | {
        "REGISTRATION": {"BACKEND": "org_files.accounts.registration.PersonalOrganization"}
    }

    [shown] = register().json()["organizations"]

    assert (shown["name"], shown["role"]) == ("ada@example.com", Role.ADMIN)
    client = signed_in(get_user_model().objects.get())
    [row] = client.get("/api/organizations/?expand=members").json()["results"]
    assert [member["name"] for member in row["members"]] == ["ada@example.com"]
