"""GET, PATCH and DELETE users/me/."""

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session

from org_files import counters, get_file_model
from org_files.models import Download, Membership, Role
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.accounts.clients import CLIENTS, LOGIN, ME, PASSWORD, PRIVILEGES, call, session_of
from tests.rest.requests import bearer, signed_in


def patch(client, **values):
    return call(ME, by=client, method="PATCH", **values)


def test_profile__has_organizations_and_roles_of_this_moment(user):
    roles = {"Umbrella": Role.VIEWER, "Acme": Role.ADMIN, "Globex": Role.MEMBER}
    organizations = {name: make_organization(name) for name in [*roles, "Initech"]}
    for name, role in roles.items():
        join(organizations[name], user, role)
    join(organizations["Acme"], make_user())
    expected = {
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

    clients = [client_of(user) for client_of in CLIENTS.values()]

    for client in clients:
        assert client.get(ME).json() == expected
    Membership.objects.update(role=Role.VIEWER)
    for client in clients:
        shown = client.get(ME).json()["organizations"]
        assert [row["role"] for row in shown] == ["viewer"] * 3


def test_change__writes_the_sent_columns_only(client, user):
    first = patch(client, first_name=" Ada ", phone="+4930123456")
    get_user_model().objects.update(last_name="Meanwhile")
    second = patch(client, first_name="Grace")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["first_name"] == "Ada"
    assert second.json() == client.get(ME).json()
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.phone) == ("Grace", "Meanwhile", "+4930123456")
    assert user.check_password(PASSWORD)


def test_address__is_stored_in_its_normal_form_and_logs_in(client, user):
    old = user.email
    assert patch(client, email=old.upper()).json()["email"] == old

    response = patch(client, email=" New.ADDRESS@Example.com")

    assert response.json()["email"] == "new.address@example.com"
    assert call(LOGIN, email="NEW.address@example.com", password=PASSWORD).status_code == 200
    assert call(LOGIN, email=old, password=PASSWORD).status_code == 400
    assert client.get(ME).status_code == 200


def test_values_that_are_taken_or_invalid__are_400_at_their_fields(client, user):
    taken = patch(client, email=make_user().email.title(), first_name="Mallory")
    invalid = patch(client, email="", first_name="x" * 151, phone="030123456")

    assert (taken.status_code, invalid.status_code) == (400, 400)
    assert list(taken.json()) == ["email"]
    assert set(invalid.json()) == {"email", "first_name", "phone"}
    user.refresh_from_db()
    assert user.first_name == ""


def test_privileges__are_ignored(client, user):
    organizations = [{"id": make_organization().pk, "role": "admin"}]
    before = get_user_model().objects.values().get(pk=user.pk)

    response = patch(client, **PRIVILEGES, password="another", organizations=organizations)

    assert response.status_code == 200
    assert get_user_model().objects.values().get(pk=user.pk) == before
    assert not Membership.objects.exists()


def test_removed_account__leaves_files_and_the_ledger(client, user):
    organization, admin = make_organization(), make_user("grace")
    join(organization, admin, Role.ADMIN)
    join(organization, user)
    file = make_stored_file(organization, user, content=b"A report.")
    counters.record_download(file=file, user=user)

    response = client.delete(ME)

    assert (response.status_code, response.content) == (204, b"")
    assert not get_user_model().objects.filter(pk=user.pk).exists()
    assert client.get(ME).status_code == 401
    operator = signed_in(admin)
    kept = operator.get(f"/api/files/{file.public_id}/").json()
    assert (kept["owner"], kept["download_count"]) == (None, 1)
    with get_file_model().objects.get().content.open() as content:
        assert content.read() == b"A report."
    assert Download.objects.count() == 1
    [row] = operator.get(f"/api/organizations/{organization.pk}/downloads/").json()["results"]
    assert row["user"] is None
    assert counters.verify().findings == []


def test_removed_account__ends_its_session_and_frees_its_address(user):
    client, other = session_of(user), session_of(user)

    assert client.delete(ME).status_code == 204

    assert Session.objects.count() == 1
    assert make_user(email=user.email.upper()).pk != user.pk
    assert other.get(ME).status_code == 401


def test_account_removed_by_token__leaves_the_session_of_another_user(user):
    other = make_user(password=PASSWORD)
    client = session_of(other)

    assert client.delete(ME, headers=bearer(user)).status_code == 204

    assert client.get(ME).json()["id"] == other.pk


def test_last_admin_of_other_members__cannot_remove_the_account(client, user):
    for others in ([Role.ADMIN], [Role.VIEWER], []):
        organization = make_organization()
        join(organization, user, Role.ADMIN)
        for role in others:
            join(organization, make_user(), role)

    response = client.delete(ME)

    assert (response.status_code, response.json()["code"]) == (409, "last_admin")
    assert client.get(ME).status_code == 200
    assert Membership.objects.filter(user=user).count() == 3
