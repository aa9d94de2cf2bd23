"""The default backend, whose downloads update no common row.

On PostgreSQL one statement adds to the ledger and to the pending rows.
"""

import logging
import random
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.core.checks import CheckMessage, Error
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from org_files.counters.base import Counters
from org_files.counters.folding import fold_pending
from org_files.counters.rows import insert_pending, insert_rows, new_pending, new_row
from org_files.counters.statements import (
    GRANTED_ID,
    LEDGER_FIELDS,
    REQUEST_FIELDS,
    bulk_grant_of,
    grant_of,
    prepared_grant,
    record_statement,
)
from org_files.db.prepared import PreparedQuery
from org_files.db.rows import all_rows
from org_files.models import AbstractFile, Download

logger = logging.getLogger(__name__)


class LedgerCounters(Counters):
    """A ledger row and a pending row in one statement, folded into the totals later.

    ``fold_every``: one record in so many folds a batch by itself, on average; 0 leaves that to the
    maintenance command. ``fold_batch_size``: the most rows that such a fold takes. ``prepare``:
    whether PostgreSQL prepares the statements of downloads; by default where the database has no
    ``DISABLE_SERVER_SIDE_CURSORS``, which tells of a pooler.
    """

    def __init__(
        self,
        *,
        fold_every: int = 1000,
        fold_batch_size: int = 10_000,
        prepare: bool | None = None,
    ) -> None:
        self.fold_every = fold_every
        self.fold_batch_size = fold_batch_size
        self.prepare = prepare

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
            values = self._values(row, LEDGER_FIELDS)
            recorded = self._fetch_one(record_statement(connection.alias), values)
            self._set_saved(row, recorded[0])
        else:
            with transaction.atomic(using=connection.alias, savepoint=False):
                row.save(using=connection.alias, force_insert=True)
                new_pending(row).save(using=connection.alias, force_insert=True)
        self._fold_sometimes()
        return row

    def bulk_record(self, rows: Sequence[Download]) -> None:
        with transaction.atomic(using=self.connection.alias, savepoint=False):
            insert_rows(self.connection, rows)
            insert_pending(self.connection, rows)
        self._fold_sometimes(len(rows))

    @property
    def grants_at_once(self) -> bool:
        is_own = type(self).grant is LedgerCounters.grant
        return is_own and self.connection.vendor == "postgresql"

    def grant(
        self, files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any
    ) -> tuple[AbstractFile, Download] | None:
        if self.connection.vendor != "postgresql":
            return super().grant(files, user=user)
        row = Download(user_id=None if user is None else user.pk, downloaded_at=timezone.now())
        file = self._find(files, row)
        if file is None:
            return None
        row.file_id, row.file_public_id = file.pk, file.public_id
        row.organization_id = file.organization_id
        self._fold_sometimes()
        return file, row

    def bulk_grant(
        self, files: QuerySet[AbstractFile], *, number: int, user: Any
    ) -> list[tuple[AbstractFile, Download]]:
        if self.connection.vendor != "postgresql":
            return super().bulk_grant(files, number=number, user=user)
        alias, granted = self.connection.alias, []
        request = Download(user_id=None if user is None else user.pk, downloaded_at=timezone.now())
        try:
            grant = bulk_grant_of(alias, files)
        except EmptyResultSet:
            return []
        params = [*grant.params, *self._values(request, grant.fields), number]
        for file in all_rows(grant.model).using(alias).raw(grant.sql, params):
            row = new_row(file=file, user=user, at=request.downloaded_at)
            self._set_saved(row, getattr(file, GRANTED_ID))
            granted.append((file, row))
        self._fold_sometimes(len(granted))
        return granted

    def _find(
        self, files: QuerySet[AbstractFile] | PreparedQuery, row: Download
    ) -> AbstractFile | None:
        """Save ``row`` for the file of ``files``, which is returned."""
        alias = self.connection.alias
        if isinstance(files, PreparedQuery):
            grant, params = prepared_grant(alias, files)
            is_saved = partial(self._is_saved, row, files.values["public_id"])
            params += self._values(row, grant.fields)
            found = self._fetch_one(grant.sql, params, has_run=is_saved)
            if found is None:
                return None
            if grant.fields != REQUEST_FIELDS:
                row.user_id = found[-2]
            self._set_saved(row, found[-1])
            return grant.file_of(found, alias)
        try:
            grant = grant_of(alias, files)
        except EmptyResultSet:
            return None
        params = [*grant.params, *self._values(row, grant.fields)]
        files = all_rows(grant.model).using(alias)
        file: AbstractFile | None = next(iter(files.raw(grant.sql, params)), None)
        if file is not None:
            self._set_saved(row, getattr(file, GRANTED_ID))
        return file

    def _fetch_one(self, sql: str, params: Sequence[Any], **options: Any) -> Any:
        from org_files.db.postgresql import fetch_one

        connection, prepare = self.connection, self.prepare
        if prepare is None:
            prepare = not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
        return fetch_one(connection, sql, params, prepare=prepare, **options)

    def _is_saved(self, row: Download, public_id: UUID) -> bool:
        """Return whether the ledger has a download of that file from the microsecond of ``row``."""
        rows = Download.objects.using(self.connection.alias)
        return rows.filter(file_public_id=public_id, downloaded_at=row.downloaded_at).exists()

    def _values(self, row: Download, fields: tuple[Any, ...]) -> list[Any]:
        connection = self.connection
        return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]

    def _set_saved(self, row: Download, pk: int) -> None:
        row.pk = pk
        row._state.adding, row._state.db = False, self.connection.alias

    def _fold_sometimes(self, rows: int = 1) -> None:
        if self.fold_every and random.random() * self.fold_every < rows:  # noqa: S311
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
