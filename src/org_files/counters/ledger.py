"""The default backend, whose downloads update no common row.

On PostgreSQL one statement adds to the ledger and to the pending rows. Each process builds it once:
its text depends on models alone, and building it takes longer than running it.
"""

import logging
import random
from functools import cache
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connections, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from org_files.counters.base import Counters, new_pending
from org_files.counters.folding import fold_pending
from org_files.db.prepared import PreparedQuery, fill
from org_files.db.rows import Names, all_rows
from org_files.models import AbstractFile, Download, PendingDownload

logger = logging.getLogger(__name__)

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


class LedgerCounters(Counters):
    """A ledger row and a pending row in one statement, folded into the totals later.

    ``fold_every``: one record in so many folds a batch by itself, on average; 0 leaves that to the
    maintenance command. ``fold_batch_size``: the most rows that such a fold takes.
    """

    def __init__(self, *, fold_every: int = 1000, fold_batch_size: int = 10_000) -> None:
        self.fold_every = fold_every
        self.fold_batch_size = fold_batch_size

    def check_database(self) -> list[CheckMessage]:
        # MySQL, SQLite before 3.35 and old MariaDB have RETURNING neither here nor there.
        if not self.connection.features.can_return_columns_from_insert:
            return [
                Error(
                    f"This {self.connection.display_name} has no DELETE ... RETURNING, which "
                    "LedgerCounters folds by.",
                    hint='ORG_FILES = {"COUNTERS": '
                    '{"BACKEND": "org_files.counters.DirectCounters"}}',
                    id="org_files.E014",
                )
            ]
        return []

    def record(self, row: Download) -> Download:
        connection = self.connection
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    _record_statement(connection.alias), self._values(row, LEDGER_FIELDS)
                )
                self._set_saved(row, cursor.fetchone()[0])
        else:
            with transaction.atomic(using=connection.alias, savepoint=False):
                row.save(using=connection.alias, force_insert=True)
                new_pending(row).save(using=connection.alias, force_insert=True)
        self._fold_sometimes()
        return row

    def grant(
        self, files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any
    ) -> tuple[AbstractFile, Download] | None:
        if self.connection.vendor != "postgresql":
            return super().grant(files, user=user)
        alias = self.connection.alias
        try:
            query, params, model = _compile_query(alias, files)
        except EmptyResultSet:
            return None
        row = Download(user_id=None if user is None else user.pk, downloaded_at=timezone.now())
        sql = f"WITH granted AS ({query}), {_grant_statement(alias, model)}"
        values = [*params, *self._values(row, REQUEST_FIELDS)]
        for file in all_rows(model).using(alias).raw(sql, values):
            self._set_saved(row, getattr(file, GRANTED_ID))
            row.file_id, row.file_public_id = file.pk, file.public_id
            row.organization_id = file.organization_id
            self._fold_sometimes()
            return file, row
        return None

    def _values(self, row: Download, fields: tuple[Any, ...]) -> list[Any]:
        return [
            field.get_db_prep_save(getattr(row, field.attname), self.connection) for field in fields
        ]

    def _set_saved(self, row: Download, pk: int) -> None:
        row.pk = pk
        row._state.adding, row._state.db = False, self.connection.alias

    def _fold_sometimes(self) -> None:
        if self.fold_every and random.random() * self.fold_every < 1:  # noqa: S311
            transaction.on_commit(self._fold_quietly, using=self.connection.alias)

    def _fold_quietly(self) -> None:
        # The download is committed: a fold that fails is left to the next one. Rows of
        # organizations that row-level security hides here are left to the maintenance command.
        try:
            fold_pending(
                self.connection, batch_size=self.fold_batch_size, wait=False, visible_only=True
            )
        except DatabaseError:
            logger.warning("A fold failed; the rows stay pending.", exc_info=True)


def _compile_query(
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
def _record_statement(alias: str) -> str:
    """Return the statement that adds one row; its parameters are ``LEDGER_FIELDS``."""
    values = ", ".join(_parameter(alias, field) for field in LEDGER_FIELDS)
    return f"WITH {_insert(alias, f'VALUES ({values})')} SELECT id FROM ledger"


@cache
def _grant_statement(alias: str, file_model: type[Model]) -> str:
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
