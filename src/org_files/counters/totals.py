"""Updates of the stored totals of single rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, Model, OuterRef, Subquery, Value, When

from org_files import get_file_model
from org_files.db.rows import all_rows
from org_files.models import Download, PendingDownload, Tombstone


def add_one(model: type[Model], at: datetime, alias: str, **row: Any) -> bool:
    """Add one download to the stored totals of the row with the columns ``row``.

    Returns whether there is such a row. A file is found by its primary key and its public id:
    MariaDB locks by the index that it searches, and a removal locks by the primary key.
    """
    rows = all_rows(model).using(alias).filter(**row)
    return bool(
        rows.update(
            folded_download_count=F("folded_download_count") + 1,
            folded_last_downloaded_at=Case(
                When(folded_last_downloaded_at__gt=at, then=F("folded_last_downloaded_at")),
                default=Value(at),
            ),
        )
    )


def subtract_one(model: type[Model], column: str, key: str, alias: str, **row: Any) -> bool:
    """Subtract one download, which the ledger no longer has, from the stored totals of one row.

    ``row`` as of ``add_one``; its ``column`` is the ledger's ``key``. Returns whether there is
    such a row.
    """
    rows = all_rows(model).using(alias).filter(**row)
    # Locked first, so that the next statement sees what the last holder of the lock wrote.
    rows.select_for_update().first()
    return bool(
        rows.update(
            folded_download_count=F("folded_download_count") - 1,
            folded_last_downloaded_at=newest_folded(key, column),
        )
    )


def subtract_from_file(download: Download, alias: str) -> bool:
    """Subtract ``download`` from the stored totals of its file or of the file's tombstone."""
    key, public_id = "file_public_id", download.file_public_id
    file = {"pk": download.file_id, "public_id": public_id}
    in_file = subtract_one(get_file_model(), "public_id", key, alias, **file)
    return subtract_one(Tombstone, key, key, alias, file_public_id=public_id) or in_file


def newest_folded(key: str, column: str = "pk") -> Subquery:
    """Return the time of the newest row of the ledger that is not pending.

    For an update of files, tombstones or organizations, whose ``column`` is the ledger's ``key``.
    """
    pending = PendingDownload.objects.filter(pk=OuterRef("pk"))
    rows = Download.objects.filter(~Exists(pending), **{key: OuterRef(column)})
    return Subquery(rows.order_by("-downloaded_at").values("downloaded_at")[:1])
