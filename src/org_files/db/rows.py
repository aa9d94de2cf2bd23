"""Rows of swappable models: names for SQL, reading past managers, writing, conflicts."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connections,
    router,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError
from django.utils.functional import SimpleLazyObject

from org_files.db.reports import Refusal
from org_files.exceptions import Conflict

ResultT = TypeVar("ResultT")

#: Errors by which a database ends a transaction that may succeed if it runs again: a deadlock, and
#: a row that changed after the transaction had read it. The numbers are those of MySQL and MariaDB,
#: the texts are SQLSTATEs of PostgreSQL. A lock that was not given in time is none of them: the
#: transaction has waited already.
ENDED_BY_OTHERS = (1020, 1213, "40001", "40P01")


class Names:
    """Quoted names of a model's table and columns, for statements that the ORM cannot write."""

    def __init__(self, connection: BaseDatabaseWrapper, model: type[Model]) -> None:
        self._quote = connection.ops.quote_name
        self._meta = model._meta
        self.table = self._quote(model._meta.db_table)
        self.pk = self.column(model._meta.pk)

    def __getitem__(self, field_name: str) -> str:
        return self.pk if field_name == "pk" else self.column(self._meta.get_field(field_name))

    def column(self, field: Any) -> str:
        return self._quote(field.column)


@contextmanager
def conflicts() -> Iterator[None]:
    """Raise ``Conflict`` for a violated constraint.

    Wrap the transaction: some databases check references when it commits.
    """
    try:
        yield
    except (ProtectedError, RestrictedError, IntegrityError) as error:
        raise Conflict from error


def after_deadlocks(
    do: Callable[[], ResultT], model: type[Model], *, between: Callable[[], None] = lambda: None
) -> ResultT:
    """Return the result of ``do``, a transaction on the table of ``model``; try up to five times.

    ``between`` is called before each further try, and may raise to give up. Databases end one of
    several transactions in a deadlock, such as inserts of one key whose row has just been removed
    on MySQL and MariaDB. Under another isolation than READ COMMITTED they also end one that
    changes a row which has changed since it was read. Within an open transaction the error is
    raised.
    """
    connection = connections[router.db_for_write(model)]
    for tries in (1, 2, 3, 4):
        try:
            return do()
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlstate", None) or next(iter(error.args), None)
            if connection.in_atomic_block or code not in ENDED_BY_OTHERS:
                raise
            between()
            time.sleep(0.01 * tries)
    return do()


def upsert(row: Model, *, update: str, using: str | None = None) -> None:
    """Insert ``row``, or set the field ``update`` of the row with its primary key.

    Of concurrent calls one inserts, and the others wait for its row. Ignored conflicts, such as
    those of ``get_or_create``, end in a deadlock on MariaDB.
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
    """Return all rows of ``model``, past its managers, which may filter, and past replicas."""
    return QuerySet(model, using=router.db_for_write(model))


def lock_row(model: type[Model], pk: Any) -> bool:
    """Lock a row until the transaction ends, where the database can; return whether it exists.

    Rows that refer to it can be inserted meanwhile.
    """
    rows = all_rows(model).filter(pk=pk)
    no_key = connections[rows.db].features.has_select_for_no_key_update
    return bool(rows.select_for_update(no_key=no_key).values_list("pk"))


def is_moved(row: Any) -> bool:
    """Read the column ``storage_alias`` of ``row`` again; return whether it has changed.

    Raises ``DoesNotExist`` if the row is gone.
    """
    before = row.storage_alias
    row.storage_alias = all_rows(type(row)).values_list("storage_alias", flat=True).get(pk=row.pk)
    return bool(row.storage_alias != before)


def lazy_user(pk: Any) -> Any:
    """Return the user with that key, whose row is read when more than ``pk`` is asked for.

    It is an ``AnonymousUser`` if the row is gone by then.
    """

    def load() -> Any:
        from django.contrib.auth.models import AnonymousUser

        return get_user_model()._base_manager.filter(pk=pk).first() or AnonymousUser()

    user = SimpleLazyObject(load)
    vars(user)["pk"] = pk
    return user


def hidden_row_models(models: Iterable[type[Model]], using: str) -> list[type[Model]]:
    """Return those of ``models`` and their parents whose rows the database may hide from us.

    On PostgreSQL row-level security may bind the current role: a row of such a model may exist
    although a query does not find it.
    """
    connection = connections[using]
    # With multi-table inheritance a row has a part in each table.
    family = [each for model in models for each in (model, *model._meta.get_parent_list())]
    if connection.vendor != "postgresql" or not family:
        return []
    tables = [connection.ops.quote_name(model._meta.db_table) for model in family]
    columns = ", ".join(["row_security_active(to_regclass(%s))"] * len(tables))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", tables)
        bound = cursor.fetchone()
    return [model for model, is_bound in zip(family, bound, strict=True) if is_bound]


def row_security(check: str, models: Iterable[type[Model]]) -> list[Refusal]:
    """Return why ``check``, which reads ``models``, must not repair: row-level security."""
    tables: set[str] = set()
    for model in models:
        hidden = hidden_row_models([model], router.db_for_write(model))
        tables.update(each._meta.db_table for each in hidden)
    if not tables:
        return []
    message = (
        f"Row-level security may hide rows of {', '.join(sorted(tables))} from this database "
        "role: run org_files_verify as a role that sees every row, such as one with BYPASSRLS."
    )
    return [Refusal(check, "row_security", message)]


def writing(model: type[Model]) -> Any:
    """Return a transaction on the database to which ``model`` is written."""
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
    """Set ``values``, by field name, and save only those and ``auto_now`` fields.

    Raises ``Conflict`` for a violated constraint, and ``DoesNotExist`` if the row is gone.
    """
    # Not its type: the user of a session is a lazy object.
    model: Any = row._meta.model
    columns, sets = _split(model, values)
    for name, value in columns.items():
        setattr(row, name, value)
    moments = {field.name for field in model._meta.fields if getattr(field, "auto_now", False)}
    try:
        with conflicts(), writing(model):
            row.save(update_fields={*columns} | moments if columns else set())
            _set(row, sets)
    except OperationalError:
        # A lock that was not given in time, or a deadlock. The transaction may have ended with it.
        raise
    except DatabaseError:
        if model._base_manager.filter(pk=row.pk).exists():
            raise
        raise model.DoesNotExist from None


def _split(model: type[Model], values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of columns, and those of many-to-many fields."""
    columns = dict(values)
    sets = [name for name in values if model._meta.get_field(name).many_to_many]
    return columns, {name: columns.pop(name) for name in sets}


def _set(row: Model, sets: dict[str, Any]) -> None:
    for name, value in sets.items():
        getattr(row, name).set(value)
