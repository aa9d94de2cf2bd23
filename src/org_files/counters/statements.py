"""The statements of ``LedgerCounters`` on PostgreSQL, one for each download or archive.

Each process builds that of a download once: its text depends on models and rights alone, and
building it takes longer than running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet

from org_files.db.prepared import REQUESTER, PreparedQuery, fill, make_row
from org_files.db.rows import Names
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

#: The column in which a grant returns the ledger's key, after the file's columns.
GRANTED_ID = "granted_download_id"

#: Grants of prepared queries, by database and key.
_GRANTS: dict[Any, Grant] = {}


@dataclass(frozen=True)
class Grant:
    """The statement that finds one file and records its download.

    Its parameters are those of the query of the file, then the values of ``fields``. A row has the
    columns of the file, the user where ``fields`` lack it, and the ledger's key.
    """

    sql: str
    params: tuple[Any, ...]
    fields: tuple[Any, ...]
    model: type[AbstractFile]
    #: Converters of the file's columns, by position, as the compiler returns them.
    converters: dict[int, Any]

    def file_of(self, row: Sequence[Any], alias: str) -> AbstractFile:
        """Return the file in ``row``."""
        file: AbstractFile = make_row(self.model, alias, row, self.converters)
        return file


def grant_of(alias: str, files: QuerySet[AbstractFile]) -> Grant:
    """Return the statement for the first of ``files``. Raises ``EmptyResultSet``."""
    # One row, so that a policy whose joins double it cannot count twice.
    return _grant(alias, files.order_by()[:1])


def bulk_grant_of(alias: str, files: QuerySet[AbstractFile]) -> Grant:
    """Return the statement for all of ``files``, none of which comes twice.

    Its last parameter, after the values of ``fields``, is their number: if there are more or fewer,
    it records none. Raises ``EmptyResultSet``.
    """
    return _grant(alias, files.order_by(), bulk=True)


def _grant(alias: str, files: QuerySet[AbstractFile], *, bulk: bool = False) -> Grant:
    # Without columns of other tables, which may have the same names.
    compiler = files.select_related(None).query.get_compiler(using=alias)
    sql, params = compiler.as_sql()
    fields = tuple(
        field
        for field in REQUEST_FIELDS
        if field.name != "user" or REQUESTER not in files.query.annotations
    )
    return Grant(
        f"WITH granted AS ({sql}), {_recording_granted(alias, files.model, fields, bulk=bulk)}",
        tuple(params),
        fields,
        files.model,
        compiler.get_converters([column for column, *_rest in compiler.select]),
    )


def prepared_grant(alias: str, files: PreparedQuery) -> tuple[Grant, list[Any]]:
    """Return the statement for ``files``, built once, and the parameters of its query."""
    key = (alias, files.key)
    if key not in _GRANTS:
        _GRANTS[key] = grant_of(alias, files.template())
    return _GRANTS[key], fill(_GRANTS[key].params, files.values)


@cache
def record_statement(alias: str) -> str:
    """Return the statement that adds one row; its parameters are ``LEDGER_FIELDS``."""
    values = ", ".join(_parameter(alias, field) for field in LEDGER_FIELDS)
    return f"WITH {_insert(alias, f'VALUES ({values})')} SELECT id FROM ledger"


@cache
def _recording_granted(
    alias: str, file_model: type[Model], fields: tuple[Any, ...], *, bulk: bool
) -> str:
    """Return what follows ``WITH granted AS (SELECT ... FROM files)``.

    Its parameters are the values of ``fields``, with ``bulk`` followed by the number of files.
    """
    names = Names(connections[alias], file_model)
    granted = {name: names[column] for name, column in FILE_FIELDS.items()}
    granted["user"] = connections[alias].ops.quote_name(REQUESTER)
    columns = ", ".join(
        _parameter(alias, field) if field in fields else f"granted.{granted[field.name]}"
        for field in LEDGER_FIELDS
    )
    all_or_none = is_same = ""
    if bulk:
        public_id = Names(connections[alias], Download)["file_public_id"]
        all_or_none = " WHERE (SELECT COUNT(*) FROM granted) = %s"
        is_same = f" WHERE ledger.{public_id} = granted.{granted['file_public_id']}"
    return (
        f"{_insert(alias, f'SELECT {columns} FROM granted{all_or_none}')} "
        f"SELECT granted.*, ledger.id AS {GRANTED_ID} FROM granted, ledger{is_same}"
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
