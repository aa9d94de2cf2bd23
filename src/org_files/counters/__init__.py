"""Counters service: a ledger of downloads, and totals that equal it at every moment.

A site's own views may use it::

    counters.record_download(file=file, user=request.user)
    counters.with_totals(get_file_model().objects.all())
"""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from django.db import connections
from django.db.models import Model, QuerySet
from django.utils import timezone

from org_files.counters.base import GRANT_WINDOW, Counters, get_counters
from org_files.counters.days import bytes_per_day, each_day, first_day, read_days, read_ledger
from org_files.counters.direct import DirectCounters
from org_files.counters.ledger import LedgerCounters
from org_files.counters.pending import unfoldable_rows
from org_files.counters.recording import (
    claim_use,
    grant_download,
    grant_downloads,
    is_under_way,
    record_download,
    record_range,
    withdraw_download,
    withdraw_downloads,
)
from org_files.counters.totals import with_pending, without_pending
from org_files.counters.verification import Finding
from org_files.db.reports import Report
from org_files.models import AbstractFile, AbstractOrganization, RangeGrant, Tombstone

__all__ = [
    "Counters",
    "DirectCounters",
    "Finding",
    "LedgerCounters",
    "Report",
    "bytes_per_day",
    "claim_use",
    "count_unfoldable",
    "create_tombstone",
    "downloads_per_day",
    "file_downloads_per_day",
    "fold",
    "forget_grants",
    "get_counters",
    "grant_download",
    "grant_downloads",
    "is_under_way",
    "record_download",
    "record_range",
    "split_pending",
    "verify",
    "with_totals",
    "withdraw_download",
    "withdraw_downloads",
]

ModelT = TypeVar("ModelT", bound=Model)


def with_totals(queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
    """Annotate files or organizations with ``download_count`` and ``last_downloaded_at``.

    In the same query, and equal to the ledger at the moment at which the database runs it.
    """
    return get_counters().with_totals(queryset)


def split_pending(
    files: QuerySet[AbstractFile],
) -> tuple[QuerySet[AbstractFile], QuerySet[AbstractFile]] | None:
    """Return the files without pending downloads, and those with, both as by ``with_totals``.

    Totals of the first are columns, which have indexes. ``None`` for a backend of a site's own, and
    outside PostgreSQL.
    """
    if not _keeps_totals() or connections[files.db].vendor != "postgresql":
        return None
    return without_pending(files), with_totals(with_pending(files))


def downloads_per_day(*, organization: AbstractOrganization, days: int) -> list[tuple[date, int]]:
    """Return how many downloads there were on each of the last ``days`` days in UTC, today last."""
    first = first_day(days)
    counts = read_days(organization, first) if _keeps_totals() else None
    if counts is None:
        counts = read_ledger(first, organization=organization.pk)
    return each_day(first, days, counts)


def file_downloads_per_day(*, file: AbstractFile, days: int) -> list[tuple[date, int]]:
    """Return the same of one file, in one statement over its rows of the ledger in these days."""
    first = first_day(days)
    return each_day(first, days, read_ledger(first, file_public_id=file.public_id))


def create_tombstone(file: AbstractFile) -> Tombstone:
    """Create the tombstone of ``file``, whose row is deleted in this transaction.

    Raises ``DoesNotExist`` if the row is gone already.
    """
    return get_counters().create_tombstone(file)


def fold(
    *,
    batch_size: int = 10_000,
    wait: bool = True,
    on_batch: Callable[[int], None] | None = None,
    on_left: Callable[[int], None] | None = None,
) -> int:
    """Add pending downloads to the stored totals; return the number of rows added.

    Each transaction folds ``batch_size`` rows; ``on_batch`` receives the rows of each batch. Safe
    at any time and from any number of processes: without ``wait``, all but one return at once.
    A row stays pending if this connection sees neither its file nor a tombstone, or if row-level
    security may hide its organization; a warning is logged, and ``on_left`` receives the number at
    the end.
    """
    return get_counters().fold(batch_size=batch_size, wait=wait, on_batch=on_batch, on_left=on_left)


def count_unfoldable() -> int:
    """Return the number of pending downloads that a fold leaves pending."""
    return unfoldable_rows(get_counters().connection).count()


def verify(*, repair: bool = False) -> Report:
    """Compare every total with the ledger.

    With ``repair``, totals that differ are recounted, and each file in the ledger whose row was
    removed without a tombstone gets one. Returns the number of rows compared and each difference,
    repaired or not. If row-level security binds the database role, removed files are not looked
    for, and a repair raises ``RepairRefused``.
    """
    return get_counters().verify(repair=repair)


def forget_grants(*, dry_run: bool = False) -> int:
    """Remove range grants that are older than an hour; return how many.

    With ``dry_run`` only count them.
    """
    grants = RangeGrant.objects.using(get_counters().connection.alias)
    old = grants.filter(began_at__lt=timezone.now() - GRANT_WINDOW)
    return old.count() if dry_run else old.delete()[0]


def _keeps_totals() -> bool:
    """Return whether the totals are those of the package's columns and pending rows."""
    return type(get_counters()).with_totals is Counters.with_totals
