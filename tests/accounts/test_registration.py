"""POST auth/register/, and its serializer."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from org_files.accounts.serializers import RegistrationSerializer
from org_files.models import Membership
from org_files.testing.factories import make_organization, make_user
from tests.accounts.clients import LOGIN, ME, PASSWORD, PRIVILEGES, REGISTER, TOKEN, call

pytestmark = pytest.mark.django_db

VALID = {"email": "ada@example.com", "password": PASSWORD}


def errors_of(**values):
    """Return the fields at fault."""
    serializer = RegistrationSerializer(data=VALID | values)
    serializer.is_valid()
    return list(serializer.errors)


def register(**values):
    return call(REGISTER, **VALID | values)


def test_registered_user__is_shown_and_can_log_in(user):
    # Of stale credentials and a session without its CSRF token nothing is asked.
    client = Client(headers={"Authorization": "Bearer stale"}, enforce_csrf_checks=True)
    client.force_login(user)
    profile = {"first_name": "Ada", "last_name": "Lovelace", "phone": "+4930123456"}

    response = call(REGISTER, by=client, email=" Ada@Example.com\n", password=PASSWORD, **profile)

    made = get_user_model().objects.exclude(pk=user.pk).get()
    assert response.status_code == 201
    assert response.json() == profile | {
        "id": made.pk,
        "email": "ada@example.com",
        "avatar_url": None,
        "is_staff": False,
        "organizations": [],
    }
    for path in (LOGIN, TOKEN):
        assert call(path, email="ADA@example.com", password=PASSWORD).status_code == 200


def test_privileges__are_ignored():
    organization, client = make_organization(), Client()
    organizations = [{"id": organization.pk, "role": "admin"}]

    response = call(REGISTER, by=client, **VALID, **PRIVILEGES, organizations=organizations)

    user = get_user_model().objects.get()
    assert response.status_code == 201
    assert client.get(ME).status_code == 401  # Registration is not a login.
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.pk != PRIVILEGES["id"]
    assert user.date_joined.year > 2001
    assert not user.groups.exists()
    assert not user.user_permissions.exists()
    assert not Membership.objects.exists()
    assert response.json()["avatar_url"] is None


def test_taken_address__is_400_in_another_spelling():
    make_user(email="strasse@example.com")

    response = register(email="Stra\u00dfe@Example.com")

    assert (response.status_code, list(response.json())) == (400, ["email"])
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@example.com\nbcc: all@example.com",
        "x" * 243 + "@example.com",
        # In the stored form: a second "@", eighteen letters for each of these.
        "ada@corp.example\uff20evil.example",
        "ada@" + "\ufdfa" * 60 + ".example",
    ],
)
def test_invalid_address__is_refused(email):
    assert errors_of(email=email) == ["email"]


FIELDS = {"email", "first_name", "last_name", "phone", "password"}


def test_required_fields__are_login_and_password():
    assert set(call(REGISTER).json()) == {"email", "password"}
    assert errors_of() == []


def test_value_of_the_wrong_type_or_length__is_an_error_of_its_field():
    for value in (None, [], True, "a\x00b", "\ud800"):
        assert {*errors_of(**dict.fromkeys(FIELDS, value))} == FIELDS
    assert errors_of(first_name="👩" * 151, last_name="x" * 151) == ["first_name", "last_name"]


@pytest.mark.parametrize("password", [" padded ", "👩‍🚀" * 10, "x" * 1024])
def test_password__is_taken_as_typed(password):
    response = register(password=password)

    assert response.status_code == 201
    assert b"password" not in response.content
    assert get_user_model().objects.get().check_password(password)
