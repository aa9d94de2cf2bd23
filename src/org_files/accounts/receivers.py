"""What goes with a row, whoever deletes it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from org_files.files import discard_blob
from org_files.storage import original_storage

__all__ = ["discard_picture"]


def discard_picture(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Remove the bytes of an avatar after its row: an account takes that along."""
    transaction.on_commit(partial(discard_blob, original_storage(), instance.key), using=using)
