"""Querysets that are compiled once, with slots for values that come later.

Compiling takes longer than the database takes for the statement of a download.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db import connections, router
from django.db.models import Expression, Model, Q, QuerySet
from django.db.models.sql import UpdateQuery

__all__ = ["REQUESTER", "PreparedQuery", "Slot", "fill", "first_row", "make_row", "update_rows"]

#: The annotation of a query of files with the user who asks, where only the database knows.
REQUESTER = "org_files_requester_id"


class Slot(Expression):
    """A value that is not known yet. Compiled SQL has the slot among its parameters."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True)
class PreparedQuery:
    """A queryset whose SQL depends on ``key`` alone."""

    key: Hashable
    #: The values of the slots, by name, as the database takes them.
    values: Mapping[str, Any]
    #: Makes the queryset with slots.
    template: Callable[[], QuerySet[Any]]
    #: Makes the queryset with values.
    queryset: Callable[[], QuerySet[Any]]

    def filter(self, condition: Q) -> PreparedQuery:
        """Return the query with a further condition, as ``QuerySet.filter`` does."""
        return replace(
            self,
            key=(self.key, condition),
            template=lambda: self.template().filter(condition),
            queryset=lambda: self.queryset().filter(condition),
        )


def fill(params: Sequence[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return ``params`` with the value of its name in place of every slot."""
    return [values[param.name] if isinstance(param, Slot) else param for param in params]


def make_row(
    model: type[Model], alias: str, values: Sequence[Any], converters: Mapping[int, Any]
) -> Any:
    """Return the row of ``model`` whose columns, and maybe others behind them, are ``values``.

    ``converters`` are those of the columns, by position, as the compiler returns them.
    """
    converted = list(values)
    for column, (functions, expression) in converters.items():
        for convert in functions:
            converted[column] = convert(converted[column], expression, connections[alias])
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(alias, names, converted[: len(names)])


def first_row(model: type[Model], condition: Q) -> Any | None:
    """Return a row past managers and replicas, or ``None``, as ``all_rows(...).first()`` does.

    ``condition`` is a conjunction of lookups on columns of ``model``, compiled once.
    """
    alias = router.db_for_write(model)
    statement, params = _statement(alias, model, condition, None)
    with connections[alias].cursor() as cursor:
        cursor.execute(statement.sql, params)
        values = cursor.fetchone()
    return None if values is None else make_row(model, alias, values, statement.converters)


def update_rows(model: type[Model], condition: Q, **changes: Any) -> int:
    """Set columns of the rows that ``first_row`` may return, and return their number."""
    alias = router.db_for_write(model)
    statement, params = _statement(alias, model, condition, changes)
    with connections[alias].cursor() as cursor:
        cursor.execute(statement.sql, params)
        return int(cursor.rowcount)


@dataclass(frozen=True)
class _Statement:
    sql: str
    params: tuple[Any, ...]
    converters: Mapping[int, Any]


def _statement(
    alias: str, model: type[Model], condition: Q, changes: Mapping[str, Any] | None
) -> tuple[_Statement, list[Any]]:
    lookups: dict[str, Any] = dict(condition.children)  # type: ignore[arg-type]
    nulls = tuple(name for name, value in lookups.items() if value is None)
    changed = None if changes is None else tuple(changes)
    statement = _compiled(alias, model, tuple(lookups), nulls, changed)
    values = {**lookups, **{f"={name}": value for name, value in (changes or {}).items()}}
    prepared = {name: _prepared(alias, model, name, value) for name, value in values.items()}
    return statement, fill(statement.params, prepared)


def _prepared(alias: str, model: type[Model], name: str, value: Any) -> Any:
    """Return ``value`` as the database takes it for the column of a lookup."""
    column = name.lstrip("=").partition("__")[0]
    field: Any = model._meta.pk if column == "pk" else model._meta.get_field(column)
    return field.get_db_prep_value(field.get_prep_value(value), connections[alias], prepared=True)


@cache
def _compiled(
    alias: str,
    model: type[Model],
    lookups: tuple[str, ...],
    nulls: tuple[str, ...],
    changed: tuple[str, ...] | None,
) -> _Statement:
    slots = {name: None if name in nulls else Slot(name) for name in lookups}
    query: Any = QuerySet(model, using=alias).filter(**slots).query
    if changed is None:
        compiler = query.get_compiler(using=alias)
        sql, params = compiler.as_sql()
        columns = [column for column, *_rest in compiler.select]
        return _Statement(sql, tuple(params), compiler.get_converters(columns))
    update = query.chain(UpdateQuery)
    update.add_update_values({name: Slot(f"={name}") for name in changed})
    sql, params = update.get_compiler(using=alias).as_sql()
    return _Statement(sql, tuple(params), {})
