"""GET, PATCH and DELETE users/me/."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from org_files import counters, get_file_model
from org_files.models import Download, Membership, Role
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.accounts.clients import CLIENTS, LOGIN, ME, PASSWORD, call, session_of
from tests.rest.requests import bearer, browser_of, signed_in


@pytest.fixture(params=CLIENTS)
def client(request: Any, user: Any) -> Client:
    """The user's client, logged in each way in turn."""
    return CLIENTS[request.param](user)


def patch(client: Client, **values: Any) -> Any:
    return call(ME, by=client, method="PATCH", **values)


def test_profile__has_organizations_and_roles(client: Client, user: Any) -> None:
    roles = {"Umbrella": Role.VIEWER, "Acme": Role.ADMIN, "Globex": Role.MEMBER}
    organizations = {name: make_organization(name) for name in [*roles, "Initech"]}
    for name, role in roles.items():
        join(organizations[name], user, role)
    join(organizations["Acme"], make_user())

    response = client.get(ME)

    assert response.status_code == 200
    assert response.json() == {
        "id": user.pk,
        "email": user.email,
        "first_name": "",
        "last_name": "",
        "phone": "",
        "avatar_url": None,
        "is_staff": False,
        "organizations": [
            {"id": organizations[name].pk, "name": name, "role": roles[name]}
            for name in ("Acme", "Globex", "Umbrella")
        ],
    }


@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy", "OwnerPolicy"])
@pytest.mark.parametrize("is_staff", [False, True])
def test_profile__is_ones_own_under_every_policy(
    settings: Any, user: Any, policy: str, is_staff: bool
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    get_user_model().objects.filter(pk=user.pk).update(is_staff=is_staff)
    organization = make_organization()
    join(organization, user)
    join(make_organization("Globex"), make_user())

    shown = signed_in(user).get(ME).json()

    assert shown["is_staff"] is is_staff
    assert shown["organizations"] == [{"id": organization.pk, "name": "Acme", "role": "member"}]


def test_membership__is_read_at_each_request(client: Client, user: Any) -> None:
    membership = join(make_organization(), user, Role.ADMIN)
    assert client.get(ME).json()["organizations"][0]["role"] == "admin"

    Membership.objects.update(role=Role.VIEWER)
    assert client.get(ME).json()["organizations"][0]["role"] == "viewer"
    membership.delete()
    assert client.get(ME).json()["organizations"] == []


def test_change__is_of_what_was_sent_and_nothing_else(client: Client, user: Any) -> None:
    first = patch(client, first_name=" Ada ", phone="+4930123456")
    second = patch(client, last_name="Lovelace")

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == client.get(ME).json()
    assert second.json() | {"organizations": []} == first.json() | {"last_name": "Lovelace"}
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.phone) == ("Ada", "Lovelace", "+4930123456")
    assert user.check_password(PASSWORD)


def test_change__leaves_alone_what_another_request_changes(user: Any) -> None:
    client = signed_in(user)
    get_user_model().objects.update(last_name="Meanwhile")

    assert patch(client, first_name="Ada").json()["last_name"] == "Meanwhile"


def test_change_of_nothing__changes_nothing(client: Client, user: Any) -> None:
    before = get_user_model().objects.values().get(pk=user.pk)

    assert patch(client).status_code == 200

    assert get_user_model().objects.values().get(pk=user.pk) == before


def test_address__is_changed_to_its_normal_form_and_logs_in(client: Client, user: Any) -> None:
    old = user.email

    response = patch(client, email=" New.ADDRESS@Example.com")

    assert response.json()["email"] == "new.address@example.com"
    assert call(LOGIN, email="NEW.address@example.com", password=PASSWORD).status_code == 200
    assert call(LOGIN, email=old, password=PASSWORD).status_code == 400
    assert client.get(ME).status_code == 200


def test_own_address_in_another_case__is_no_conflict(client: Client, user: Any) -> None:
    response = patch(client, email=user.email.upper())

    assert response.status_code == 200
    assert response.json()["email"] == user.email


@pytest.mark.parametrize("spelling", [str.upper, str.title, "{}\n".format])
def test_address_of_somebody_else__is_400(client: Client, user: Any, spelling: Any) -> None:
    other = make_user(email="other@example.com")

    response = patch(client, email=spelling(other.email), first_name="Mallory")

    assert response.status_code == 400
    assert list(response.json()) == ["email"]
    user.refresh_from_db()
    assert user.first_name == ""
    assert user.email != other.email


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "ada"),
        ("email", "ada@corp.example\uff20evil.example"),
        ("email", "ada@" + "\ufdfa" * 60 + ".example"),
        ("first_name", "x" * 151),
        ("phone", "030123456"),
    ],
)
def test_value_that_is_none__is_400_at_its_field(client: Client, field: str, value: str) -> None:
    response = patch(client, **{field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]


@pytest.mark.parametrize("is_staff", [False, True])
def test_what_nobody_gives_themselves__is_ignored(
    client: Client, user: Any, is_staff: bool
) -> None:
    get_user_model().objects.filter(pk=user.pk).update(is_staff=is_staff)
    organization = make_organization()
    before = get_user_model().objects.values().get(pk=user.pk)

    response = patch(
        client,
        is_staff=not is_staff,
        is_superuser=True,
        is_active=False,
        id=4711471147,
        password="another",
        new_password="another",
        last_login=None,
        date_joined="2001-01-01T00:00:00Z",
        groups=[1],
        avatar_url="https://evil.example/",
        organizations=[{"id": organization.pk, "role": "admin"}],
    )

    assert response.status_code == 200
    assert response.json() == client.get(ME).json()
    # The last login apart, of which a session is one.
    after = get_user_model().objects.values().get(pk=user.pk)
    assert after == before
    assert not Membership.objects.exists()


def test_form__is_taken_too(user: Any) -> None:
    response = signed_in(user).patch(
        ME, "first_name=Ada&is_staff=on", content_type="application/x-www-form-urlencoded"
    )

    assert (response.json()["first_name"], response.json()["is_staff"]) == ("Ada", False)


def test_session_without_the_csrf_token__changes_nothing(user: Any) -> None:
    browser = browser_of(user)

    for method in ("PATCH", "DELETE"):
        assert call(ME, by=browser, method=method, first_name="Mallory").status_code == 403

    user.refresh_from_db()
    assert user.first_name == ""


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.django_db
def test_nobody__has_no_profile(method: str) -> None:
    response = call(ME, method=method)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_other_methods__are_405(client: Client, method: str) -> None:
    assert call(ME, by=client, method=method).status_code == 405


def test_removed_account__leaves_files_and_the_ledger(client: Client, user: Any) -> None:
    organization = make_organization()
    admin = make_user("grace")
    join(organization, admin, Role.ADMIN)
    join(organization, user)
    file = make_stored_file(organization, user, content=b"A report.")
    counters.record_download(file=file, user=user)

    response = call(ME, by=client, method="DELETE")

    assert (response.status_code, response.content) == (204, b"")
    assert not get_user_model().objects.filter(pk=user.pk).exists()
    assert client.get(ME).status_code == 401
    kept = signed_in(admin).get(f"/api/files/{file.public_id}/").json()
    assert (kept["owner"], kept["download_count"]) == (None, 1)
    with get_file_model().objects.get().content.open() as content:
        assert content.read() == b"A report."
    assert Download.objects.count() == 1
    assert counters.verify().findings == []
    rows = signed_in(admin).get(f"/api/organizations/{organization.pk}/downloads/").json()
    assert rows["count"] == 1
    assert rows["results"][0]["user"] is None


def test_removed_account__ends_its_session_and_frees_its_address(user: Any) -> None:
    client, other = session_of(user), session_of(user)

    assert call(ME, by=client, method="DELETE").status_code == 204

    assert Session.objects.count() == 1
    assert other.get(ME).status_code == 401
    assert make_user(email=user.email.upper()).pk != user.pk
    assert other.get(ME).status_code == 401


def test_account_removed_by_token__leaves_the_session_of_somebody_else(user: Any) -> None:
    other = make_user(password=PASSWORD)
    client = session_of(other)

    assert client.delete(ME, headers=bearer(user)).status_code == 204

    assert client.get(ME).json()["id"] == other.pk


def test_last_admin_of_others__stays(client: Client, user: Any) -> None:
    organization = make_organization()
    join(organization, user, Role.ADMIN)
    join(organization, make_user(), Role.MEMBER)

    response = call(ME, by=client, method="DELETE")

    assert response.status_code == 409
    assert response.json()["code"] == "last_admin"
    assert client.get(ME).status_code == 200
    assert Membership.objects.count() == 2


@pytest.mark.parametrize(
    "others", [[], [Role.ADMIN], [Role.ADMIN, Role.VIEWER]], ids=["nobody", "admin", "both"]
)
def test_admin__goes_where_nobody_is_left_without_one(
    client: Client, user: Any, others: list[Role]
) -> None:
    organization = make_organization()
    join(organization, user, Role.ADMIN)
    for role in others:
        join(organization, make_user(), role)

    assert call(ME, by=client, method="DELETE").status_code == 204
    assert Membership.objects.count() == len(others)


def test_last_admin_of_one_of_several__stays(client: Client, user: Any) -> None:
    for others in ([Role.ADMIN], [Role.VIEWER], []):
        organization = make_organization()
        join(organization, user, Role.ADMIN)
        for role in others:
            join(organization, make_user(), role)

    assert call(ME, by=client, method="DELETE").status_code == 409
    assert Membership.objects.filter(user=user).count() == 3
