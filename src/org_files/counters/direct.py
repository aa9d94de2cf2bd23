"""The backend for small sites that want nothing to fold, and for MySQL."""

from __future__ import annotations

from django.db import transaction

from org_files import get_file_model, get_organization_model
from org_files.counters.base import Counters, add_one
from org_files.models import Download

__all__ = ["DirectCounters"]


class DirectCounters(Counters):
    """Updates the totals in the transaction of the ledger's row: downloads of one file queue up."""

    def record(self, row: Download) -> Download:
        """Add ``row`` to the ledger and to both totals."""
        alias = self.connection.alias
        with transaction.atomic(using=alias, savepoint=False):
            row.save(using=alias, force_insert=True)
            # Files before organizations, as everywhere.
            add_one(get_file_model(), row.file_id, row.downloaded_at, alias)
            add_one(get_organization_model(), row.organization_id, row.downloaded_at, alias)
        return row
