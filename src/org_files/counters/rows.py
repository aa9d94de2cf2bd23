"""New rows of the ledger, and pending ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from org_files.models import AbstractFile, Download, PendingDownload, ShareLink


def new_row(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    at: datetime | None = None,
) -> Download:
    return Download(
        file_id=file.pk,
        file_public_id=file.public_id,
        organization_id=file.organization_id,
        user_id=None if user is None else user.pk,
        link_id=None if link is None else link.public_id,
        downloaded_at=at or timezone.now(),
    )


def new_pending(row: Download) -> PendingDownload:
    """Return the unsaved pending row of ``row``, which is saved."""
    return PendingDownload(
        download_id=row.pk,
        file_id=row.file_id,
        file_public_id=row.file_public_id,
        organization_id=row.organization_id,
        downloaded_at=row.downloaded_at,
    )


def insert_rows(connection: BaseDatabaseWrapper, rows: Sequence[Download]) -> None:
    """Add ``rows`` to the ledger, and set their primary keys."""
    if connection.features.can_return_rows_from_bulk_insert:
        Download.objects.using(connection.alias).bulk_create(rows)
    else:  # MySQL
        for row in rows:
            row.save(using=connection.alias, force_insert=True)


def insert_pending(connection: BaseDatabaseWrapper, rows: Sequence[Download]) -> None:
    """Add a pending row for each of ``rows``, which are saved."""
    PendingDownload.objects.using(connection.alias).bulk_create([*map(new_pending, rows)])
