"""Code that hints of system checks suggest for fields of a site's model."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.migrations.serializer import serializer_factory

#: Shorter code for paths that migrations write in full.
IMPORTED = {
    "django.db.models.deletion.": "models.",
    "django.utils.timezone.": "timezone.",
    "org_files.ids.": "",
}


def renamed(model: type[models.Model], name: str) -> str:
    """Return the code that gives ``name`` of ``model`` another name."""
    new = f"{model._meta.model_name}_{name}"
    try:
        theirs: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return _renamed_attribute(inspect.getattr_static(model, name), new)
    if hasattr(theirs, "ct_field"):
        return _generic(theirs, new, theirs.ct_field, theirs.fk_field)
    if not theirs.concrete:  # the reverse of a relation
        return f'related_name="{new}"'
    lines = [declaration(new, optional(theirs))]
    # Uploads leave both columns of a generic relation empty.
    for generic in model._meta.private_fields:
        ends = [getattr(generic, "ct_field", None), getattr(generic, "fk_field", None)]
        if name in ends:
            others = (f for f in model._meta.concrete_fields if f.name in ends and f.name != name)
            lines += [declaration(f.name, optional(f)) for f in others if not fills_itself(f)]
            lines.append(_generic(generic, generic.name, *(new if e == name else e for e in ends)))
    return "\n".join(lines)


def _generic(relation: Any, name: str, *ends: Any) -> str:
    arguments = ", ".join(f'"{end}"' for end in ends)
    return f"{name} = {class_of(relation)}({arguments})"


def _renamed_attribute(attribute: Any, new: str) -> str:
    function = attribute.fget if isinstance(attribute, property) else attribute
    if not inspect.isfunction(function):
        return f"{new} = {attribute!r}"
    lines = ["@property"] if isinstance(attribute, property) else []
    return "\n".join([*lines, f"def {new}{inspect.signature(function)}: ..."])


def optional(column: Any) -> Any:
    """Return ``column``, or a copy that may be empty if uploads leave it empty."""
    if column.many_to_many or fills_itself(column):
        return column
    copy = column.clone()
    copy.null = copy.blank = True
    return copy


def declaration(name: str, column: Any, changes: Mapping[str, Any] | None = None) -> str:
    """Return the line that declares ``column``, with the arguments in ``changes``.

    An argument that is changed to ``None`` is left out.
    """
    if changes:
        _name, _path, args, kwargs = column.deconstruct()
        kwargs = {key: value for key, value in {**kwargs, **changes}.items() if value is not None}
        column = _class_for(column, changes)(*args, **kwargs)
    try:
        code = str(serializer_factory(column).serialize()[0])
    except ValueError:  # a default that migrations cannot contain either
        code = f"models.{class_of(column)}(...)"
    for long, short in IMPORTED.items():
        code = code.replace(long, short)
    return f"{name} = {code}"


def _class_for(column: Any, changes: Mapping[str, Any]) -> Any:
    """Return the class of ``column``; a ``ForeignKey`` if it must not be unique."""
    is_one_to_one = isinstance(column, models.OneToOneField)
    return models.ForeignKey if is_one_to_one and "unique" in changes else type(column)


def has_value(column: Any) -> bool:
    """Return whether Django gives new rows a value for ``column``."""
    is_moment = getattr(column, "auto_now", False) or getattr(column, "auto_now_add", False)
    return bool(column.has_default() or is_moment)


def fills_itself(column: Any) -> bool:
    """Return whether any number of rows can be inserted without a value for ``column``."""
    if isinstance(column, models.AutoField) or getattr(column, "generated", False):
        return True
    if column.is_relation and column.remote_field.parent_link:
        return True
    if column.has_default():
        return not column.unique or callable(column.default)
    is_djangos = str(type(column).pre_save.__module__).startswith("django.")
    if has_value(column) or column.has_db_default() or not is_djangos:
        return True
    return bool(column.null or (column.empty_strings_allowed and not column.unique))


def class_of(thing: Any) -> str:
    return type(thing).__name__
