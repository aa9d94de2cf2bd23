"""System checks of models with attachments."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from org_files import conf, get_file_model, get_organization_model
from org_files.db.keys import key_field
from org_files.labels import Label, OnDelete, all_labels

NAME = re.compile("[A-Za-z0-9_-]*", re.ASCII)
#: One of the two names of a content type (RFC 6838 §4.2), in lower case.
TYPE_NAME = re.compile(r"[a-z0-9!#$&^_.+-]+")


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
        for message, hint in _problems(label):
            yield _error(label, message, hint)
        if key_field(label.model) is None:
            yield _error(label, "its keys are no integers, UUIDs or texts.", "another primary key")
        if not (callable(label.organization) or _leads_to(label, organization)):
            message = f"{label.organization!r} is no path of foreign keys to an organization."
            hint = 'A path such as "shop.company", or a callable that takes the object.'
            yield _error(label, message, hint)
    ending = [label.model for label in labels if label.on_delete is not OnDelete.KEEP]
    for model in dict.fromkeys(ending):
        yield from _check_cascades(model)


def _problems(label: Label) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the options of a label, and a hint."""
    model, attribute = label.model, label.attribute
    fields: Any = model._meta.get_fields(include_hidden=True)
    taken = {
        *(name for field in fields for name in _names_of(field)),
        *(manager.name for manager in model._meta.managers),
    }
    if hasattr(models.Model, attribute) or attribute in taken:
        message = f"a field, a manager or Django's own class of models has the name {attribute!r}."
        yield message, 'another name, such as "attachments"'
    if not isinstance(label.name, str) or not NAME.fullmatch(label.name):
        yield f"name={label.name!r} is no text of letters, digits, - and _.", 'name="photos"'
    types = label.allowed_types
    if types is not None:
        if not isinstance(types, tuple):
            yield f"allowed_types={types!r} is no list of content types.", conf.CONTENT_TYPES
        elif not types:
            yield "allowed_types is empty: no file would be accepted.", "None for every type"
        for each in types if isinstance(types, tuple) else ():
            if not isinstance(each, str) or not _is_content_type(each):
                message = f"{each!r} in allowed_types is no content type in lower case."
                yield message, 'such as "image/png" or "image/*"'
    for option, what in (("max_file_size", "bytes"), ("max_files", "files")):
        value = getattr(label, option)
        try:
            conf.number(value)
        except ValueError:
            yield f"{option}={value!r} is no number of {what} from 1.", "None for no limit"


def _is_content_type(text: str) -> bool:
    """Return whether ``text`` is a content type, or all of a type, such as ``"image/*"``."""
    first, _slash, second = text.partition("/")
    is_name = TYPE_NAME.fullmatch
    return bool(is_name(first) and (second == "*" or is_name(second)))


def _names_of(field: Any) -> Iterator[str]:
    """Yield the attributes that a field, or a relation from another model, has on the model."""
    if hasattr(field, "get_accessor_name"):
        yield field.get_accessor_name() or ""
    else:
        yield from (field.name, getattr(field, "attname", field.name))


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
