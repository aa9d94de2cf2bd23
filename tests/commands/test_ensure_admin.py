"""``ensure_admin``: an administrator from the environment."""

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from org_files.testing.threads import at_once

pytestmark = pytest.mark.django_db


def ensure_admin():
    out = StringIO()
    call_command("ensure_admin", stdout=out)
    return out.getvalue().strip()


@pytest.fixture(autouse=True)
def _named(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Root@Example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "red-Anchor-1")


def test_nobody_there__the_administrator_is_created():
    assert ensure_admin() == "Created the superuser Root@Example.org."

    user = get_user_model().objects.get(email="root@example.org")
    assert user.is_staff
    assert user.is_superuser
    assert user.check_password("red-Anchor-1")


def test_there_already__keeps_password_and_rights(monkeypatch):
    ensure_admin()
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "ROOT@example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "another-Anchor-2")

    assert ensure_admin() == "There is a user ROOT@example.org already."

    assert get_user_model().objects.get().check_password("red-Anchor-1")


@pytest.mark.parametrize("name", ["EMAIL", "PASSWORD"])
def test_variable_that_is_missing__is_named(monkeypatch, name):
    monkeypatch.delenv(f"DJANGO_SUPERUSER_{name}")

    with pytest.raises(CommandError, match=f"^Not set: DJANGO_SUPERUSER_{name}\\.$"):
        ensure_admin()


def test_address_that_is_none__is_refused(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "root")

    with pytest.raises(CommandError, match="Enter a valid email address"):
        ensure_admin()


@pytest.mark.django_db(transaction=True)
def test_several_processes_at_once__leave_one_administrator():
    said = at_once([ensure_admin] * 8)

    assert sorted(text.split()[0] for text in said) == ["Created", *["There"] * 7]
    assert get_user_model().objects.count() == 1
