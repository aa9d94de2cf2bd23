"""Counting by other means: rivals of the package's backends."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Model

from org_files import get_file_model, get_organization_model
from org_files.counters import DirectCounters
from org_files.models import Download


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


class NoCounters(DirectCounters):
    """Counts nothing, so that the same view shows what counting costs."""

    def record(self, row: Download) -> Download:
        """Leave everything as it is."""
        return row


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
