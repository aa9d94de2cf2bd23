"""manage.py ensure_admin."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

from org_files.testing.factories import make_user
from org_files.testing.threads import at_once
from tests.accounts.clients import NEW_PASSWORD, PASSWORD

EMAIL, SECRET = "DJANGO_SUPERUSER_EMAIL", "DJANGO_SUPERUSER_PASSWORD"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv(EMAIL, "Root@Example.com")
    monkeypatch.setenv(SECRET, PASSWORD)
    return monkeypatch


def ensure_admin():
    out = StringIO()
    call_command("ensure_admin", stdout=out, no_color=True)
    return out.getvalue()


def test_superuser__is_created_from_the_environment():
    assert "Created the superuser" in ensure_admin()

    user = get_user_model().objects.get()
    assert (user.email, user.is_staff, user.is_superuser) == ("root@example.com", True, True)
    assert authenticate(None, email=user.email, password=PASSWORD) == user


def test_second_run__changes_nothing(environment):
    ensure_admin()
    get_user_model().objects.update(is_active=False)
    before = get_user_model().objects.values().get()
    environment.setenv(EMAIL, " ROOT@example.com")
    environment.setenv(SECRET, NEW_PASSWORD)

    assert "already" in ensure_admin()

    assert get_user_model().objects.values().get() == before


def test_existing_user_who_is_no_superuser__is_an_error():
    # A stranger who registers first must not become a superuser at the next start.
    make_user(email="root@example.com")

    with pytest.raises(CommandError, match="is no superuser"):
        ensure_admin()

    assert not get_user_model().objects.get().is_superuser


@pytest.mark.parametrize(
    ("name", "value"), [(EMAIL, ""), (SECRET, ""), (EMAIL, "nobody"), (SECRET, "\udcef")]
)
def test_variable_that_is_empty_or_invalid__is_named(environment, name, value):
    environment.setenv(name, value)

    with pytest.raises(CommandError, match=name):
        ensure_admin()
    assert not get_user_model().objects.exists()


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_at_once__create_one():
    at_once([ensure_admin] * 5)

    assert get_user_model().objects.count() == 1
