"""The backend for MySQL, and for small sites without pending rows."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When

from org_files import get_organization_model
from org_files.counters.base import Counters, new_pending
from org_files.counters.totals import file_of, subtract_from_file, tombstone_of
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

    def _count(self, row: Download) -> None:
        """Add ``row`` to both totals, or leave it pending."""
        alias, organization = self.connection.alias, get_organization_model()
        add = partial(_add_one, at=row.downloaded_at)
        # Files before organizations, as everywhere.
        in_file = add(file_of(row, alias)) or add(tombstone_of(row, alias))
        organizations = all_rows(organization).using(alias)
        if in_file and (
            add(organizations.filter(pk=row.organization_id))
            or not hidden_row_models([organization], alias)
        ):
            return
        new_pending(row).save(using=alias, force_insert=True)
        if in_file:
            subtract_from_file(row, alias)


def _add_one(rows: QuerySet[Any], *, at: datetime) -> bool:
    """Add a download to the totals of ``rows``, one row or none; return whether there is one."""
    return bool(
        rows.update(
            folded_download_count=F("folded_download_count") + 1,
            folded_last_downloaded_at=Case(
                When(folded_last_downloaded_at__gt=at, then=F("folded_last_downloaded_at")),
                default=Value(at),
            ),
        )
    )
