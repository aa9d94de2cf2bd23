"""Totals of rows, stored and pending, and subtractions from stored ones."""

from collections import Counter
from collections.abc import Collection, Mapping
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


def files_of(downloads: Collection[Download], alias: str) -> QuerySet[Any]:
    """Return the files of ``downloads`` whose rows are still there.

    For updates: MariaDB locks entries of each index that a statement searches, so that one search
    by the public id and one by the primary key end in a deadlock. All search by the primary key;
    the public id is compared where no index serves, since keys are given out again.
    """
    public_ids = [download.file_public_id for download in downloads]
    is_same = Case(When(public_id__in=public_ids, then=Value(True)), default=Value(False))
    rows = all_rows(get_file_model()).using(alias)
    return rows.filter(is_same, pk__in=[download.file_id for download in downloads])


def tombstones_of(downloads: Collection[Download], alias: str) -> QuerySet[Any]:
    public_ids = [download.file_public_id for download in downloads]
    return all_rows(Tombstone).using(alias).filter(file_public_id__in=public_ids)


def subtract(rows: QuerySet[Any], column: str, key: str, counts: Mapping[Any, int]) -> set[Any]:
    """Subtract downloads, which the ledger no longer has, from the stored totals of ``rows``.

    ``counts`` are their numbers by the ``column`` of the rows, which is the ledger's ``key``.
    Returns the values of ``column`` in rows that there are.
    """
    # Locked first, so that the next statement sees what the last holder of a lock wrote, and in
    # the order of primary keys, as everywhere.
    # As objects: Django 5.2.0 returns a column once that is asked for twice, as the key here is.
    rows_locked = rows.order_by("pk").select_for_update().only(column)
    locked = {row.pk: getattr(row, column) for row in rows_locked}
    of_number: dict[int, list[Any]] = {}
    for pk, value in locked.items():
        of_number.setdefault(counts[value], []).append(pk)
    for number, pks in of_number.items():
        all_rows(rows.model).using(rows.db).filter(pk__in=pks).update(
            folded_download_count=F("folded_download_count") - number,
            folded_last_downloaded_at=newest_folded(key, column),
        )
    return set(locked.values())


def subtract_from_files(downloads: Collection[Download], alias: str) -> set[Any]:
    """Subtract ``downloads`` from their files and tombstones; return the public ids of these."""
    key, counts = "file_public_id", Counter(row.file_public_id for row in downloads)
    in_files = subtract(files_of(downloads, alias), "public_id", key, counts)
    return in_files | subtract(tombstones_of(downloads, alias), key, key, counts)


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
