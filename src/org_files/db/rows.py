"""Rows of models that a site may have swapped: reading past filters, writing, conflicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connections,
    router,
    transaction,
)
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError

from org_files.exceptions import Conflict, Refusal

__all__ = [
    "after_deadlocks",
    "all_rows",
    "change_row",
    "conflicts",
    "hidden_row_models",
    "insert_row",
    "row_security",
    "upsert",
    "writing",
]

ResultT = TypeVar("ResultT")

#: What MySQL and MariaDB call it.
DEADLOCK = (1213,)


@contextmanager
def conflicts() -> Iterator[None]:
    """Turn what constraints refuse into ``Conflict``. Goes around the transaction: some databases
    check references when it commits."""
    try:
        yield
    except (ProtectedError, RestrictedError, IntegrityError) as error:
        raise Conflict from error


def after_deadlocks(
    do: Callable[[], ResultT], model: type[Model], *, between: Callable[[], None] = lambda: None
) -> ResultT:
    """Return what ``do``, a transaction on the table of ``model``, returns; up to five times.

    ``between`` is called before it is tried again, and raises where there is no use in that.

    MySQL and MariaDB end one of those that wait in a circle, as inserts of one key do when its row
    has just been removed. What happens within a transaction that is open already is left to that.
    """
    connection = connections[router.db_for_write(model)]
    for tries_left in (4, 3, 2, 1):
        try:
            return do()
        except OperationalError as error:
            if connection.in_atomic_block or error.args[:1] != DEADLOCK:
                raise
            between()
            time.sleep(0.01 * (5 - tries_left))
    return do()


def upsert(row: Model, *, update: str, using: str | None = None) -> None:
    """Insert ``row``, or set its field ``update`` where there is one of that primary key already.

    Of many at once one inserts, and the others wait for the row itself and then hold it: on MariaDB
    conflicts that are ignored, as those of ``get_or_create``, end in a deadlock.
    """
    model: Any = type(row)
    rows = model._base_manager.using(using or router.db_for_write(model))
    with_target = connections[rows.db].features.supports_update_conflicts_with_target
    rows.bulk_create(
        [row],
        update_conflicts=True,
        update_fields=[update],
        unique_fields=[model._meta.pk.name] if with_target else None,
    )


def all_rows(model: type[Model]) -> QuerySet[Any]:
    """Return the rows of ``model`` past its managers, which may filter, from the database that it
    is written to, since a replica may be late."""
    return QuerySet(model, using=router.db_for_write(model))


def hidden_row_models(models: Iterable[type[Model]], using: str) -> list[type[Model]]:
    """Return those of ``models`` of which the database may hide rows from this connection.

    On PostgreSQL, where row-level security of the table binds the current role; an empty list on
    other databases. A row of such a model that a query does not find may exist all the same.
    """
    connection, models = connections[using], list(models)
    if connection.vendor != "postgresql" or not models:
        return []
    tables = [connection.ops.quote_name(model._meta.db_table) for model in models]
    columns = ", ".join(["row_security_active(to_regclass(%s))"] * len(tables))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", tables)
        bound = cursor.fetchone()
    return [model for model, is_bound in zip(models, bound, strict=True) if is_bound]


def row_security(check: str, models: Iterable[type[Model]]) -> list[Refusal]:
    """Return why ``check``, which reads ``models``, must not repair under row-level security."""
    tables: set[str] = set()
    for model in models:
        # A row of a model that inherits from another one has a part in each of their tables.
        family = [model, *model._meta.get_parent_list()]
        hidden = hidden_row_models(family, router.db_for_write(model))
        tables.update(each._meta.db_table for each in hidden)
    if not tables:
        return []
    message = (
        f"Row-level security may hide rows of {', '.join(sorted(tables))} from this database "
        "role: run org_files_verify as a role that sees every row, such as one with BYPASSRLS."
    )
    return [Refusal(check, "row_security", message)]


def writing(model: type[Model]) -> Any:
    """Return a transaction on the database that ``model`` is written to."""
    return transaction.atomic(using=router.db_for_write(model))


def insert_row(model: type[Model], values: dict[str, Any]) -> Any:
    """Return a new row of ``model`` with ``values``, by field name. Raises ``Conflict``."""
    columns, sets = _split(model, values)
    row = model(**columns)
    with conflicts(), writing(model):
        row.save(force_insert=True)
        _set(row, sets)
    return row


def change_row(row: Model, values: dict[str, Any]) -> None:
    """Set ``values``, by field name, and save those alone, with the moment of the change.

    Raises ``Conflict`` where one of them has to be unique and is not, and ``DoesNotExist`` for a
    row that is gone meanwhile.
    """
    # Not its type: the user of a session is a lazy object.
    model: Any = row._meta.model
    columns, sets = _split(model, values)
    for name, value in columns.items():
        setattr(row, name, value)
    try:
        with conflicts(), writing(model):
            row.save(update_fields=_written(model, columns))
            _set(row, sets)
    except DatabaseError:
        if model._base_manager.filter(pk=row.pk).exists():
            raise
        raise model.DoesNotExist from None


def _split(model: type[Model], values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what stands in the row itself, and what refers to it from a table between."""
    sets = {name for name in values if model._meta.get_field(name).many_to_many}
    return (
        {name: value for name, value in values.items() if name not in sets},
        {name: values[name] for name in sets},
    )


def _written(model: type[Model], columns: dict[str, Any]) -> set[str]:
    """Return ``columns``, and with any those in which the site's model says when it was changed."""
    moments = {field.name for field in model._meta.fields if getattr(field, "auto_now", False)}
    return {*columns} | moments if columns else set()


def _set(row: Model, sets: dict[str, Any]) -> None:
    for name, value in sets.items():
        getattr(row, name).set(value)
