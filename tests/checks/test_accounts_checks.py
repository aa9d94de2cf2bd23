"""Checks of what the accounts app adds to the settings."""

from django.core.checks import run_checks

JOINING = "org_files.accounts.registration.JoinOrganization"


def ids(**kwargs):
    return [message.id for message in run_checks(tags=["org_files"], **kwargs)]


def test_site_as_it_is__has_nothing_to_say():
    assert ids() == []


def test_role_that_there_is_not__is_e016_and_named(settings):
    options = {"organization": "Acme", "role": "boss"}
    settings.ORG_FILES = {"REGISTRATION": {"BACKEND": JOINING, "OPTIONS": options}}

    [error] = run_checks(tags=["org_files"])

    assert error.id == "org_files.E016"
    assert "boss" in error.msg


def test_column_that_nobody_fills_in__is_e017_and_named(settings):
    settings.ORG_FILES = {"PROFILE_FIELDS": ["first_name", "is_superuser"]}

    [error] = run_checks(tags=["org_files"])

    assert error.id == "org_files.E017"
    assert "is_superuser" in error.msg


def test_site_without_pillow__is_told_so_before_it_goes_live(monkeypatch):
    assert "org_files.W005" not in ids(include_deployment_checks=True)

    monkeypatch.setattr("org_files.accounts.checks.find_spec", lambda name: None)

    assert "org_files.W005" in ids(include_deployment_checks=True)
    assert "org_files.W005" not in ids()
