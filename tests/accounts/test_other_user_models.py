"""Profiles of other user models, whole sites with them, and such a site in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User as StockUser
from django.core.exceptions import ValidationError
from django.db import models
from django.test.utils import isolate_apps

from org_files.accounts import profile
from org_files.accounts.serializers import CredentialsSerializer, UserSerializer
from org_files.testing.factories import make_user

HERE = Path(__file__).parent


@isolate_apps("org_files.accounts")
def bare():
    """Return a model with a login name only."""

    class Bare(AbstractBaseUser):
        nick = models.CharField(max_length=20, unique=True)

        USERNAME_FIELD = "nick"

        class Meta:
            app_label = "org_files_accounts"

    return Bare


@isolate_apps("org_files.accounts")
def demanding():
    """Return a model with more required fields, some of which users may not choose."""

    class Demanding(AbstractBaseUser):
        mail = models.EmailField(unique=True)
        born_on = models.DateField()
        company = models.ForeignKey("auth.Group", models.CASCADE)
        is_staff = models.BooleanField()
        department = models.CharField(max_length=20)
        first_name = models.CharField(max_length=20)

        USERNAME_FIELD = EMAIL_FIELD = "mail"
        REQUIRED_FIELDS = ["born_on", "company", "is_staff", "password", "no_such_column"]

        class Meta:
            app_label = "org_files_accounts"

    return Demanding


def use(monkeypatch, model):
    monkeypatch.setattr(profile, "get_user_model", lambda: model)


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (lambda: StockUser, ["username", "email", "first_name", "last_name"]),
        (bare, ["nick"]),
        (demanding, ["mail", "born_on", "first_name"]),
    ],
)
def test_profile_fields__are_columns_that_users_may_choose(monkeypatch, model, shown):
    use(monkeypatch, model())

    assert profile.profile_fields() == shown
    assert profile.login_field() == shown[0]
    assert list(CredentialsSerializer().get_fields()) == [shown[0], "password"]


def test_columns_of_the_settings__are_added_without_privileges_and_relations(monkeypatch, settings):
    use(monkeypatch, demanding())
    names = ["department", "company", "company_id", "is_staff", "id", "pk", "mail"]
    settings.ORG_FILES = {"PROFILE_FIELDS": names}

    assert profile.profile_fields() == ["mail", "born_on", "first_name", "department"]


def test_login_name__has_the_form_of_the_column(monkeypatch):
    assert profile.normalized_login(" Ada@Example.com") == "ada@example.com"
    use(monkeypatch, demanding())
    assert profile.normalized_login("Ada@Example.com") == "ada@example.com"
    use(monkeypatch, StockUser)
    assert profile.normalized_login("\uff21da") == "Ada"


@pytest.mark.parametrize("name", ["\ufdfa" * 20, "a\u2100b", "x" * 151])
def test_login_name_with_an_invalid_form__is_refused(monkeypatch, name):
    use(monkeypatch, StockUser)

    with pytest.raises(ValidationError):
        profile.normalized_login(name)


@pytest.mark.django_db
def test_address_of_a_plain_column__is_found_in_any_case_and_by_no_pattern(monkeypatch):
    email = make_user(email="ada@example.com").email
    monkeypatch.setattr(profile, "_keeps_case", lambda: True)

    assert profile.login_name(" ADA@example.COM") == email
    for pattern in ("_da@example.com", "ada%"):
        assert profile.login_name(pattern) == pattern


def test_user_of_a_model_without_is_staff__is_no_staff():
    assert UserSerializer().get_is_staff(SimpleNamespace()) is False


@pytest.mark.sweep
def test_site_with_users_of_its_own__has_the_same_accounts():
    suite = str(HERE / "own_user" / "suite")
    command = [sys.executable, "-m", "pytest", "--ds=tests.accounts.own_user.settings", "-q"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", suite],
        cwd=HERE.parents[1],
        # Which database it is makes no difference to this.
        env=os.environ | {"TEST_DATABASE": "sqlite"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr
