"""System checks of the fields by which a site's model replaces those of its base."""

from __future__ import annotations

import functools
import inspect
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import functional

from org_files.checks.suggestions import (
    class_of,
    declaration,
    fills_itself,
    has_value,
    optional,
    renamed,
)

#: Other field classes with the same values.
WIDER: dict[type[Any], tuple[type[Any], ...]] = {
    models.CharField: (models.TextField,),
    models.TextField: (models.CharField,),
    models.PositiveBigIntegerField: (models.BigIntegerField,),
}

#: Classes of attributes that compute a value.
COMPUTED = (property, functools.cached_property, functional.cached_property)

#: Characters of the longest text that the API accepts for a ``TextField``.
TEXT_LENGTH = 10_000

#: Columns with a default that every upload writes anyway.
ALWAYS_WRITTEN = frozenset({"is_public"})


@dataclass(frozen=True)
class Leeway:
    """Names of fields in which a model may differ from its base."""

    #: May be missing.
    removed: Collection[str] = ()
    #: May be shorter: the serializers ask the model for the length.
    shorter: Collection[str] = ()
    #: May be NULL.
    nullable: Collection[str] = ()
    #: Other classes that are accepted.
    wider: Mapping[str, tuple[type[Any], ...]] = field(default_factory=dict)
    #: Whether columns may be unique that are not unique in the base.
    unique: bool = True


class Mismatch(NamedTuple):
    """A description of the field expected, one of the field found, and the hint."""

    expected: str
    found: str
    hint: str


def check_fields(model: type[models.Model], base: Any, leeway: Leeway) -> Iterator[CheckMessage]:
    """Yield an error for each field of ``base`` that ``model`` replaces by an incompatible one."""
    for ours in (*base._meta.fields, *base._meta.many_to_many):
        if mismatch := _mismatch(model, ours, leeway):
            yield Error(
                f"{model._meta.label}.{ours.name} cannot stand for {base.__name__}.{ours.name}: "
                f"expected {mismatch.expected}, found {mismatch.found}.",
                hint=mismatch.hint,
                obj=model,
                id="org_files.E019",
            )
    for name, value in vars(base).items():
        theirs = inspect.getattr_static(model, name, None)
        if isinstance(value, property) and not isinstance(theirs, COMPUTED):
            yield Error(
                f"{model._meta.label}.{name} cannot stand for {base.__name__}.{name}: expected a "
                f"property, found {_described(theirs)}.",
                hint=renamed(model, name),
                obj=model,
                id="org_files.E019",
            )


def check_reserved(model: type[models.Model], names: Collection[str]) -> Iterator[CheckMessage]:
    """Yield an error for each of ``names``, of computed values, that ``model`` uses."""
    for name in names:
        taken = inspect.getattr_static(model, name, None)
        # A computed value hides a method.
        if taken is not None and not inspect.isfunction(taken):
            yield Error(
                f"{model._meta.label}.{name} has the name of a value that org_files computes for "
                "each row.",
                hint=renamed(model, name),
                obj=model,
                id="org_files.E020",
            )


def check_unfilled(model: type[models.Model], base: Any) -> Iterator[CheckMessage]:
    """Yield a warning for each additional column of a file model that uploads leave empty."""
    if model.save is not models.Model.save:  # It may set the columns.
        return
    inherited = {ours.name for ours in base._meta.fields}
    for column in model._meta.concrete_fields:
        if column.name not in inherited and not fills_itself(column):
            yield CheckWarning(
                f"{model._meta.label}.{column.name} gets no value when a file is uploaded.",
                hint=declaration(column.name, optional(column)),
                obj=model,
                id="org_files.W011",
            )


def _mismatch(model: type[models.Model], ours: Any, leeway: Leeway) -> Mismatch | None:
    try:
        theirs: Any = model._meta.get_field(ours.name)
    except FieldDoesNotExist:
        return None if ours.name in leeway.removed else _missing(model, ours)
    wider = leeway.wider.get(ours.name, WIDER.get(type(ours), ()))
    accepted = (type(ours), *wider)
    if not isinstance(theirs, accepted):
        return Mismatch(class_of(ours), _described(theirs), renamed(model, ours.name))
    options = list(_wrong_options(ours, theirs, leeway))
    if not options:
        return None
    expected, found, arguments = zip(*options, strict=True)
    changes = {"unique": True} if ours.unique else {}
    mended = declaration(ours.name, theirs, changes | dict(ChainMap(*arguments)))
    alternative = renamed(model, ours.name).replace("\n", "\n# ")
    hint = f"{mended}\n# or, under another name:\n# {alternative}"
    return Mismatch(", ".join(expected), ", ".join(found), hint)


def _missing(model: type[models.Model], ours: Any) -> Mismatch:
    attribute = inspect.getattr_static(model, ours.name, None)
    if attribute is None:
        hint = f'Remove the line "{ours.name} = None".'
        return Mismatch(class_of(ours), "no field", hint)
    return Mismatch(class_of(ours), _described(attribute), renamed(model, ours.name))


def _wrong_options(
    ours: Any, theirs: Any, leeway: Leeway
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield what is expected, what is found, and the arguments that ``theirs`` needs."""
    # A text if it names no model, which Django reports.
    far: Any = theirs.related_model if ours.is_relation else None
    if isinstance(far, type(models.Model)):
        label = ours.remote_field.model
        target = apps.get_model(label) if isinstance(label, str) else label
        if far._meta.concrete_model is not target._meta.concrete_model:
            label, found = target._meta.label, far._meta.label
            yield f"a relation to {label}", f"one to {found}", {"to": label}
        elif not ours.many_to_many and not theirs.target_field.primary_key:
            column = theirs.target_field.name
            yield "to the primary key", f"to_field={column!r}", {"to_field": None}
    if ours.many_to_many:
        return
    if ours.null and not theirs.null:
        yield "null=True", "null=False", {"null": True}
    if theirs.null and not ours.null and ours.name not in leeway.nullable:
        yield "null=False", "null=True", {"null": False}
    # public_id has its own check.
    if ours.unique and not theirs.unique and ours.name != "public_id":
        yield "unique=True", "unique=False", {"unique": True}
    if theirs.unique and not ours.unique and not leeway.unique:
        yield "unique=False", "unique=True", {"unique": False}
    length = TEXT_LENGTH if isinstance(ours, models.TextField) else ours.max_length
    given = None if isinstance(theirs, models.TextField) else theirs.max_length
    if length and given and given < length and ours.name not in leeway.shorter:
        yield f"max_length={length}", f"max_length={given}", {"max_length": length}
    if has_value(ours) and not has_value(theirs) and ours.name not in ALWAYS_WRITTEN:
        default = ours.default if ours.has_default() else models.NOT_PROVIDED
        mended = {"auto_now": True} if default is models.NOT_PROVIDED else {"default": default}
        yield "a default", "no default", mended


def _described(attribute: Any) -> str:
    """Return a description of ``attribute`` for an error."""
    attribute = getattr(attribute, "field", attribute)
    target: Any = getattr(attribute, "related_model", None)
    if target:
        label = target if isinstance(target, str) else target._meta.label
        return f"{class_of(attribute)} to {label}"
    if inspect.isfunction(attribute):
        return "a method"
    if isinstance(attribute, property):
        return "a property"
    return class_of(attribute)
