"""Receivers of signals: a picture was stored, a height was removed."""

from __future__ import annotations

from typing import Any

from org_files.db.rows import all_rows
from org_files.models import AbstractFile, Rendition
from org_files.queues import get_queue
from org_files.storage import rendition_storage
from org_files.storage.blobs import discard_with_row


def discard_rendition(sender: Any, instance: Rendition, using: str, **kwargs: Any) -> None:
    """Remove the bytes of a rendition after its row, unless the database kept the row."""
    row = all_rows(sender).using(using).filter(pk=instance.pk)
    discard_with_row(rendition_storage(), instance.key, row)


def after_storing(sender: Any, file: AbstractFile, **kwargs: Any) -> None:
    """Enqueue making the heights of an upload."""
    if file.is_picture:
        get_queue().enqueue("make_renditions", str(file.public_id))
