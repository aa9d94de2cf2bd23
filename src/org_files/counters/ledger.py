"""The default backend: no row that everybody updates, and exact at every moment all the same."""

from __future__ import annotations

import logging
import random
from typing import Any, TypeVar, cast

from django.core.checks import CheckMessage, Error
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, transaction
from django.db.models import Count, F, Max, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from org_files.counters.base import Counters
from org_files.counters.sql import Names
from org_files.models import AbstractFile, Download, PendingDownload

__all__ = ["LedgerCounters"]

logger = logging.getLogger(__name__)

ModelT = TypeVar("ModelT", bound=Model)

# Under this name the one-statement grant returns the ledger's key beside the file's columns.
GRANTED_ID = "granted_download_id"

LEDGER_FIELDS: tuple[Any, ...] = tuple(
    field for field in Download._meta.concrete_fields if not field.primary_key
)


class LedgerCounters(Counters):
    """A ledger row and a pending row in one statement, folded into the totals later.

    ``fold_every``: about one record in so many folds a batch by itself; 0 leaves that to the
    maintenance command. ``fold_batch_size``: how many rows such a fold takes at most.
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
            values = ", ".join(map(self._parameter, LEDGER_FIELDS))
            sql = f"WITH {self._insert(f'VALUES ({values})')} SELECT id FROM ledger"
            with connection.cursor() as cursor:
                cursor.execute(sql, [self._value(row, field) for field in LEDGER_FIELDS])
                row.pk = cursor.fetchone()[0]
            row._state.adding, row._state.db = False, connection.alias
        else:
            with transaction.atomic(using=connection.alias, savepoint=False):
                row.save(using=connection.alias, force_insert=True)
                PendingDownload.objects.using(connection.alias).create(
                    download_id=row.pk,
                    file_id=row.file_id,
                    organization_id=row.organization_id,
                    downloaded_at=row.downloaded_at,
                )
        self._fold_sometimes()
        return row

    def grant(
        self, files: QuerySet[AbstractFile], *, user: Any, link_id: int | None
    ) -> tuple[AbstractFile, Download] | None:
        """Find the file and record its download: on PostgreSQL all in one statement."""
        if self.connection.vendor != "postgresql":
            return super().grant(files, user=user, link_id=link_id)
        alias = self.connection.alias
        # Sliced, so that a policy whose joins double a row cannot count twice.
        try:
            one = files.order_by()[:1].query
            query, params = one.get_compiler(using=alias).as_sql()
        except EmptyResultSet:
            return None
        row = Download(
            user_id=None if user is None else user.pk,
            link_id=link_id,
            downloaded_at=timezone.now(),
        )
        names = Names(self.connection, files.model)
        of_file = {
            "file": names.pk,
            "file_public_id": names["public_id"],
            "organization": names["organization"],
        }
        given = [field for field in LEDGER_FIELDS if field.name not in of_file]
        columns = ", ".join(
            self._parameter(field) if field in given else f"granted.{of_file[field.name]}"
            for field in LEDGER_FIELDS
        )
        sql = (
            f"WITH granted AS ({query}), {self._insert(f'SELECT {columns} FROM granted')} "
            f"SELECT granted.*, ledger.id AS {GRANTED_ID} FROM granted, ledger"
        )
        values = [*params, *(self._value(row, field) for field in given)]
        for file in files.model._base_manager.using(alias).raw(sql, values):
            row.pk = getattr(file, GRANTED_ID)
            row.file_id, row.file_public_id = file.pk, file.public_id
            row.organization_id = file.organization_id
            row._state.adding, row._state.db = False, alias
            self._fold_sometimes()
            return file, row
        return None

    def with_totals(self, queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
        """Annotate stored totals plus the pending tail, in the one statement of the queryset."""
        key = "file" if issubclass(queryset.model, AbstractFile) else "organization"
        tail = PendingDownload.objects.filter(**{key: OuterRef("pk")}).order_by().values(key)
        pending = Subquery(tail.annotate(count=Count("pk")).values("count"))
        newest = Subquery(tail.annotate(at=Max("downloaded_at")).values("at"))
        folded = F("folded_last_downloaded_at")
        annotated: Any = queryset.annotate(
            download_count=F("folded_download_count") + Coalesce(pending, Value(0)),
            # Outside PostgreSQL the greatest of a value and null is null.
            last_downloaded_at=Coalesce(Greatest(folded, newest), newest, folded),
        )
        return cast("QuerySet[ModelT]", annotated)

    def _insert(self, source: str) -> str:
        """Return the two parts of a WITH that add the rows of ``source`` to both tables."""
        ledger = Names(self.connection, Download)
        pending = Names(self.connection, PendingDownload)
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

    def _parameter(self, field: Any) -> str:
        # Cast, because PostgreSQL cannot tell the type of a parameter in a SELECT list.
        return f"CAST(%s AS {field.db_type(self.connection)})"

    def _value(self, row: Download, field: Any) -> Any:
        return field.get_db_prep_save(getattr(row, field.attname), self.connection)

    def _fold_sometimes(self) -> None:
        if self.fold_every and random.random() * self.fold_every < 1:  # noqa: S311
            transaction.on_commit(self._fold_quietly, using=self.connection.alias)

    def _fold_quietly(self) -> None:
        # The download is granted and committed: a fold that fails is left to the next one.
        try:
            super().fold(batch_size=self.fold_batch_size, wait=False)
        except DatabaseError:
            logger.warning("A fold failed; the rows stay pending.", exc_info=True)
