"""Stored totals: of files without pending downloads, and subtractions from single rows."""

from typing import Any, cast

from django.db.models import Exists, F, Model, OuterRef, QuerySet, Subquery
from django.db.models.lookups import Exact

from org_files import get_file_model
from org_files.db.rows import all_rows
from org_files.models import AbstractFile, Download, PendingDownload, Tombstone


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


def without_pending(files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
    """Return the files whose totals are their columns, annotated as by ``with_totals``."""
    pending = PendingDownload.objects.filter(file_public_id=OuterRef("public_id"))
    settled: Any = files.filter(~Exists(pending))
    return cast(
        "QuerySet[AbstractFile]",
        settled.annotate(
            download_count=F("folded_download_count"),
            last_downloaded_at=F("folded_last_downloaded_at"),
        ),
    )


def with_pending(files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
    """Return the files that have pending downloads. For PostgreSQL."""
    pending = PendingDownload.objects.order_by().values("file_public_id").distinct()
    ids = Subquery(pending, template="ARRAY(%(subquery)s)")
    return files.filter(_EqualsAny(F("public_id"), ids))


class _EqualsAny(Exact):
    """The condition that a value is in an array.

    PostgreSQL expects few values there and enters the index. For a subquery of the same values it
    may read the whole table, because it expects pending downloads to be of as many files.
    """

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        value, params = self.process_lhs(compiler, connection)
        array, array_params = self.process_rhs(compiler, connection)
        return f"{value} = ANY {array}", [*params, *array_params]
