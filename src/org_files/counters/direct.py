"""The backend for MySQL, and for small sites without pending rows."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from org_files import get_file_model, get_organization_model
from org_files.counters.base import Counters, new_pending
from org_files.counters.totals import add_one, subtract_from_file
from org_files.db.rows import after_deadlocks, hidden_row_models
from org_files.models import Download, Tombstone


class DirectCounters(Counters):
    """Updates the totals in the transaction of the ledger's row: downloads of one file queue up."""

    def record(self, row: Download) -> Download:
        """Add ``row`` to the ledger and to both totals.

        If this connection sees no row to add it to, it stays pending, as in ``LedgerCounters``.
        """
        # Against removals of the same files MariaDB may end it in a deadlock.
        return after_deadlocks(partial(self._record, row), Download)

    def _record(self, row: Download) -> Download:
        with transaction.atomic(using=self.connection.alias, savepoint=False):
            row.pk = None
            row.save(using=self.connection.alias, force_insert=True)
            self._count(row)
        return row

    def _count(self, row: Download) -> None:
        """Add ``row`` to both totals, or leave it pending."""
        alias, at, organization = self.connection.alias, row.downloaded_at, get_organization_model()
        # Files before organizations, as everywhere.
        public_id = row.file_public_id
        taken = add_one(get_file_model(), at, alias, pk=row.file_id, public_id=public_id)
        if not taken and not add_one(Tombstone, at, alias, file_public_id=public_id):
            new_pending(row).save(using=alias, force_insert=True)
        elif not add_one(organization, at, alias, pk=row.organization_id) and hidden_row_models(
            [organization], alias
        ):
            new_pending(row).save(using=alias, force_insert=True)
            subtract_from_file(row, alias)
