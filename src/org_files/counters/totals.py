"""Subtractions from the stored totals of single rows."""

from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Subquery

from org_files import get_file_model
from org_files.db.rows import all_rows
from org_files.models import Download, PendingDownload, Tombstone


def subtract_one(model: type[Model], column: str, key: str, alias: str, **row: Any) -> bool:
    """Subtract one download, which the ledger no longer has, from the stored totals of one row.

    ``row`` has columns of the row; its ``column`` is the ledger's ``key``. Returns whether there
    is such a row.
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
