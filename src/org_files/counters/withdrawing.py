"""Withdrawals: rows of the ledger are deleted, and subtracted from the totals that have them."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from org_files import get_file_model, get_organization_model
from org_files.counters.days import subtract_rows
from org_files.counters.folding import TotalNotSeen
from org_files.counters.totals import subtract, subtract_from_files
from org_files.db.rows import Names, all_rows, hidden_row_models
from org_files.models import Download, PendingDownload, RangeGrant, Tombstone


def withdraw_rows(connection: BaseDatabaseWrapper, downloads: Collection[Download]) -> None:
    """Take back ``downloads`` in the open transaction. Those that are gone already stay so.

    Raises ``TotalNotSeen`` if this connection does not see each row and total that has one.
    """
    pks = [download.pk for download in downloads]
    pending = _delete(connection, PendingDownload, pks)
    recorded = _delete(connection, Download, pks)
    if pending - recorded:
        raise TotalNotSeen
    folded = [download for download in downloads if download.pk in recorded - pending]
    if folded:
        _subtract(connection, folded)
    for download in downloads:
        if download.grant_key is not None:
            # Otherwise the next try would belong to a download that was taken back.
            RangeGrant.objects.using(connection.alias).filter(
                pk=download.grant_key, began_at=download.downloaded_at
            ).delete()


def _subtract(connection: BaseDatabaseWrapper, downloads: Collection[Download]) -> None:
    """Subtract downloads from all stored totals. Files before organizations, as everywhere."""
    alias, organization = connection.alias, get_organization_model()
    unseen = {row.file_public_id for row in downloads} - subtract_from_files(downloads, alias)
    if unseen and hidden_row_models([get_file_model(), Tombstone], alias):
        raise TotalNotSeen
    counts = Counter[Any](row.organization_id for row in downloads)
    rows = all_rows(organization).using(alias).filter(pk__in=list(counts))
    unseen = counts.keys() - subtract(rows, "pk", "organization", counts)
    if unseen and hidden_row_models([organization], alias):
        raise TotalNotSeen
    subtract_rows(connection, downloads)


def _delete(connection: BaseDatabaseWrapper, model: type[Model], pks: list[int]) -> set[int]:
    """Delete rows by their keys; return the keys of those that were there."""
    names = Names(connection, model)
    condition = f"FROM {names.table} WHERE {names.pk} IN ({', '.join(['%s'] * len(pks))})"
    with connection.cursor() as cursor:
        if connection.features.can_return_columns_from_insert:
            cursor.execute(f"DELETE {condition} RETURNING {names.pk}", pks)
            return {pk for (pk,) in cursor.fetchall()}
        # MySQL's DELETE returns no rows.
        locking = connection.features.has_select_for_update
        lock = connection.ops.for_update_sql() if locking else ""
        cursor.execute(f"SELECT {names.pk} {condition} {lock}", pks)
        found = {pk for (pk,) in cursor.fetchall()}
        cursor.execute(f"DELETE {condition}", pks)
        return found
