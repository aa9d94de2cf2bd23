"""The backend for MySQL, and for small sites without pending rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When

from org_files import get_file_model, get_organization_model
from org_files.counters.base import Counters
from org_files.counters.days import add_row, add_rows
from org_files.counters.rows import insert_pending, insert_rows, new_pending
from org_files.counters.totals import files_of, subtract_from_files, tombstones_of
from org_files.db.rows import after_deadlocks, all_rows, hidden_row_models
from org_files.models import Download


class DirectCounters(Counters):
    """Updates the totals in the transaction of the ledger's row: downloads of one file queue up.

    A row stays pending if this connection sees no row to add it to, as in ``LedgerCounters``.
    """

    def record(self, row: Download) -> Download:
        def do() -> Download:
            with transaction.atomic(using=self.connection.alias, savepoint=False):
                row.pk = None
                row.save(using=self.connection.alias, force_insert=True)
                self._count(row)
            return row

        # Against removals of the same files MariaDB may end it in a deadlock.
        return after_deadlocks(do, Download)

    def bulk_record(self, rows: Sequence[Download]) -> None:
        def do() -> None:
            with transaction.atomic(using=self.connection.alias, savepoint=False):
                for row in rows:
                    row.pk = None
                insert_rows(self.connection, rows)
                self._bulk_count(rows)

        after_deadlocks(do, Download)

    def _count(self, row: Download) -> None:
        """Add ``row`` to both totals and to the day, or leave it pending."""
        alias, organization = self.connection.alias, get_organization_model()
        add = partial(_add, at=row.downloaded_at)
        # Files before organizations, as everywhere.
        in_file = add(files_of([row], alias)) or add(tombstones_of([row], alias))
        organizations = all_rows(organization).using(alias)
        if in_file and (
            add(organizations.filter(pk=row.organization_id))
            or not hidden_row_models([organization], alias)
        ):
            add_row(self.connection, row)
            return
        new_pending(row).save(using=alias, force_insert=True)
        if in_file:
            subtract_from_files([row], alias)

    def _bulk_count(self, rows: Sequence[Download]) -> None:
        """Add ``rows`` to all totals and to the day; leave those pending that a total lacks."""
        alias = self.connection.alias
        files = all_rows(get_file_model()).using(alias)
        organizations = all_rows(get_organization_model()).using(alias)
        # Files before organizations, as everywhere, each in the order of primary keys.
        keys = set(_lock(files, {row.file_id for row in rows}).values_list("pk", "public_id"))
        in_files = [row for row in rows if (row.file_id, row.file_public_id) in keys]
        locked = _lock(organizations, {row.organization_id for row in in_files})
        keys = set(locked.values_list("pk", flat=True))
        counted = {row.pk: row for row in in_files if row.organization_id in keys}
        if counted:
            add = partial(_add, at=rows[0].downloaded_at)
            add(files.filter(pk__in=[row.file_id for row in counted.values()]))
            numbers = Counter(row.organization_id for row in counted.values())
            for pk, number in numbers.items():
                add(organizations.filter(pk=pk), number)
            add_rows(self.connection, counted.values())
        insert_pending(self.connection, [row for row in rows if row.pk not in counted])


def _lock(rows: QuerySet[Any], pks: set[Any]) -> QuerySet[Any]:
    return rows.filter(pk__in=pks).order_by("pk").select_for_update()


def _add(rows: QuerySet[Any], number: int = 1, *, at: datetime) -> bool:
    """Add ``number`` downloads to the totals of each of ``rows``; return whether there are any."""
    return bool(
        rows.update(
            folded_download_count=F("folded_download_count") + number,
            folded_last_downloaded_at=Case(
                When(folded_last_downloaded_at__gt=at, then=F("folded_last_downloaded_at")),
                default=Value(at),
            ),
        )
    )
