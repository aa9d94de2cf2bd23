"""System check of the order of migrations of swapped models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import CreateModel, RenameModel

from org_files import conf

#: The first of our migrations that refers to the model of each setting.
FIRST_REFERENCE = {
    conf.ORGANIZATION_MODEL_SETTING: ("org_files", "0001_initial"),
    conf.FILE_MODEL_SETTING: ("org_files", "0002_memberships_and_downloads"),
}


@register("org_files")
def check_migrations(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check that the migrations of swapped models come before ours. Reads no database."""
    swapped = {}
    for setting, default in conf.SWAPPABLE_DEFAULTS.items():
        try:
            model = conf.swappable_model(setting)
        except ImproperlyConfigured:  # check_models reports it
            continue
        if model._meta.label != default:
            swapped[setting] = model
    # Reading all migrations takes time.
    if not swapped:
        return
    try:
        # An app may have none yet: makemigrations runs the checks before it makes them.
        loader = MigrationLoader(None, ignore_no_migrations=True)
    except CircularDependencyError as error:
        yield Error(
            f"The migrations of swapped models and of org_files wait for each other: {error}",
            hint="Put the models that refer to org_files into an app, or a migration, of their "
            "own, behind those that org_files refers to.",
            id="org_files.E004",
        )
        return
    except NodeNotFoundError:  # every command about migrations reports it
        return
    for setting, model in swapped.items():
        ours = FIRST_REFERENCE[setting]
        created = _created_by(loader, model._meta.app_label, model._meta.model_name)
        if created is None or ours not in loader.graph.nodes:
            continue
        if created not in loader.graph.forwards_plan(ours):
            app_label, name = created
            yield Error(
                f"{setting}: {model._meta.label} is created by migration {app_label}.{name}, "
                f"which is not ordered before {'.'.join(ours)}.",
                hint=f'In migration {app_label}.{name}: run_before = [("{ours[0]}", "{ours[1]}")]',
                obj=model,
                id="org_files.E003",
            )


def _created_by(loader: MigrationLoader, app_label: str, model_name: str) -> tuple[str, str] | None:
    """Return the migration that gave the model its name, ``None`` if there is none yet."""
    for key, migration in sorted(loader.disk_migrations.items()):
        if key[0] == app_label and model_name in map(_named, migration.operations):
            return key
    return None


def _named(operation: Any) -> str | None:
    """Return the model name in lower case that ``operation`` introduces."""
    if isinstance(operation, CreateModel):
        return operation.name.lower()
    return operation.new_name.lower() if isinstance(operation, RenameModel) else None
