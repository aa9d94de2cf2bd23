"""What holds of the migrations on every host. Run by tests/migrations/test_hosts.py."""

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder


def schema() -> dict[str, Any]:
    """Every table with its columns and constraints, as the database describes them."""
    introspection = connection.introspection
    tables: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in introspection.table_names(cursor):
            columns = introspection.get_table_description(cursor, table)
            tables[table] = (
                [(column.name, column.type_code, column.null_ok) for column in columns],
                introspection.get_constraints(cursor, table),
            )
    return tables


def applied(label: str) -> set[str]:
    return {
        name for app, name in MigrationRecorder(connection).applied_migrations() if app == label
    }


def tables_of(label: str) -> set[str]:
    """The tables of the models that the app brings and that nothing is swapped for."""
    models = apps.get_app_config(label).get_models(include_auto_created=True)
    return {model._meta.db_table for model in models}


@pytest.mark.django_db
def test_no_model__has_changed_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_nothing__is_left_to_apply() -> None:
    executor = MigrationExecutor(connection)

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def unapplied_with(label: str) -> set[str]:
    """The apps whose migrations go backwards with all those of ``label``."""
    return {
        migration.app_label
        for migration, _ in MigrationExecutor(connection).migration_plan([(label, None)])
    }


@pytest.mark.django_db(transaction=True)
def test_backwards_and_forwards__ends_in_the_same_schema() -> None:
    before = schema()
    hosts_own = {app.label for app in apps.get_app_configs() if app.name.startswith("tests.")}
    labels = ["org_files"]
    # Users are what a host's own tables hang on, and not all of a host's own goes back on MariaDB.
    if not unapplied_with("org_files_accounts") & hosts_own:
        labels.append("org_files_accounts")
    if apps.is_installed("org_files.eventlog"):
        labels.append("org_files_eventlog")

    for label in labels:
        names = applied(label)
        assert names
        assert tables_of(label) <= before.keys()

        call_command("migrate", label, "zero", verbosity=0)
        assert applied(label) == set()
        assert not tables_of(label) & schema().keys()

        call_command("migrate", verbosity=0)
        assert applied(label) == names
        assert schema() == before
