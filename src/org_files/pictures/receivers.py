"""What follows when a picture is stored, and when one of its heights is removed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from org_files.blobs import discard_blob
from org_files.models import AbstractFile, Rendition
from org_files.queues import get_queue
from org_files.storage import rendition_storage

__all__ = ["after_storing", "discard_rendition"]


def discard_rendition(sender: Any, instance: Rendition, using: str, **kwargs: Any) -> None:
    """Remove the bytes of a rendition after its row."""
    transaction.on_commit(partial(discard_blob, rendition_storage(), instance.key), using=using)


def after_storing(sender: Any, file: AbstractFile, **kwargs: Any) -> None:
    """Have a worker make the smaller pictures of an upload, where the site has workers."""
    if file.is_picture:
        get_queue().enqueue("make_renditions", str(file.public_id))
