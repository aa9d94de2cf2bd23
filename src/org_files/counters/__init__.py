"""Counters service: a ledger of downloads, and totals that equal it at every moment.

A site's own views may use it::

    counters.record_download(file=file, user=request.user)
    counters.with_totals(get_file_model().objects.all())
"""

import logging
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from org_files.backends import load
from org_files.counters.base import GRANT_WINDOW, Counters, new_row
from org_files.counters.days import bytes_per_day, each_day, first_day, read_days, read_ledger
from org_files.counters.direct import DirectCounters
from org_files.counters.ledger import LedgerCounters
from org_files.counters.pending import unfoldable_rows
from org_files.counters.totals import with_pending, without_pending
from org_files.counters.verification import Finding
from org_files.db.prepared import PreparedQuery
from org_files.db.reports import Report
from org_files.db.rows import lazy_user
from org_files.events import record_on_commit
from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Download,
    RangeGrant,
    ShareLink,
    Tombstone,
)
from org_files.signals import file_downloaded

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
    "is_under_way",
    "record_download",
    "record_range",
    "split_pending",
    "verify",
    "with_totals",
    "withdraw_download",
]

ModelT = TypeVar("ModelT", bound=Model)


def get_counters() -> Counters:
    """Return the backend of ``ORG_FILES["COUNTERS"]``. Raises ``ConfigurationError``."""
    return load("COUNTERS", Counters)


def record_download(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    address: str = "",
    user_agent: str = "",
) -> Download:
    """Record one download of ``file``, by ``user`` or through the share link ``link``.

    Ranges that the same requester asks for within an hour belong to it. A requester is a user, or
    for a link the client at ``address`` with ``user_agent``.

    Call it before the first byte is sent. It runs in one transaction, or joins an open one and is
    undone with it. It does not ask the policy. Returns the ledger's row. Raises ``DatabaseError``
    if the download could not be recorded; do not send the content then.
    """
    backend, row = get_counters(), new_row(file=file, user=user, link=link)
    row = backend.record_whole(row, **_request(file, address, user_agent))
    _announce(backend, file, row, user)
    return row


def grant_download(
    files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any = None
) -> tuple[AbstractFile, Download] | None:
    """Find the one file in ``files`` and record that ``user`` downloads it.

    PostgreSQL does both in one statement. ``files`` are those that the user may read, narrowed to
    the file asked for. Returns the file and the ledger's row, or ``None`` without such a file.
    """
    backend = get_counters()
    granted = backend.grant(files, user=user)
    if granted is not None:
        pk = granted[1].user_id
        _announce(backend, *granted, lazy_user(pk) if user is None and pk is not None else user)
    return granted


def record_range(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    address: str = "",
    user_agent: str = "",
) -> Download | None:
    """Record a request for a range of ``file``, unless it belongs to a download under way.

    It belongs to the one that the same requester, as of ``record_download``, began on the same
    content within the last hour. Returns the ledger's row if this request begins a download, else
    ``None``.
    """
    backend, begun = get_counters(), new_row(file=file, user=user, link=link)
    row = backend.record_range(begun, **_request(file, address, user_agent))
    if row is not None:
        _announce(backend, file, row, user, part=True)
    return row


def is_under_way(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    height: int | None = None,
    address: str = "",
    user_agent: str = "",
) -> bool:
    """Return whether a range of ``file``, or of one height of it, would belong to an earlier use.

    That is what the same requester began by a range, or through a link, within the last hour.
    """
    row = new_row(file=file, user=user, link=link)
    return get_counters().is_under_way(row, **_request(file, address, user_agent, height))


def claim_use(
    *,
    file: AbstractFile,
    link: ShareLink,
    height: int,
    is_partial: bool,
    address: str = "",
    user_agent: str = "",
) -> bool:
    """Return whether a request for one height of a picture begins a use of ``link``.

    The use is remembered for an hour. It is no download of the file: the ledger gets no row.
    """
    row, request = new_row(file=file, link=link), _request(file, address, user_agent, height)
    return get_counters().claim_use(row, is_partial=is_partial, **request)


def withdraw_download(download: Download) -> None:
    """Take back a recorded download whose content the store could not deliver.

    If row-level security hides a total that contains it, it stays in the ledger and is logged.
    """
    backend = get_counters()
    backend.withdraw(download)
    record_on_commit(
        "file.downloaded",
        using=backend.connection.alias,
        level=logging.ERROR,
        outcome="failed",
        obj=download.file_public_id,
        organization=download.organization_id,
        actor=download.user_id,
    )


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


def _request(
    file: AbstractFile, address: str, user_agent: str, height: int | None = None
) -> dict[str, str]:
    content = f"{file.content.name}" if height is None else f"{file.content.name}@{height}"
    return {"content": content, "address": address, "user_agent": user_agent}


def _announce(
    backend: Counters, file: AbstractFile, download: Download, user: Any, *, part: bool = False
) -> None:
    alias = backend.connection.alias
    if file_downloaded.has_listeners(type(file)):
        send = partial(file_downloaded.send_robust, sender=type(file))
        transaction.on_commit(partial(send, file=file, download=download, user=user), using=alias)
    record_on_commit(
        "file.downloaded",
        using=alias,
        obj=file,
        organization=file.organization_id,
        actor=user,
        part=part,
    )
