"""System checks of the settings, of swapped models and of every backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Model

from org_files import conf, get_file_model, get_organization_model
from org_files.access import get_policy
from org_files.backends import Backend
from org_files.counters import get_counters
from org_files.delivery import get_delivery
from org_files.exceptions import ConfigurationError
from org_files.models import AbstractFile, AbstractOrganization

__all__ = ["check_database", "check_models", "check_settings"]

BACKENDS: dict[str, Callable[[], Backend]] = {
    "POLICY": get_policy,
    "COUNTERS": get_counters,
    "DELIVERY": get_delivery,
}

VALUES: tuple[Callable[[], Any], ...] = (
    conf.max_file_size,
    conf.allowed_types,
    conf.inline_types,
)


@register("org_files")
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check ``settings.ORG_FILES``."""
    return list(_settings())


def _settings() -> Iterator[CheckMessage]:
    try:
        unknown = conf.user_settings().keys() - conf.DEFAULTS.keys()
    except ConfigurationError as error:
        yield Error(str(error), id="org_files.E010")
        return
    for key in sorted(unknown):
        yield Error(
            f'ORG_FILES has no setting "{key}".',
            hint=f"There are {', '.join(sorted(conf.DEFAULTS))}.",
            id="org_files.E010",
        )
    for value in VALUES:
        try:
            value()
        except (ConfigurationError, TypeError) as error:
            yield Error(str(error), id="org_files.E010")
    for load in BACKENDS.values():
        try:
            backend = load()
        except ConfigurationError as error:
            yield Error(str(error), id="org_files.E011")
        else:
            yield from backend.check()
    if conf.storage_alias() not in settings.STORAGES:
        yield Error(
            f'ORG_FILES["STORAGE"] names {conf.storage_alias()!r}, which STORAGES does not have.',
            hint=f'STORAGES["{conf.storage_alias()}"] = {{"BACKEND": '
            '"django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": "..."}}',
            id="org_files.E012",
        )


@register(Tags.database)
def check_database(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Check that the counters can do their work in the database."""
    try:
        counters = get_counters()
    except ConfigurationError:  # check_settings has said so
        return []
    if counters.connection.alias not in (databases or ()):
        return []
    return list(counters.check_database())


@register("org_files")
def check_models(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the two models that a site may put in place of ours."""
    return list(_models())


def _models() -> Iterator[CheckMessage]:
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
        if base is AbstractFile:
            yield from _public_id(model)
    if len(found) == 2 and found[0] is found[1]:
        yield Error(
            f"{conf.ORGANIZATION_MODEL_SETTING} and {conf.FILE_MODEL_SETTING} both name "
            f"{found[0]._meta.label}.",
            id="org_files.E005",
        )


def _public_id(model: type[Model]) -> Iterator[CheckMessage]:
    try:
        unique = getattr(model._meta.get_field("public_id"), "unique", False)
    except FieldDoesNotExist:
        unique = False
    if not unique:
        yield Error(
            f"{model._meta.label} has no unique public_id.",
            hint="Leave public_id as AbstractFile has it.",
            obj=model,
            id="org_files.E006",
        )


def _lost_options(model: type[Model], base: Any) -> Iterator[CheckMessage]:
    """Yield a warning where ``class Meta`` does not inherit the base's."""
    present = {tuple(index.fields) for index in model._meta.indexes}
    lost = [index.fields for index in base._meta.indexes if tuple(index.fields) not in present]
    if lost:
        yield CheckWarning(
            f"{model._meta.label} lacks the indexes of {base.__name__} on "
            f"{'; '.join(', '.join(fields) for fields in lost)}.",
            hint=f"class Meta({base.__name__}.Meta): ...",
            obj=model,
            id="org_files.W001",
        )
