"""manage.py ensure_admin."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from org_files.testing.factories import make_user
from org_files.testing.threads import at_once
from tests.accounts.clients import LOGIN, NEW_PASSWORD, PASSWORD, USERS, call, session_of

EMAIL, SECRET = "DJANGO_SUPERUSER_EMAIL", "DJANGO_SUPERUSER_PASSWORD"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv(EMAIL, "Root@Example.com")
    monkeypatch.setenv(SECRET, PASSWORD)
    return monkeypatch


def ensure_admin() -> str:
    out = StringIO()
    call_command("ensure_admin", stdout=out, no_color=True)
    return out.getvalue()


@pytest.mark.django_db
def test_administrator_of_the_environment__can_do_everything() -> None:
    assert "Created the superuser" in ensure_admin()

    user = get_user_model().objects.get()
    assert (user.email, user.is_staff, user.is_superuser) == ("root@example.com", True, True)
    client = session_of(user)
    assert client.get(USERS).json()["count"] == 1
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["Root@Example.com", "ROOT@EXAMPLE.COM", " root@example.com"])
def test_second_run__changes_nothing(environment: pytest.MonkeyPatch, email: str) -> None:
    ensure_admin()
    before = get_user_model().objects.values().get()
    environment.setenv(EMAIL, email)
    environment.setenv(SECRET, NEW_PASSWORD)

    assert "already" in ensure_admin()

    assert get_user_model().objects.values().get() == before


@pytest.mark.django_db
def test_administrator_who_was_let_out__stays_out() -> None:
    ensure_admin()
    get_user_model().objects.update(is_active=False)

    ensure_admin()

    assert call(LOGIN, email="root@example.com", password=PASSWORD).status_code == 400


@pytest.mark.django_db
def test_somebody_of_that_name__is_made_no_administrator() -> None:
    # Who registers first must not get it all at the next migration.
    make_user(email="root@example.com")

    with pytest.raises(CommandError, match="is no superuser"):
        ensure_admin()

    assert not get_user_model().objects.get().is_superuser


@pytest.mark.django_db
@pytest.mark.parametrize("missing", [EMAIL, SECRET])
@pytest.mark.parametrize("value", [None, ""])
def test_variable_that_is_not_set__is_named(
    environment: pytest.MonkeyPatch, missing: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(missing)
    else:
        environment.setenv(missing, value)

    with pytest.raises(CommandError, match=missing):
        ensure_admin()
    assert not get_user_model().objects.exists()


@pytest.mark.django_db
def test_value_that_is_no_address__is_an_error(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(EMAIL, "nobody")

    with pytest.raises(CommandError):
        ensure_admin()


@pytest.mark.django_db(transaction=True)
def test_workers_that_start_at_once__make_one() -> None:
    def ensure() -> Any:
        call_command("ensure_admin", stdout=StringIO())

    at_once([ensure] * 8)

    assert get_user_model().objects.count() == 1
