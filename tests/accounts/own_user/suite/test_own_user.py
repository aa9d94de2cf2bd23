"""Accounts of a site's own users. test_other_user_models.py runs this in a process of its own."""

import uuid

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from org_files.models import Role
from org_files.testing.factories import DEFAULTS, join, make_file, make_organization, make_user
from tests.accounts.clients import (
    CHANGE_PASSWORD,
    LOGIN,
    ME,
    NEW_PASSWORD,
    PASSWORD,
    REFRESH,
    REGISTER,
    TOKEN,
    USERS,
    call,
    pair_for,
    session_of,
)
from tests.accounts.own_user.people.models import Company
from tests.rest.requests import signed_in

pytestmark = pytest.mark.django_db

BORN_ON = "1815-12-10"
DEFAULTS["user"] = lambda: {"born_on": BORN_ON}


def register(email="ada@example.com", **fields):
    return call(REGISTER, email=email, **{"password": PASSWORD, "born_on": BORN_ON} | fields)


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
    assert set(call(REGISTER).json()) == {"email", "born_on", "password"}


def test_key_and_company__are_not_chosen_by_the_user(person):
    company = Company.objects.create(name="Acme")
    client = signed_in(person)
    mine = {"id": str(uuid.uuid4()), "company": company.pk, "company_id": company.pk}

    registered = register(**mine)
    changed = call(ME, by=client, method="PATCH", **mine)

    assert (registered.status_code, changed.status_code) == (201, 200)
    assert not get_user_model().objects.filter(company=company).exists()
    assert not get_user_model().objects.filter(pk=mine["id"]).exists()
    assert "company" not in registered.json()


def test_address_stored_as_typed__logs_in_and_is_taken_in_any_case(person):
    other = make_user(password=PASSWORD)

    for email in (person.email, f" {person.email.upper()} "):
        for path in (LOGIN, TOKEN):
            assert call(path, email=email, password=PASSWORD).status_code == 200
        for response in (
            register(email),
            call(ME, by=signed_in(other), method="PATCH", email=email),
        ):
            assert response.status_code == 400
            assert list(response.json()) == ["email"]
    assert get_user_model().objects.count() == 2


def test_old_addresses_that_differ_in_case__log_in_as_stored(person):
    make_user(email=person.email.lower(), password=NEW_PASSWORD)

    assert call(LOGIN, email=person.email, password=PASSWORD).status_code == 200
    assert call(LOGIN, email=person.email.lower(), password=NEW_PASSWORD).status_code == 200
    for password in (PASSWORD, NEW_PASSWORD):
        response = call(LOGIN, email=person.email.upper(), password=password)
        assert response.status_code == 400


def test_pattern__matches_no_address(person):
    for email in ("_da.lovelace@example.com", "ada%@example.com"):
        assert call(LOGIN, email=email, password=PASSWORD).status_code == 400


def test_profile__is_read_changed_and_removed(person):
    client = session_of(person)
    join(make_organization(), person)

    changed = call(
        ME, by=client, method="PATCH", born_on="1816-01-01", email="COUNTESS@example.com"
    )

    assert changed.status_code == 200
    assert changed.json() == client.get(ME).json()
    assert (changed.json()["born_on"], changed.json()["email"]) == (
        "1816-01-01",
        "countess@example.com",
    )
    assert changed.json()["organizations"][0]["role"] == "member"
    assert call(ME, by=client, method="DELETE").status_code == 204
    assert client.get(ME).status_code == 401


def test_changed_password__ends_other_sessions_and_tokens(person):
    own, other, pair = session_of(person), session_of(person), pair_for(person)

    response = call(CHANGE_PASSWORD, by=own, old_password=PASSWORD, new_password=NEW_PASSWORD)

    assert response.status_code == 204
    assert (own.get(ME).status_code, other.get(ME).status_code) == (200, 401)
    assert call(REFRESH, refresh=pair["refresh"]).status_code == 401


def test_list__is_ordered_and_searched_by_what_the_model_has(person):
    other = make_user("babbage")
    shared = make_organization("Shared")
    for user in (person, other):
        join(shared, user)
        join(make_organization("Own"), user)
    client = signed_in(person)

    rows = client.get(USERS, {"ordering": "-email"}).json()["results"]

    assert sorted(row["id"] for row in rows) == sorted(str(user.pk) for user in (person, other))
    shown = {row["id"]: [item["name"] for item in row["organizations"]] for row in rows}
    assert shown[str(other.pk)] == ["Shared"]
    assert client.get(USERS, {"search": "BABBAGE"}).json()["count"] == 1
    assert client.get(USERS, {"ordering": "first_name"}).status_code == 400
    page = client.get(USERS, {"cursor": "", "page_size": 1}).json()
    assert client.get(page["next"]).json()["results"] != page["results"]


def test_operators__are_those_of_the_policy(person):
    board = make_user(email="board@example.com")
    make_file(make_organization(), person)

    shown = signed_in(board).get(f"{USERS}{person.pk}/").json()

    assert (shown["file_count"], shown["is_active"], shown["is_staff"]) == (1, True, False)
    assert len(shown["storage_paths"]) == 1


def test_flags_that_the_model_lacks__are_not_changed(person):
    board = signed_in(make_user(email="board@example.com"))
    path = f"{USERS}{person.pk}/"

    assert call(path, by=board, method="PATCH", is_active=False).status_code == 200
    assert call(path, by=board, method="PATCH", is_staff=True).status_code == 403
    assert call(path, by=signed_in(person), method="PATCH", is_active=False).status_code == 403
    assert signed_in(person).get(ME).status_code == 200
    assert call(path, by=board, method="DELETE").status_code == 204


def test_key_in_another_form__is_404(person):
    client = signed_in(make_user(email="board@example.com"))

    for id in (f"{person.pk}x", f"urn:uuid:{person.pk}", str(person.pk).upper(), person.pk.hex):
        assert client.get(f"{USERS}{id}/").status_code == 404


def test_member_without_names__is_shown_by_the_login_name(settings):
    settings.ORG_FILES = settings.ORG_FILES | {
        "REGISTRATION": {"BACKEND": "org_files.accounts.registration.PersonalOrganization"}
    }

    [shown] = register().json()["organizations"]

    assert (shown["name"], shown["role"]) == ("ada@example.com", Role.ADMIN)
    client = signed_in(get_user_model().objects.get())
    [row] = client.get("/api/organizations/?expand=members").json()["results"]
    assert [member["name"] for member in row["members"]] == ["ada@example.com"]
