"""Registration backends: ORG_FILES["REGISTRATION"]."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError

from org_files import get_organization_model
from org_files.accounts.checks import check_accounts
from org_files.accounts.exceptions import RegistrationClosed
from org_files.accounts.registration import Registration
from org_files.exceptions import InvalidField
from org_files.models import Membership, Role
from org_files.testing.factories import make_organization, make_tier
from org_files.tiers import tier_of_organization
from tests.accounts.clients import PASSWORD, REGISTER, call
from tests.rest.requests import post_file, signed_in

pytestmark = pytest.mark.django_db

OURS = "org_files.accounts.registration"


def use_backend(settings, backend, **options):
    path = backend if "." in backend else f"{OURS}.{backend}"
    settings.ORG_FILES = {"REGISTRATION": {"BACKEND": path, "OPTIONS": options}}


def register(email="ada@example.com", **fields):
    return call(REGISTER, email=email, password=PASSWORD, **fields)


def checked():
    return {message.id for message in check_accounts(None)}


def test_personal_organization__is_there_to_upload_to(settings):
    tier = make_tier("Starter")
    use_backend(settings, "PersonalOrganization")
    # Also where others make organizations.
    settings.ORG_FILES |= {"DEFAULT_TIER": "Starter", "ORGANIZATION_CREATION": "operators"}

    response = register(first_name="Ada", last_name="Lovelace")

    organization = get_organization_model().objects.get()
    assert response.status_code == 201
    assert response.json()["organizations"] == [
        {"id": organization.pk, "name": "Ada Lovelace", "role": "admin"}
    ]
    assert tier_of_organization(organization.pk) == tier
    client = signed_in(get_user_model().objects.get())
    assert post_file(client).json()["organization"]["id"] == organization.pk


def test_personal_organization__has_the_login_name_or_the_names_cut_to_the_column(settings):
    use_backend(settings, "PersonalOrganization")
    longest = get_organization_model()._meta.get_field("name").max_length
    name = {"first_name": "A" * 150, "last_name": "L" * 150}

    def name_of(response):
        return response.json()["organizations"][0]["name"]

    assert name_of(register("Ada@Example.com")) == "ada@example.com"
    for number in range(2):  # Names need not be unique.
        response = register(f"ada{number}@example.com", **name)
        assert name_of(response) == f"{'A' * 150} {'L' * 150}"[:longest]
    assert Membership.objects.filter(role=Role.ADMIN).count() == 3


@pytest.mark.parametrize("first_name", ["Ada", "A" * 150])
def test_personal_organizations_with_unique_names__have_the_users_key_in_the_name(
    settings, monkeypatch, first_name
):
    use_backend(settings, "PersonalOrganization")
    field = get_organization_model()._meta.get_field("name")
    monkeypatch.setattr(field, "max_length", 100)
    save = get_organization_model().save

    def save_unique(organization, **options):
        save(organization, **options)
        if type(organization).objects.filter(name=organization.name).count() > 1:
            raise IntegrityError("unique")

    monkeypatch.setattr(get_organization_model(), "save", save_unique)
    register("ada@example.com", first_name=first_name)

    response = register("other@example.com", first_name=first_name)

    pk = get_user_model().objects.get(email="other@example.com").pk
    assert response.status_code == 201
    [organization] = response.json()["organizations"]
    assert organization["name"] == f"{first_name[: 99 - len(str(pk))]} {pk}"
    assert get_organization_model().objects.count() == Membership.objects.count() == 2


@pytest.mark.parametrize(("options", "role"), [({}, "member"), ({"role": "viewer"}, "viewer")])
def test_named_organization__is_joined_in_the_role_of_the_settings(settings, options, role):
    use_backend(settings, "JoinOrganization", organization="Acme", **options)
    make_organization("Globex")
    acme = make_organization("Acme")
    make_organization("Acme")

    response = register(organization="Globex", role="admin", organizations=["Globex"])

    assert response.json()["organizations"] == [{"id": acme.pk, "name": "Acme", "role": role}]
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("backend", ["ClosedRegistration", "JoinOrganization"])
def test_registration_that_is_closed__is_403_and_hashes_no_password(settings, monkeypatch, backend):
    options = {"organization": "Acme"} if backend == "JoinOrganization" else {}
    use_backend(settings, backend, **options)
    monkeypatch.setattr(get_user_model(), "set_password", None)

    response = register()

    assert response.status_code == 403
    assert response.json()["code"] == "registration_closed"
    assert not get_user_model().objects.exists()


class Failing(Registration):
    """A backend of a site that fails."""

    def registered(self, user):
        make_organization("Half")
        raise self.error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidField("phone", "Not ours."), 400),
        (IntegrityError("unique"), 409),
        (RegistrationClosed(), 403),
    ],
)
def test_error_of_the_backend__undoes_the_registration(settings, monkeypatch, error, status):
    use_backend(settings, f"{__name__}.Failing")
    monkeypatch.setattr(Failing, "error", error, raising=False)

    assert register().status_code == status
    assert not get_user_model().objects.exists()
    assert not get_organization_model().objects.exists()


def test_organization_deleted_during_registration__closes_it(settings, monkeypatch):
    use_backend(settings, "JoinOrganization", organization="Acme")
    acme = make_organization("Acme")
    save = get_user_model().save

    def save_late(user, **options):
        acme.delete()
        save(user, **options)

    monkeypatch.setattr(get_user_model(), "save", save_late)

    assert register().status_code == 403
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    ("options", "id"),
    [({}, "E011"), ({"organization": "x", "role": "owner"}, "E016"), ({"organization": "x"}, None)],
)
def test_check__finds_wrong_options(settings, options, id):
    use_backend(settings, "JoinOrganization", **options)

    assert checked() == ({f"org_files.{id}"} if id else set())


def test_privileges_among_the_profile_fields__are_ignored_and_reported(settings):
    names = ["is_staff", "is_superuser", "is_active", "groups", "nothing", "id"]
    settings.ORG_FILES = {"PROFILE_FIELDS": [*names, "password"]}

    assert checked() == {"org_files.E017"}
    assert register(**dict.fromkeys(names, True)).status_code == 201
    user = get_user_model().objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.check_password(PASSWORD)
