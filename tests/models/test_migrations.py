"""The migrations, split so that no site's own models end in a circle."""

from importlib import import_module

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from org_files.models import Download, Membership, PendingDownload, RangeGrant

APPS = ("org_files", "org_files_accounts", "org_files_eventlog")

ORGANIZATION, FILE = "ORG_FILES_ORGANIZATION_MODEL", "ORG_FILES_FILE_MODEL"


def labels(*names):
    """Return the labels of swappable models, of which the user's is always one."""
    return {getattr(settings, name) for name in ("AUTH_USER_MODEL", *names)}


def migration(name):
    return import_module(f"org_files.migrations.{name}").Migration


def swappables(of):
    """Return the labels of the swappable models that a migration depends on."""
    return {dependency.setting for dependency in of.dependencies if hasattr(dependency, "setting")}


@pytest.mark.django_db
def test_models_and_migrations__agree():
    # It ends the process with a code other than 0 if there are changes. A column that `save`
    # keeps is a plain one there.
    call_command("makemigrations", *APPS, check=True, dry_run=True)


def test_first_migration__has_the_two_swappable_models_alone_and_no_key_to_files():
    operations = migration("0001_initial").operations

    assert all(isinstance(operation, migrations.CreateModel) for operation in operations)
    assert {operation.name: operation.options["swappable"] for operation in operations} == {
        "Organization": ORGANIZATION,
        "File": FILE,
    }
    assert swappables(migration("0001_initial")) == labels(ORGANIZATION)
    fields = [field for operation in operations for _, field in operation.fields]
    targets = {field.remote_field.model for field in fields if field.remote_field}
    assert targets <= labels(ORGANIZATION)


def test_later_migrations__depend_on_the_one_before_and_on_all_swappable_models():
    disk = MigrationLoader(None).disk_migrations
    before, *later = sorted(name for app, name in disk if app == "org_files")
    assert before == "0001_initial"
    for name in later:
        assert ("org_files", before) in migration(name).dependencies
        assert swappables(migration(name)) == labels(ORGANIZATION, FILE)
        before = name


@pytest.mark.django_db
def test_ledger__has_no_foreign_keys_and_requesters_and_memberships_are_unique():
    def constraints(model):
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        return list(found.values())

    for model in (Download, PendingDownload):
        assert not any(of["foreign_key"] for of in constraints(model))
    keys = [of["columns"] for of in constraints(RangeGrant) if of["primary_key"]]
    assert keys == [["requester_key"]]
    unique = [of["columns"] for of in constraints(Membership) if of["unique"]]
    assert ["user_id", "organization_id"] in unique
