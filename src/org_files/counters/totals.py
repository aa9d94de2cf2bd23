"""Updates of the stored totals of single rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, Model, OuterRef, Subquery, Value, When

from org_files import get_file_model
from org_files.models import Download, PendingDownload, Tombstone
from org_files.rows import all_rows

__all__ = ["add_one", "newest_folded", "subtract_from_file", "subtract_one"]


def add_one(model: type[Model], column: str, value: Any, at: datetime, alias: str) -> bool:
    """Add one download to the stored totals of the row with ``value`` in ``column``.

    Returns whether there is such a row.
    """
    added = all_rows(model).using(alias).filter(**{column: value})
    return bool(
        added.update(
            folded_download_count=F("folded_download_count") + 1,
            folded_last_downloaded_at=Case(
                When(folded_last_downloaded_at__gt=at, then=F("folded_last_downloaded_at")),
                default=Value(at),
            ),
        )
    )


def subtract_one(model: type[Model], column: str, value: Any, key: str, alias: str) -> bool:
    """Take one download, which is no longer in the ledger as ``key`` says, from stored totals.

    Returns whether there is a row with ``value`` in ``column``.
    """
    rows = all_rows(model).using(alias).filter(**{column: value})
    # Locked first, so that the next statement sees what others did who held the lock.
    rows.select_for_update().first()
    return bool(
        rows.update(
            folded_download_count=F("folded_download_count") - 1,
            folded_last_downloaded_at=newest_folded(key, column),
        )
    )


def subtract_from_file(public_id: UUID, alias: str) -> bool:
    """Take one download from the stored totals of a file or of its tombstone."""
    key = "file_public_id"
    return any(
        [
            subtract_one(get_file_model(), "public_id", public_id, key, alias),
            subtract_one(Tombstone, key, public_id, key, alias),
        ]
    )


def newest_folded(key: str, column: str = "pk") -> Subquery:
    """Return the time of the newest row of the ledger that is not pending.

    For an update of files, tombstones or organizations, whose ``column`` is the ledger's ``key``.
    """
    pending = PendingDownload.objects.filter(pk=OuterRef("pk"))
    rows = Download.objects.filter(~Exists(pending), **{key: OuterRef(column)})
    return Subquery(rows.order_by("-downloaded_at").values("downloaded_at")[:1])
