"""The migrations, split so that no site's own models end in a circle."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from org_files.models import Download, Membership, PendingDownload, RangeGrant

APPS = ("org_files", "org_files_accounts", "org_files_eventlog")

ORGANIZATION, FILE = "ORG_FILES_ORGANIZATION_MODEL", "ORG_FILES_FILE_MODEL"


def labels(*names: str) -> set[str]:
    """Return the labels of swappable models, of which the user's is always one."""
    return {getattr(settings, name) for name in ("AUTH_USER_MODEL", *names)}


def migration(name: str) -> Any:
    return import_module(f"org_files.migrations.{name}").Migration


def later_migrations() -> list[str]:
    """Return the names of all migrations but the first."""
    disk = MigrationLoader(None).disk_migrations
    names = sorted(name for app, name in disk if app == "org_files")
    assert names[0] == "0001_initial"
    return names[1:]


def swappables(of: Any) -> set[str]:
    """Return the labels of the swappable models that a migration depends on."""
    return {dependency.setting for dependency in of.dependencies if hasattr(dependency, "setting")}


@pytest.mark.django_db
@pytest.mark.parametrize("app", APPS)
def test_models_and_migrations__agree(app: str) -> None:
    # It ends the process with a code other than 0 if there are changes.
    call_command("makemigrations", app, check=True, dry_run=True)


def test_first_migration__has_the_two_swappable_models_alone() -> None:
    operations = migration("0001_initial").operations

    assert all(isinstance(operation, migrations.CreateModel) for operation in operations)
    assert {operation.name: operation.options["swappable"] for operation in operations} == {
        "Organization": ORGANIZATION,
        "File": FILE,
    }


def test_first_migration__does_not_depend_on_the_file_model() -> None:
    assert swappables(migration("0001_initial")) == labels(ORGANIZATION)


def test_later_migrations__depend_on_the_one_before_and_on_all_swappable_models() -> None:
    before = "0001_initial"
    for name in later_migrations():
        assert ("org_files", before) in migration(name).dependencies
        assert swappables(migration(name)) == labels(ORGANIZATION, FILE)
        before = name


def test_foreign_keys_of_the_first_migration__are_to_users_and_organizations() -> None:
    for operation in migration("0001_initial").operations:
        targets = {field.remote_field.model for _, field in operation.fields if field.remote_field}
        assert targets <= labels(ORGANIZATION)


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Download, PendingDownload])
def test_ledger__has_no_foreign_keys_in_the_database(model: Any) -> None:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)

    assert not [name for name, of in constraints.items() if of["foreign_key"]]


@pytest.mark.django_db
def test_requesters_and_memberships__are_unique_in_the_database() -> None:
    with connection.cursor() as cursor:
        get = connection.introspection.get_constraints
        of_grants = get(cursor, RangeGrant._meta.db_table)
        of_memberships = get(cursor, Membership._meta.db_table)

    assert any(
        of["primary_key"] and of["columns"] == ["requester_key"] for of in of_grants.values()
    )
    assert any(
        of["unique"] and of["columns"] == ["user_id", "organization_id"]
        for of in of_memberships.values()
    )
