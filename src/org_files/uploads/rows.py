"""Rows of upload sessions: their bytes in a storage, signals and events."""

from __future__ import annotations

import copy
import logging
import re
from functools import partial
from typing import Any

from django.db import router, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.db.models.signals import ModelSignal

from org_files import conf
from org_files.db.rows import all_rows
from org_files.events import record_on_commit
from org_files.exceptions import StorageFull, StorageUnavailable
from org_files.models import Upload, open_uploads
from org_files.storage import StoredBytes, register_bytes
from org_files.storage.disk import FOLDER
from org_files.uploads.choice import place_of
from org_files.uploads.unlisted import unlisted

logger = logging.getLogger("org_files.files")

register_bytes(
    StoredBytes(
        name="uploads",
        # Sessions with bytes. A temporary folder is no storage; in S3 the key is that of the tail.
        rows=lambda: (
            all_rows(Upload)
            .filter(is_complete=False, offset__gt=0)
            .exclude(storage_alias="")
            .exclude(tail_size=0)
            .annotate(org_files_size=Coalesce("tail_size", "offset"))
        ),
        alias=conf.storage_alias,
        key_parts=(re.compile(re.escape(FOLDER)), re.compile(r"[0-9a-f]{32}")),
        size="org_files_size",
        sha256="digest",
        is_partial=True,
        unlisted=unlisted,
    )
)


def own_uploads(public_id: str | None, owner_pk: Any) -> QuerySet[Upload]:
    """Return the session of a user with that id, unless it has ended."""
    return all_rows(Upload).filter(open_uploads(), public_id=public_id, owner=owner_pk)


def row_of(upload: Upload) -> QuerySet[Upload]:
    """Return the row of ``upload``."""
    return all_rows(Upload).filter(pk=upload.pk)


def discard_on_commit(upload: Upload, using: str) -> None:
    """Remove the bytes of a session after the current transaction."""
    upload = copy.copy(upload)

    def discard() -> None:
        try:
            place_of(upload).discard(upload)
        except (StorageUnavailable, StorageFull):
            logger.warning("The bytes of an upload could not be removed.", exc_info=True)

    if upload.key:
        transaction.on_commit(discard, using=using)


def announce(
    signal: ModelSignal, event: str, upload: Upload, details: Any = None, **arguments: Any
) -> None:
    """Send ``signal`` with ``arguments`` and record ``event`` with ``details`` on commit."""
    using = router.db_for_write(Upload)
    send = partial(signal.send_robust, sender=Upload, upload=upload, **arguments)
    transaction.on_commit(send, using=using)
    values = {"name": upload.name} | (details or {})
    record_on_commit(event, using=using, obj=upload, organization=upload.organization_id, **values)
