"""The counters service: a ledger of downloads, and totals that equal it at every moment.

A site's own views may use it::

    counters.record_download(file=file, user=request.user)
    counters.with_totals(get_file_model().objects.all())
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from org_files.backends import load
from org_files.counters import grants
from org_files.counters.base import GRANT_WINDOW, Counters, new_row
from org_files.counters.direct import DirectCounters
from org_files.counters.ledger import LedgerCounters
from org_files.counters.pending import left_pending as pending_rows_left
from org_files.counters.verification import Finding, Report
from org_files.db.prepared import PreparedQuery
from org_files.events import record_on_commit
from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Download,
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
    "begins",
    "bury",
    "downloads_per_day",
    "fold",
    "forget_grants",
    "get_counters",
    "grant_download",
    "is_under_way",
    "left_pending",
    "record_download",
    "record_range",
    "verify",
    "with_totals",
    "withdraw_download",
]

ModelT = TypeVar("ModelT", bound=Model)


def get_counters() -> Counters:
    """Return the backend that ``ORG_FILES["COUNTERS"]`` names.

    Raises ``ConfigurationError`` where it cannot be loaded.
    """
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

    Parts that the same requester asks for within an hour belong to it: the user; for a link, who
    comes from ``address`` with ``user_agent``.

    Call it before the first byte leaves. One transaction; it joins one that is open, and is
    undone with it. It asks no policy. Returns the ledger's row. Raises ``DatabaseError`` where the
    database does not take it; the bytes must not leave then.
    """
    backend = get_counters()
    row = backend.record_whole(
        new_row(file=file, user=user, link_id=_id_of(link)),
        content=_content(file, None),
        address=address,
        user_agent=user_agent,
    )
    _announce(backend, file, row, user)
    return row


def grant_download(
    files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any = None
) -> tuple[AbstractFile, Download] | None:
    """Find the one file in ``files`` and record that ``user`` downloads it, in one statement
    where that can be.

    ``files`` is what the requester may read, narrowed to the file asked for. Returns the file and
    the ledger's row, or ``None`` where there is no such file.
    """
    backend = get_counters()
    granted = backend.grant(files, user=user)
    if granted is not None:
        _announce(backend, *granted, user)
    return granted


def record_range(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    address: str = "",
    user_agent: str = "",
) -> Download | None:
    """Record a request for a part of ``file``, unless it belongs to a download under way.

    It belongs to the one that the same requester (the user; for a link, the link with ``address``
    and ``user_agent``) began on the same content within the last hour. Returns the ledger's row
    where this request begins a download, else ``None``.
    """
    backend = get_counters()
    row = backend.record_range(
        new_row(file=file, user=user, link_id=_id_of(link)),
        content=_content(file, None),
        address=address,
        user_agent=user_agent,
    )
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
    """Return whether a part of ``file``, or of one height of it, would belong to what the same
    requester began to fetch by a part, or through a link, within the last hour. Reads only."""
    return get_counters().is_under_way(
        new_row(file=file, user=user, link_id=_id_of(link)),
        content=_content(file, height),
        address=address,
        user_agent=user_agent,
    )


def begins(
    *,
    file: AbstractFile,
    link: ShareLink,
    height: int,
    is_partial: bool,
    address: str = "",
    user_agent: str = "",
) -> bool:
    """Return whether a request for one height of a picture begins a use of ``link``, and keep in
    mind that it did. The ledger has no rows of these: they are no downloads of the file."""
    return get_counters().begins(
        new_row(file=file, user=None, link_id=link.public_id),
        is_partial=is_partial,
        content=_content(file, height),
        address=address,
        user_agent=user_agent,
    )


def withdraw_download(download: Download) -> None:
    """Take back a download that was recorded, but whose content the store could not give.

    Where row-level security hides a total that contains it, it stays in the ledger and is logged.
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


def downloads_per_day(*, organization: AbstractOrganization, days: int) -> list[tuple[date, int]]:
    """Return how many downloads there were on each of the last ``days`` days in UTC, today last."""
    today = timezone.now().astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    rows = (
        Download.objects.filter(
            organization=organization.pk,
            downloaded_at__gte=datetime.combine(first, time.min, UTC),
        )
        .annotate(day=TruncDate("downloaded_at", tzinfo=UTC))
        .values("day")
        .order_by("day")
        .annotate(count=Count("pk"))
    )
    counts = dict(rows.values_list("day", "count"))
    every_day = (first + timedelta(days=number) for number in range(days))
    return [(day, counts.get(day, 0)) for day in every_day]


def bury(file: AbstractFile) -> Tombstone:
    """Make the tombstone of ``file``, whose row is deleted in this transaction.

    Raises ``DoesNotExist`` where the row is gone already.
    """
    return get_counters().bury(file)


def fold(
    *,
    batch_size: int = 10_000,
    wait: bool = True,
    on_batch: Callable[[int], None] | None = None,
    on_left: Callable[[int], None] | None = None,
) -> int:
    """Add pending downloads to the stored totals; return the number of rows added.

    ``batch_size`` rows are folded in one transaction; ``on_batch`` is told the rows of each batch.
    Safe at any time and from any number of processes: without ``wait``, all but one return at once.
    A row stays pending where this connection sees neither its file nor a tombstone, or where
    row-level security may hide its organization; a warning is logged, and ``on_left`` is told at
    the end how many there are.
    """
    return get_counters().fold(batch_size=batch_size, wait=wait, on_batch=on_batch, on_left=on_left)


def left_pending() -> int:
    """Return the number of pending downloads that a fold leaves pending."""
    return pending_rows_left(get_counters().connection).count()


def verify(*, repair: bool = False) -> Report:
    """Compare every total with the ledger.

    With ``repair``, totals that differ are recounted, and a tombstone is made for each file that
    the ledger has and whose row was removed without one. Returns what was compared and each
    difference, repaired or not. Where row-level security binds the database role, removed files are
    not looked for, and a repair raises ``RepairRefused``.
    """
    return get_counters().verify(repair=repair)


def forget_grants(*, dry_run: bool = False) -> int:
    """Remove the marks of partial downloads that began too long ago to matter; return how many.

    With ``dry_run`` only count them.
    """
    old = grants.began_before(get_counters().connection, timezone.now() - GRANT_WINDOW)
    return old.count() if dry_run else old.delete()[0]


def _content(file: AbstractFile, height: int | None) -> str:
    return f"{file.content.name}" if height is None else f"{file.content.name}@{height}"


def _id_of(link: ShareLink | None) -> UUID | None:
    return None if link is None else link.public_id


def _announce(
    backend: Counters, file: AbstractFile, download: Download, user: Any, *, part: bool = False
) -> None:
    if file_downloaded.has_listeners(type(file)):
        send = partial(file_downloaded.send_robust, sender=type(file))
        transaction.on_commit(
            partial(send, file=file, download=download, user=user), using=backend.connection.alias
        )
    record_on_commit(
        "file.downloaded",
        using=backend.connection.alias,
        obj=file,
        organization=file.organization_id,
        actor=user,
        part=part,
    )
