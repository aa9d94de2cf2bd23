"""The default backend, whose downloads update no common row."""

from __future__ import annotations

import logging
import random
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from org_files.counters.base import Counters, new_pending
from org_files.counters.folding import fold_pending
from org_files.counters.statements import (
    GRANTED_ID,
    LEDGER_FIELDS,
    REQUEST_FIELDS,
    compile_query,
    grant_statement,
    record_statement,
)
from org_files.db.prepared import PreparedQuery
from org_files.db.rows import all_rows
from org_files.models import AbstractFile, Download

logger = logging.getLogger(__name__)


class LedgerCounters(Counters):
    """A ledger row and a pending row in one statement, folded into the totals later.

    ``fold_every``: one record in so many folds a batch by itself, on average; 0 leaves that to the
    maintenance command. ``fold_batch_size``: the most rows that such a fold takes.
    """

    def __init__(self, *, fold_every: int = 1000, fold_batch_size: int = 10_000) -> None:
        self.fold_every = fold_every
        self.fold_batch_size = fold_batch_size

    def check_database(self) -> list[CheckMessage]:
        """Report a database that cannot fold."""
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
        """Add ``row`` to the ledger and to what is pending: on PostgreSQL in one statement."""
        connection = self.connection
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(record_statement(connection.alias), self._values(row, LEDGER_FIELDS))
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
        """Find the file and record its download: on PostgreSQL all in one statement."""
        if self.connection.vendor != "postgresql":
            return super().grant(files, user=user)
        alias = self.connection.alias
        try:
            query, params, model = compile_query(alias, files)
        except EmptyResultSet:
            return None
        row = Download(user_id=None if user is None else user.pk, downloaded_at=timezone.now())
        sql = f"WITH granted AS ({query}), {grant_statement(alias, model)}"
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
