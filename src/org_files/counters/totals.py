"""Totals of rows, stored and pending, and subtractions from single rows."""

from typing import Any, TypeVar, cast

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import Exact

from org_files import get_file_model
from org_files.db.rows import all_rows
from org_files.models import AbstractFile, Download, PendingDownload, Tombstone

ModelT = TypeVar("ModelT", bound=Model)


def annotate_totals(queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
    """Annotate files or organizations with their stored totals plus pending rows."""
    key, column = "organization", "pk"
    if issubclass(queryset.model, AbstractFile):
        key, column = "file_public_id", "public_id"
    rows = PendingDownload.objects.filter(**{key: OuterRef(column)}).order_by()
    pending = Subquery(rows.values(key).annotate(count=Count("pk")).values("count"))
    # Not the maximum, for which a database reads every row of the group.
    newest = Subquery(rows.order_by("-downloaded_at").values("downloaded_at")[:1])
    folded = F("folded_last_downloaded_at")
    annotated: Any = queryset.annotate(
        download_count=F("folded_download_count") + Coalesce(pending, Value(0)),
        # Outside PostgreSQL the greatest of a value and null is null.
        last_downloaded_at=Coalesce(Greatest(folded, newest), newest, folded),
    )
    return cast("QuerySet[ModelT]", annotated)


def file_of(download: Download, alias: str) -> QuerySet[Any]:
    """Return the file of ``download``, if its row is still there.

    For updates: MariaDB locks entries of each index that a statement searches, so that one search
    by the public id and one by the primary key end in a deadlock. All search by the primary key;
    the public id is compared where no index serves, since keys are given out again.
    """
    is_same = Case(When(public_id=download.file_public_id, then=Value(True)), default=Value(False))
    return all_rows(get_file_model()).using(alias).filter(is_same, pk=download.file_id)


def tombstone_of(download: Download, alias: str) -> QuerySet[Any]:
    return all_rows(Tombstone).using(alias).filter(file_public_id=download.file_public_id)


def subtract_one(rows: QuerySet[Any], column: str, key: str) -> bool:
    """Subtract one download, which the ledger no longer has, from the stored totals of one row.

    ``rows`` is that row; its ``column`` is the ledger's ``key``. Returns whether there is such a
    row.
    """
    # Locked first, so that the next statement sees what the last holder of the lock wrote.
    rows.select_for_update().first()
    return bool(
        rows.update(
            folded_download_count=F("folded_download_count") - 1,
            folded_last_downloaded_at=newest_folded(key, column),
        )
    )


def subtract_from_file(download: Download, alias: str) -> bool:
    key = "file_public_id"
    in_file = subtract_one(file_of(download, alias), "public_id", key)
    return subtract_one(tombstone_of(download, alias), key, key) or in_file


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
