"""Services that trash, restore and remove files. Callers ask the policy first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.utils import timezone

from org_files import signals
from org_files.counters import create_tombstone
from org_files.db.rows import after_deadlocks, all_rows, conflicts, writing
from org_files.exceptions import Conflict, FileInUse
from org_files.files.attaching import Resource, place_held
from org_files.files.quotas import release
from org_files.files.services import announce
from org_files.models import AbstractFile, live, unexpired
from org_files.storage import storage_of
from org_files.storage.blobs import discard_blob

BATCH_SIZE = 200

logger = logging.getLogger("org_files.files")


def trash_file(*, file: AbstractFile) -> None:
    """Move ``file`` to the trash. Raises ``DoesNotExist`` if it is trashed, expired or gone."""
    now = timezone.now()
    rows = type(file)._base_manager.filter(live(now), pk=file.pk)
    if not rows.update(deleted_at=now):
        raise type(file).DoesNotExist
    file.deleted_at = now
    announce(signals.file_trashed, "file.trashed", file)


def trash_files(
    *, files: QuerySet[AbstractFile], among: QuerySet[AbstractFile] | None = None
) -> int:
    """Move ``files`` to the trash, many in one statement; return how many were not there yet.

    A file that is not one of ``among`` at that moment, by default those that are neither in the
    trash nor expired, stays.
    """
    rows = files.model._base_manager.all() if among is None else among
    return sum(
        after_deadlocks(partial(_trash, batch, rows), files.model) for batch in batches(files)
    )


def restore_file(*, file: AbstractFile, among: QuerySet[AbstractFile] | None = None) -> None:
    """Take ``file`` out of the trash.

    Raises ``DoesNotExist`` if it is not in the trash, or is not one of ``among``, by default those
    that have not expired, and ``TooManyAttachments``.
    """
    files = type(file)._base_manager.filter(unexpired()) if among is None else among
    resource = Resource.of(file)
    with writing(type(file)), place_held(resource, file.organization_id, must_exist=False):
        if not files.filter(pk=file.pk).exclude(deleted_at=None).update(deleted_at=None):
            raise type(file).DoesNotExist
    file.deleted_at = None
    announce(signals.file_restored, "file.restored", file)


def restore_files(*, files: QuerySet[AbstractFile]) -> int:
    """Take all of ``files`` out of the trash, in one transaction; return how many were there.

    Raises ``TooManyAttachments`` if an object cannot have them all; none is restored then.
    """

    def restore() -> int:
        with writing(files.model):
            return _count_done(
                files.exclude(deleted_at=None),
                partial(restore_file, among=files.model._base_manager.all()),
            )

    return after_deadlocks(restore, files.model)


def purge_file(*, file: AbstractFile) -> None:
    """Remove ``file`` for good: the row, and after it the bytes.

    Raises ``DoesNotExist`` if it is gone already, ``FileInUse`` if rows of the site protect it, and
    ``Conflict`` if the database does.
    """
    if not _purge(type(file)._base_manager.all(), file.pk):
        raise type(file).DoesNotExist


@dataclass
class Purged:
    """Numbers of removed files, of their bytes, and of files that rows of the site protect."""

    files: int = 0
    bytes: int = 0
    kept: int = 0


def purge_files(
    *, files: QuerySet[AbstractFile], on_batch: Callable[[int], None] = lambda _: None
) -> Purged:
    """Remove ``files`` for good, each in a transaction of its own.

    A file that is no longer among them at that moment stays: it was restored meanwhile. Safe to
    run several times at once. ``on_batch`` receives the number of files of each batch.
    """
    purged = Purged()
    for batch in batches(files):
        for file in batch:
            try:
                if _purge(files, file.pk):
                    purged.files += 1
                    purged.bytes += file.size
            except Conflict:
                logger.warning("File %s cannot be removed: rows of the site refer to it.", file.pk)
                purged.kept += 1
        on_batch(len(batch))
    return purged


def before_deletion(sender: Any, instance: AbstractFile, using: str, **kwargs: Any) -> None:
    """Create the tombstone and release the quota in this transaction; remove the bytes after it."""
    # Read again: the instance may be partial or old. Locked: no download is folded after the copy.
    files = sender._meta.concrete_model._base_manager.using(using)
    file = files.select_for_update().filter(pk=instance.pk).first()
    if file is None:
        return
    create_tombstone(file)
    release(file)
    storage, key = storage_of(file), file.content.name or ""
    # Before the bytes are removed: a receiver may still read them.
    announce(signals.file_deleted, "file.purged", file, {"size": file.size})
    transaction.on_commit(partial(discard_blob, storage, key), using=using)


def after_deletion(sender: Any, instance: AbstractFile, using: str, **kwargs: Any) -> None:
    """Raise ``Conflict`` if the row still exists, so that the transaction is rolled back.

    A policy of row-level security or a trigger can keep a row without an error.
    """
    if all_rows(sender._meta.concrete_model).using(using).filter(pk=instance.pk).exists():
        raise Conflict


def batches(files: QuerySet[AbstractFile]) -> Iterator[list[AbstractFile]]:
    """Yield ``files`` in the order of their keys; no query stays open meanwhile."""
    ordered = files.order_by("pk")
    batch = list(ordered[:BATCH_SIZE])
    while batch:
        yield batch
        batch = list(ordered.filter(pk__gt=batch[-1].pk)[:BATCH_SIZE])


def _trash(batch: list[AbstractFile], among: QuerySet[AbstractFile]) -> int:
    now, rows = timezone.now(), among.filter(pk__in=[file.pk for file in batch])
    with writing(among.model):
        # Locked in the order of their keys, so that each is trashed and announced once.
        locked = rows.filter(live(now)).select_for_update().order_by("pk")
        keys = set(locked.values_list("pk", flat=True))
        among.model._base_manager.filter(pk__in=keys).update(deleted_at=now)
        for file in batch:
            if file.pk in keys:
                file.deleted_at = now
                announce(signals.file_trashed, "file.trashed", file)
    return len(keys)


def _count_done(files: QuerySet[AbstractFile], do: Callable[..., None]) -> int:
    """Return for how many of ``files`` ``do`` did not raise ``DoesNotExist``."""
    done = 0
    for file in chain.from_iterable(batches(files)):
        with suppress(ObjectDoesNotExist):
            do(file=file)
            done += 1
    return done


def _purge(files: QuerySet[AbstractFile], pk: Any) -> bool:
    def purge() -> bool:
        with conflicts(), writing(files.model):
            # Of two concurrent calls the second finds no row. Receivers remove what belongs to it.
            file = files.select_for_update().filter(pk=pk).first()
            try:
                return file is not None and bool(file.delete())
            except (ProtectedError, RestrictedError) as error:
                raise FileInUse from error

    return after_deadlocks(purge, files.model)
