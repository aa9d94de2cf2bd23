"""Checks of the two models that a site may put in place of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Model

from org_files import conf, get_file_model, get_organization_model
from org_files.models import AbstractFile, AbstractOrganization

__all__ = ["check_models"]


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
            hint="; ".join(f'{key} = "{label}"' for key, label in conf.SWAPPABLE_DEFAULTS.items()),
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
            hint="public_id = models.UUIDField(unique=True, default=new_public_id, editable=False)",
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
