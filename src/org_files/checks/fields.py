"""System checks of the fields by which a site's model replaces those of its base."""

import functools
import inspect
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.migrations.serializer import serializer_factory
from django.utils import functional

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

#: Shorter code for paths that migrations write in full.
IMPORTED = {
    "django.db.models.deletion.": "models.",
    "django.utils.timezone.": "timezone.",
    "org_files.ids.": "",
}


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


def check_fields(model: type[models.Model], base: Any, leeway: Leeway) -> Iterator[CheckMessage]:
    """Yield an error for each field of ``base`` that ``model`` replaces by an incompatible one."""
    fields = (*base._meta.fields, *base._meta.many_to_many)
    mismatches = {ours.name: _mismatch(model, ours, leeway) for ours in fields}
    for name, value in vars(base).items():
        theirs = inspect.getattr_static(model, name, None)
        if isinstance(value, property) and not isinstance(theirs, COMPUTED):
            mismatches[name] = "a property", _described(theirs), _renamed(model, name)
    for name, mismatch in mismatches.items():
        if mismatch is not None:
            expected, found, hint = mismatch
            yield Error(
                f"{model._meta.label}.{name} cannot stand for {base.__name__}.{name}: "
                f"expected {expected}, found {found}.",
                hint=hint,
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
                hint=_renamed(model, name),
                obj=model,
                id="org_files.E020",
            )


def check_unfilled(model: type[models.Model], base: Any) -> Iterator[CheckMessage]:
    """Yield a warning for each additional column of a file model that uploads leave empty."""
    if model.save is not models.Model.save:  # It may set the columns.
        return
    inherited = {ours.name for ours in base._meta.fields}
    for column in model._meta.concrete_fields:
        if column.name not in inherited and not _fills_itself(column):
            yield CheckWarning(
                f"{model._meta.label}.{column.name} gets no value when a file is uploaded.",
                hint=_declaration(column.name, _optional(column)),
                obj=model,
                id="org_files.W011",
            )


def _mismatch(model: Any, ours: Any, leeway: Leeway) -> tuple[str, str, str] | None:
    """Return what is expected, what is found, and the hint."""
    try:
        theirs: Any = model._meta.get_field(ours.name)
    except FieldDoesNotExist:
        if ours.name in leeway.removed:
            return None
        theirs = inspect.getattr_static(model, ours.name, None)
        if theirs is None:
            return _class_of(ours), "no field", f'Remove the line "{ours.name} = None".'
    wider = leeway.wider.get(ours.name, WIDER.get(type(ours), ()))
    if not isinstance(theirs, (type(ours), *wider)):
        return _class_of(ours), _described(theirs), _renamed(model, ours.name)
    options = list(_wrong_options(ours, theirs, leeway))
    if not options:
        return None
    expected, found, arguments = zip(*options, strict=True)
    changes = {"unique": True} if ours.unique else {}
    mended = _declaration(ours.name, theirs, changes | dict(ChainMap(*arguments)))
    alternative = _renamed(model, ours.name).replace("\n", "\n# ")
    hint = f"{mended}\n# or, under another name:\n# {alternative}"
    return ", ".join(expected), ", ".join(found), hint


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
    if _has_value(ours) and not _has_value(theirs) and ours.name not in ALWAYS_WRITTEN:
        mended = {"default": ours.default} if ours.has_default() else {"auto_now": True}
        yield "a default", "no default", mended


def _described(attribute: Any) -> str:
    attribute = getattr(attribute, "field", attribute)
    target: Any = getattr(attribute, "related_model", None)
    if target:
        label = target if isinstance(target, str) else target._meta.label
        return f"{_class_of(attribute)} to {label}"
    if inspect.isfunction(attribute):
        return "a method"
    if isinstance(attribute, property):
        return "a property"
    return _class_of(attribute)


def _renamed(model: type[models.Model], name: str) -> str:
    """Return a line of code that gives ``name`` of ``model`` another name."""
    new = f"{model._meta.model_name}_{name}"
    try:
        theirs: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        attribute: Any = inspect.getattr_static(model, name)
        is_property = isinstance(attribute, property)
        function = attribute.fget if is_property else attribute
        if not inspect.isfunction(function):
            return f"{new} = {attribute!r}"
        code = f"def {new}{inspect.signature(function)}: ..."
        return f"@property\n{code}" if is_property else code
    if hasattr(theirs, "ct_field"):
        return _generic(theirs, new, theirs.ct_field, theirs.fk_field)
    if not theirs.concrete:  # the reverse of a relation
        return f'related_name="{new}"'
    lines = [_declaration(new, _optional(theirs))]
    # Uploads leave both columns of a generic relation empty.
    for generic in model._meta.private_fields:
        ends = [getattr(generic, "ct_field", None), getattr(generic, "fk_field", None)]
        if name in ends:
            others = (f for f in model._meta.concrete_fields if f.name in ends and f.name != name)
            lines += [_declaration(f.name, _optional(f)) for f in others if not _fills_itself(f)]
            lines.append(_generic(generic, generic.name, *(new if e == name else e for e in ends)))
    return "\n".join(lines)


def _generic(relation: Any, name: str, *ends: Any) -> str:
    arguments = ", ".join(f'"{end}"' for end in ends)
    return f"{name} = {_class_of(relation)}({arguments})"


def _optional(column: Any) -> Any:
    """Return ``column``, or a copy that may be empty if uploads leave it empty."""
    if column.many_to_many or _fills_itself(column):
        return column
    copy = column.clone()
    copy.null = copy.blank = True
    return copy


def _declaration(name: str, column: Any, changes: Mapping[str, Any] | None = None) -> str:
    """Return the line that declares ``column``, with the arguments in ``changes``.

    An argument that is changed to ``None`` is left out.
    """
    if changes:
        _name, _path, args, kwargs = column.deconstruct()
        kwargs = {key: value for key, value in {**kwargs, **changes}.items() if value is not None}
        is_one_to_one = isinstance(column, models.OneToOneField)
        # A OneToOneField is always unique.
        kind = models.ForeignKey if is_one_to_one and "unique" in changes else type(column)
        column = kind(*args, **kwargs)
    try:
        code = str(serializer_factory(column).serialize()[0])
    except ValueError:  # a default that migrations cannot contain either
        code = f"models.{_class_of(column)}(...)"
    for long, short in IMPORTED.items():
        code = code.replace(long, short)
    return f"{name} = {code}"


def _has_value(column: Any) -> bool:
    """Return whether Django gives new rows a value for ``column``."""
    is_moment = getattr(column, "auto_now", False) or getattr(column, "auto_now_add", False)
    return bool(column.has_default() or is_moment)


def _fills_itself(column: Any) -> bool:
    """Return whether any number of rows can be inserted without a value for ``column``."""
    if isinstance(column, models.AutoField) or getattr(column, "generated", False):
        return True
    if column.is_relation and column.remote_field.parent_link:
        return True
    if column.has_default():
        return not column.unique or callable(column.default)
    is_djangos = str(type(column).pre_save.__module__).startswith("django.")
    if _has_value(column) or column.has_db_default() or not is_djangos:
        return True
    return bool(column.null or (column.empty_strings_allowed and not column.unique))


def _class_of(thing: Any) -> str:
    return type(thing).__name__
