"""Counting by other means: rivals of the package's backends."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Model, QuerySet

from org_files import get_file_model, get_organization_model
from org_files.counters import DirectCounters, LedgerCounters
from org_files.counters.rows import new_row
from org_files.counters.statements import REQUEST_FIELDS, prepared_grant
from org_files.db.prepared import PreparedQuery
from org_files.models import AbstractFile, Download


class NaiveCounters(DirectCounters):
    """The counters of tutorials: a row, then ``F() + 1`` on the file and on the organization."""

    def record(self, row: Download) -> Download:
        """Add ``row`` and update both totals, in one transaction."""
        with transaction.atomic():
            row.save(force_insert=True)
            for model, pk in _counted(row):
                model._base_manager.filter(pk=pk).update(
                    folded_download_count=F("folded_download_count") + 1
                )
        return row


class LedgerOnly(DirectCounters):
    """The ceiling: one INSERT without any total."""

    def record(self, row: Download) -> Download:
        """Add ``row``, by the fewest means that Django has."""
        fields: Any = [field for field in Download._meta.concrete_fields if not field.primary_key]
        columns = ", ".join(field.column for field in fields)
        places = ", ".join(["%s"] * len(fields))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Download._meta.db_table} ({columns}) VALUES ({places}) RETURNING id",
                [
                    field.get_db_prep_save(getattr(row, field.attname), connection)
                    for field in fields
                ],
            )
            row.pk = cursor.fetchone()[0]
        return row


class NoCounters(LedgerCounters):
    """Counts nothing, so that the same view shows what counting costs.

    The statement of a download finds the user and the file as ever, and inserts nothing.
    """

    @property
    def grants_at_once(self) -> bool:
        """Whether the user is found with the file."""
        return True

    def grant(
        self, files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any
    ) -> tuple[AbstractFile, Download] | None:
        """Find the file."""
        if not isinstance(files, PreparedQuery):
            raise TypeError("Downloads of other queries are not measured.")
        grant, params = prepared_grant(self.connection.alias, files)
        query, inserting, _ = grant.sql.partition(", ledger AS (INSERT")
        if not inserting:
            raise ValueError(f"The statement has changed: {grant.sql}")
        # As for a counted download, the statement takes the place of a health check.
        select = f"{query} SELECT * FROM granted"
        found = self._fetch_one(select, params, has_run=lambda: False)
        if found is None:
            return None
        file = grant.file_of(found, self.connection.alias)
        row = new_row(file=file, user=user)
        if grant.fields != REQUEST_FIELDS:
            row.user_id = found[-1]
        return file, row


class WatermarkCounters(DirectCounters):
    """Wrong: folds what has an id above the highest one folded, whatever commits later."""

    def __init__(self) -> None:
        self.watermark = Download.objects.aggregate(newest=Max("pk"))["newest"] or 0

    def record(self, row: Download) -> Download:
        """Add ``row``."""
        row.save(force_insert=True)
        return row

    def fold(self, **options: Any) -> int:
        """Add the rows above the watermark to the totals, and move it."""
        with transaction.atomic():
            rows = Download.objects.filter(pk__gt=self.watermark)
            newest = rows.aggregate(newest=Max("pk"))["newest"]
            taken = list(rows.filter(pk__lte=newest)) if newest else []
            for row in taken:
                for model, pk in _counted(row):
                    model._base_manager.filter(pk=pk).update(
                        folded_download_count=F("folded_download_count") + 1
                    )
        self.watermark = newest or self.watermark
        return len(taken)


def _counted(row: Download) -> tuple[tuple[type[Model], Any], ...]:
    return (
        (get_file_model(), row.file_id),
        (get_organization_model(), row.organization_id),
    )
