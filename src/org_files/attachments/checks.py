"""System checks of models with attachments."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from org_files import get_file_model, get_organization_model
from org_files.db.keys import key_field
from org_files.labels import Label, OnDelete, all_labels


@register("org_files")
def check_attachments(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the ``Attachments`` of all models."""
    try:
        longest: Any = get_file_model()._meta.get_field("resource")
        organization: Any = get_organization_model()._meta.concrete_model
    except (ImproperlyConfigured, FieldDoesNotExist):  # check_models reports it
        return
    labels = all_labels()
    texts = Counter(label.text for label in labels)
    for label in labels:
        if texts[label.text] > 1:
            message = f"several Attachments have the label {label.text!r}."
            yield _error(label, message, 'Attachments(..., name="photos")')
        if longest.max_length is not None and len(label.text) > longest.max_length:
            message = f"the label {label.text!r} has more than {longest.max_length} characters."
            yield _error(label, message, "a shorter name, or a longer column resource")
        if key_field(label.model) is None:
            yield _error(label, "its keys are no integers, UUIDs or texts.", "another primary key")
        if not (callable(label.organization) or _leads_to(label, organization)):
            message = f"{label.organization!r} is no path of foreign keys to an organization."
            hint = 'A path such as "shop.company", or a callable that takes the object.'
            yield _error(label, message, hint)
    ending = [label.model for label in labels if label.on_delete is not OnDelete.KEEP]
    for model in dict.fromkeys(ending):
        yield from _check_cascades(model)


def _error(label: Label, message: str, hint: str) -> Error:
    name = f"{label.model._meta.label}.{label.attribute}"
    return Error(f"{name}: {message}", hint=hint, obj=label.model, id="org_files.E040")


def _leads_to(label: Label, organization: Any) -> bool:
    """Return whether the path of a label ends at the organization model, by its primary key."""
    model: Any = label.model
    for name in str(label.organization).split("."):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        if not (field.concrete and (field.many_to_one or field.one_to_one)):
            return False
        model = field.related_model
    return model._meta.concrete_model is organization and field.target_field.primary_key


def _check_cascades(model: type[models.Model]) -> Iterator[CheckMessage]:
    """Yield a warning if the database itself deletes the objects."""
    cascade = getattr(models, "DB_CASCADE", None)  # from Django 6.1
    for field in model._meta.local_fields:
        if cascade is not None and getattr(field.remote_field, "on_delete", None) == cascade:
            yield CheckWarning(
                f"{field} has on_delete=models.DB_CASCADE. The database deletes the objects "
                "without a signal: their attachments stay.",
                hint="on_delete=models.CASCADE, or Attachments(..., on_delete=KEEP)",
                obj=field,
                id="org_files.W040",
            )
