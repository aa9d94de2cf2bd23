"""Paths from a row to what it leads to: names with dots, such as ``shop.company``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist


class ColumnError(Exception):
    """A model, field or path that does not exist, or is of the wrong kind; says which."""


def value_of(row: Any, path: str) -> Any:
    """Return the value at the end of a path, ``None`` where a step has none."""
    value = row
    for name in path.split("."):
        try:
            value = getattr(value, name)
        except ObjectDoesNotExist:
            return None
        except AttributeError as error:
            # The attribute itself failed, such as a generic foreign key to a model that is gone.
            if hasattr(type(value), name):
                return None
            raise ColumnError(f"{type(value).__name__} has no {name!r}, as in {path!r}.") from error
        if value is None:
            return None
    return value


def models_along(model: Any, path: str) -> list[Any]:
    """Return the models to which the relations lead with which a path begins.

    That of a generic foreign key is ``None``.
    """
    return [each for _name, each in _steps(model, path)]


def relations_of(model: Any, path: str) -> str:
    """Return the relations with which a path begins, as ``prefetch_related`` takes them."""
    return "__".join(name for name, _model in _steps(model, path))


def _steps(model: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name in path.split("."):
        try:
            step = model._meta.get_field(name) if model and name else None
        except FieldDoesNotExist:
            return
        if step is None or not (step.many_to_one or step.one_to_one):
            return
        model = step.related_model
        yield name, model
