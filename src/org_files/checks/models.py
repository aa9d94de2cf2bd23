"""System checks of the two models that a site may replace, and of their migrations."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import CreateModel, RenameModel
from django.db.models import Model

from org_files import conf, get_file_model, get_organization_model
from org_files.checks.fields import Leeway, check_fields, check_reserved, check_unfilled
from org_files.models import AbstractFile, AbstractOrganization

#: How a site's model may differ from the base and still work.
LEEWAY = {
    AbstractOrganization: Leeway(shorter={"name"}, nullable={"description"}),
    AbstractFile: Leeway(nullable={"comment", "resource", "resource_id"}, unique=False),
}

#: Names that querysets of the package give to computed values.
COMPUTED = {
    AbstractOrganization: ("download_count", "last_downloaded_at", "file_count", "bytes_stored"),
    AbstractFile: ("download_count", "last_downloaded_at"),
}

#: The first of our migrations that refers to the model of each setting.
FIRST_REFERENCE = {
    conf.ORGANIZATION_MODEL_SETTING: ("org_files", "0001_initial"),
    conf.FILE_MODEL_SETTING: ("org_files", "0002_memberships_and_downloads"),
}

FILES_CASCADE = (
    "The database deletes files together with the row that it refers to: without a tombstone, "
    "without lowering the usage, and their bytes stay in the storage."
)
ROWS_CASCADE = "The database deletes its rows together with their file: no signal is sent."


@register("org_files")
def check_models(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the two models that a site may replace."""
    found = []
    for setting, accessor, base in (
        (conf.ORGANIZATION_MODEL_SETTING, get_organization_model, AbstractOrganization),
        (conf.FILE_MODEL_SETTING, get_file_model, AbstractFile),
    ):
        try:
            model: type[Model] = accessor()
        except ImproperlyConfigured as error:
            yield Error(
                str(error),
                hint=f'{setting} = "{conf.SWAPPABLE_DEFAULTS[setting]}"',
                id="org_files.E001",
            )
            continue
        found.append(model)
        if not issubclass(model, base):
            yield Error(
                f"{setting} names {model._meta.label}, which is no "
                f"org_files.models.{base.__name__}.",
                hint=f"class {model.__name__}({base.__name__}): ...",
                obj=model,
                id="org_files.E002",
            )
            continue
        yield from _lost_options(model, base)
        yield from check_fields(model, base, LEEWAY[base])
        yield from check_reserved(model, COMPUTED[base])
        if base is AbstractFile:
            # Where there is none, check_fields reports it.
            fields: Any = [field for field in model._meta.get_fields() if field.name == "public_id"]
            if any(not getattr(field, "unique", False) for field in fields):
                yield Error(
                    f"{model._meta.label} has no unique public_id.",
                    hint="public_id = models.UUIDField(unique=True, default=new_public_id, "
                    "editable=False)",
                    obj=model,
                    id="org_files.E006",
                )
            yield from check_unfilled(model, base)
    if len(found) == 2 and found[0] is found[1]:
        yield Error(
            f"{conf.ORGANIZATION_MODEL_SETTING} and {conf.FILE_MODEL_SETTING} both name "
            f"{found[0]._meta.label}.",
            hint="; ".join(f'{key} = "{label}"' for key, label in conf.SWAPPABLE_DEFAULTS.items()),
            id="org_files.E005",
        )


@register("org_files")
def check_cascades(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if the database itself deletes files, or rows that refer to files."""
    cascade = getattr(models, "DB_CASCADE", None)
    if cascade is None:  # before Django 6.1
        return
    try:
        file_model: Any = get_file_model()._meta.concrete_model
    except ImproperlyConfigured:  # check_models reports it
        return
    file_models = {file_model, *file_model._meta.get_parent_list()}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if getattr(field.remote_field, "on_delete", None) != cascade:
                continue
            if file_models & {model, _concrete(field.related_model)}:
                outcome = FILES_CASCADE if model in file_models else ROWS_CASCADE
                yield CheckWarning(
                    f"{field} has on_delete=models.DB_CASCADE. {outcome}",
                    hint="on_delete=models.CASCADE",
                    obj=field,
                    id="org_files.W010",
                )


def _concrete(model: Any) -> Any:
    """Return the model that has the table; ``None`` for a label that names no model."""
    return None if isinstance(model, str) else model._meta.concrete_model


def _lost_options(model: type[Model], base: Any) -> Iterator[CheckMessage]:
    """Yield a warning if ``class Meta`` does not inherit the base's."""
    present = [index.fields for index in model._meta.indexes]
    # A longer one serves too, such as the one that ends with the model's key.
    lost = [
        index.fields
        for index in base._meta.indexes
        if not any(fields[: len(index.fields)] == index.fields for fields in present)
    ]
    if lost:
        yield CheckWarning(
            f"{model._meta.label} lacks the indexes of {base.__name__} on "
            f"{'; '.join(', '.join(fields) for fields in lost)}.",
            hint=f"class Meta({base.__name__}.Meta): ...",
            obj=model,
            id="org_files.W001",
        )


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
        names = [each.name for each in migration.operations if isinstance(each, CreateModel)]
        names += [each.new_name for each in migration.operations if isinstance(each, RenameModel)]
        if key[0] == app_label and model_name in map(str.lower, names):
            return key
    return None
