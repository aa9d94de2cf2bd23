"""PostgreSQL's statements that add to the ledger and to the pending rows at once.

Each process builds them once: their text depends on models alone, and building it takes longer
than running it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet

from org_files.counters.sql import Names
from org_files.db.prepared import PreparedQuery, fill
from org_files.models import AbstractFile, Download, PendingDownload

#: The fields of a row of the ledger, in the order of the statements' parameters.
LEDGER_FIELDS: tuple[Any, ...] = tuple(
    field for field in Download._meta.concrete_fields if not field.primary_key
)

# Fields of the ledger that are copied from the file, with the file's field.
FILE_FIELDS = {"file": "pk", "file_public_id": "public_id", "organization": "organization"}

#: The fields of the ledger that come from the request.
REQUEST_FIELDS: tuple[Any, ...] = tuple(
    field for field in LEDGER_FIELDS if field.name not in FILE_FIELDS
)

#: The column in which a grant returns the ledger's key beside the file's columns.
GRANTED_ID = "granted_download_id"


#: Compiled templates of prepared queries: their SQL, parameters and model.
_COMPILED: dict[Any, tuple[str, tuple[Any, ...], type[AbstractFile]]] = {}


def compile_query(
    alias: str, files: QuerySet[AbstractFile] | PreparedQuery
) -> tuple[str, list[Any], type[AbstractFile]]:
    """Return SQL, parameters and model of the first row of ``files``.

    Raises ``EmptyResultSet`` where there can be none.
    """
    if not isinstance(files, PreparedQuery):
        sql, params, model = _compile(alias, files)
        return sql, list(params), model
    key = (alias, files.key)
    if key not in _COMPILED:
        _COMPILED[key] = _compile(alias, files.template())
    sql, params, model = _COMPILED[key]
    return sql, fill(params, files.values), model


def _compile(
    alias: str, files: QuerySet[AbstractFile]
) -> tuple[str, tuple[Any, ...], type[AbstractFile]]:
    # One row, so that a policy whose joins double it cannot count twice; without columns of other
    # tables, which may have the same names.
    one = files.select_related(None).order_by()[:1].query
    sql, params = one.get_compiler(using=alias).as_sql()
    return sql, tuple(params), files.model


@cache
def record_statement(alias: str) -> str:
    """Return the statement that adds one row; its parameters are ``LEDGER_FIELDS``."""
    values = ", ".join(_parameter(alias, field) for field in LEDGER_FIELDS)
    return f"WITH {_insert(alias, f'VALUES ({values})')} SELECT id FROM ledger"


@cache
def grant_statement(alias: str, file_model: type[Model]) -> str:
    """Return what follows ``WITH granted AS (SELECT ... FROM files)``.

    Its parameters are ``REQUEST_FIELDS``.
    """
    names = Names(connections[alias], file_model)
    columns = ", ".join(
        _parameter(alias, field)
        if field in REQUEST_FIELDS
        else f"granted.{names[FILE_FIELDS[field.name]]}"
        for field in LEDGER_FIELDS
    )
    return (
        f"{_insert(alias, f'SELECT {columns} FROM granted')} "
        f"SELECT granted.*, ledger.id AS {GRANTED_ID} FROM granted, ledger"
    )


def _insert(alias: str, source: str) -> str:
    """Return the two parts of a WITH that add the rows of ``source`` to both tables."""
    connection = connections[alias]
    ledger, pending = Names(connection, Download), Names(connection, PendingDownload)
    columns = ", ".join(ledger.column(field) for field in LEDGER_FIELDS)
    copied = [f.name for f in PendingDownload._meta.concrete_fields if not f.primary_key]
    returned = ", ".join(ledger[name] for name in copied)
    return (
        f"ledger AS (INSERT INTO {ledger.table} ({columns}) {source} "
        f"RETURNING {ledger.pk} AS id, {returned}), "
        f"pending AS (INSERT INTO {pending.table} "
        f"({pending.pk}, {', '.join(pending[name] for name in copied)}) "
        f"SELECT id, {returned} FROM ledger)"
    )


def _parameter(alias: str, field: Any) -> str:
    # Cast, because PostgreSQL cannot tell the type of a parameter in a SELECT list.
    return f"CAST(%s AS {field.db_type(connections[alias])})"
