"""Receivers of the deletion of files, by services, the admin or a site's own code."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from org_files.counters import create_tombstone
from org_files.db.rows import all_rows
from org_files.events import record_on_commit
from org_files.exceptions import Conflict
from org_files.files.quotas import release
from org_files.models import AbstractFile
from org_files.signals import file_deleted
from org_files.storage import original_storage
from org_files.storage.blobs import discard_blob


def before_deletion(sender: Any, instance: AbstractFile, using: str, **kwargs: Any) -> None:
    """Create the tombstone and release the quota in this transaction; remove the bytes after it."""
    model = sender._meta.concrete_model
    # Read again, since the instance may be partial or old. Locked, so that no download is folded
    # into the row after its totals were copied.
    file = model._base_manager.using(using).select_for_update().filter(pk=instance.pk).first()
    if file is None:
        return
    create_tombstone(file)
    release(file)
    storage, key = original_storage(), file.content.name or ""
    # Before the bytes are removed: a receiver may still read them.
    transaction.on_commit(partial(file_deleted.send_robust, sender=model, file=file), using=using)
    transaction.on_commit(partial(discard_blob, storage, key), using=using)
    record_on_commit(
        "file.purged",
        using=using,
        obj=file,
        organization=file.organization_id,
        name=file.name,
        size=file.size,
    )


def after_deletion(sender: Any, instance: AbstractFile, using: str, **kwargs: Any) -> None:
    """Raise ``Conflict`` if the row still exists, so that the transaction is rolled back.

    A policy of row-level security or a trigger can keep a row without an error.
    """
    model = sender._meta.concrete_model
    if all_rows(model).using(using).filter(pk=instance.pk).exists():
        raise Conflict
