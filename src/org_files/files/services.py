"""File services: store, change, trash, restore, purge. Callers ask the policy first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.files import File as Content
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import ModelSignal
from django.utils import timezone

from org_files import conf, get_file_model, signals
from org_files.counters import create_tombstone
from org_files.db.rows import after_deadlocks, all_rows, change_row, conflicts, writing
from org_files.events import record_on_commit
from org_files.exceptions import Conflict
from org_files.files.content import (
    Fingerprint,
    clean_name,
    content_type_of,
    fingerprint,
    refuse_unreachable,
    renamed_type,
)
from org_files.files.decodable import refuse_undecodable
from org_files.files.missing import missing_is_a_field
from org_files.files.quotas import refuse_early, release, reserve, settle
from org_files.models import AbstractFile, AbstractOrganization, live, unexpired
from org_files.storage import (
    CONTENT_KEY_PARTS,
    StoredBytes,
    alias_for,
    content_key,
    register_bytes,
    storage_of,
)
from org_files.storage.blobs import discard_blob, keep_blob_of_row, write_blob

BATCH_SIZE = 200

logger = logging.getLogger("org_files.files")

register_bytes(
    StoredBytes(
        name="files",
        rows=lambda: all_rows(get_file_model()),
        alias=conf.storage_alias,
        key_parts=CONTENT_KEY_PARTS,
        key="content",
        charset="charset",
    )
)


@dataclass(frozen=True)
class Reservation:
    """Space that an upload session has reserved for a file."""

    #: Bytes.
    size: int
    #: Ends the session, in the transaction that inserts the row of the file.
    end: Callable[[AbstractFile], None]


def store_file(
    *,
    organization: AbstractOrganization,
    owner: Any | None,
    upload: Content[bytes],
    name: str,
    comment: str = "",
    resource: str = "",
    resource_id: str = "",
    is_public: bool = False,
    expires_at: datetime | None = None,
    reservation: Reservation | None = None,
    **columns: Any,
) -> AbstractFile:
    """Store ``upload``, an open and seekable file, as a file of ``organization``.

    The bytes are written before the row: a crash between the two leaves bytes without a row, never
    a row without its bytes. An upload with an attribute ``fingerprint`` is read only once; one with
    ``stored_key`` is stored already; one that ``stays`` is kept if no file is made of it. Of the
    quota, ``reservation`` is used if given. ``columns`` are others of the row, also of the site.

    Raises ``InvalidField``, ``FileTooLarge``, ``TypeNotAllowed``, ``QuotaExceeded``,
    ``StorageFull`` or ``StorageUnavailable``; nothing is stored then. Where the tier gives no
    originals of pictures, also ``NotAPicture`` and ``RenditionsBusy``.
    """
    name = clean_name(name)
    refuse_unreachable({"resource": resource, "resource_id": resource_id})
    measured: Fingerprint = getattr(upload, "fingerprint", None) or fingerprint(upload)
    model: Any = get_file_model()
    file: AbstractFile = model(
        organization=organization,
        owner=owner,
        name=name,
        size=measured.size,
        sha256=measured.sha256,
        content_type=content_type_of(name, measured.head),
        charset=measured.charset,
        comment=comment,
        resource=resource,
        resource_id=resource_id,
        is_public=is_public,
        expires_at=expires_at,
        storage_alias=getattr(upload, "stored_alias", None) or alias_for(organization),
        **columns,
    )
    with missing_is_a_field(file):
        quota = refuse_early(organization.pk, measured.size, is_reserved=reservation is not None)
        refuse_undecodable(file, upload)
    storage = storage_of(file)
    if not (key := getattr(upload, "stored_key", "")):
        key = write_blob(storage, content_key(file, name), upload, measured.size)
    file.content, rows = key, model._base_manager.filter(content=key)
    stays = getattr(upload, "stays", False)
    saving = writing(model) if stays else keep_blob_of_row(storage, key, rows)
    with missing_is_a_field(file), saving:
        file.save(force_insert=True)
        if reservation is None:
            reserve(file, quota)
        else:
            reservation.end(file)
            settle(file, reservation.size)
    details = {"size": file.size, "content_type": file.content_type}
    _announce(signals.file_stored, "file.stored", file, details, user=owner)
    return file


def change_file(
    *, file: AbstractFile, among: QuerySet[AbstractFile] | None = None, **values: Any
) -> AbstractFile:
    """Change the columns of ``file`` that ``values`` name, and the content type with the name.

    Raises ``InvalidField`` for an invalid name, ``resource`` or ``resource_id``, ``TypeNotAllowed``
    for a name of a type that is not accepted, and ``DoesNotExist`` if the file is not one of
    ``among``, by default those that are neither in the trash nor expired.
    """
    refuse_unreachable(values)
    if "name" in values:
        values["name"] = clean_name(values["name"])
        content_type = renamed_type(file.content_type, values["name"])
        if content_type != file.content_type:
            values["content_type"] = content_type
    if values:
        now = timezone.now()
        files = type(file)._base_manager.filter(live(now)) if among is None else among
        with conflicts(), writing(type(file)):
            # Locked, so that the file is not trashed or removed during the change.
            if not files.select_for_update().filter(pk=file.pk).values_list("pk", flat=True):
                raise type(file).DoesNotExist
            change_row(file, {**values, "updated_at": now})
        changed = {"changed": sorted(values)}
        _announce(signals.file_changed, "file.changed", file, changed, **changed)
    return file


def trash_file(*, file: AbstractFile) -> None:
    """Move ``file`` to the trash. Raises ``DoesNotExist`` if it is trashed, expired or gone."""
    now = timezone.now()
    rows = type(file)._base_manager.filter(live(now), pk=file.pk)
    if not rows.update(deleted_at=now):
        raise type(file).DoesNotExist
    file.deleted_at = now
    _announce(signals.file_trashed, "file.trashed", file)


def trash_files(*, files: QuerySet[AbstractFile]) -> int:
    """Move each of ``files`` to the trash; return how many were not there yet."""
    return _count_done(files, trash_file)


def restore_file(*, file: AbstractFile, among: QuerySet[AbstractFile] | None = None) -> None:
    """Take ``file`` out of the trash.

    Raises ``DoesNotExist`` if it is not in the trash, or is not one of ``among``, by default those
    that have not expired.
    """
    files = type(file)._base_manager.filter(unexpired()) if among is None else among
    if not files.filter(pk=file.pk).exclude(deleted_at=None).update(deleted_at=None):
        raise type(file).DoesNotExist
    file.deleted_at = None
    _announce(signals.file_restored, "file.restored", file)


def restore_files(*, files: QuerySet[AbstractFile]) -> int:
    """Take each of ``files`` out of the trash; return how many were there."""
    restore = partial(restore_file, among=files.model._base_manager.all())
    return _count_done(files.exclude(deleted_at=None), restore)


def purge_file(*, file: AbstractFile) -> None:
    """Remove ``file`` for good: the row, and after it the bytes.

    Raises ``DoesNotExist`` if it is gone already, and ``Conflict`` if rows of the site protect it.
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
    for batch in _batches(files):
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
    _announce(signals.file_deleted, "file.purged", file, {"size": file.size})
    transaction.on_commit(partial(discard_blob, storage, key), using=using)


def after_deletion(sender: Any, instance: AbstractFile, using: str, **kwargs: Any) -> None:
    """Raise ``Conflict`` if the row still exists, so that the transaction is rolled back.

    A policy of row-level security or a trigger can keep a row without an error.
    """
    if all_rows(sender._meta.concrete_model).using(using).filter(pk=instance.pk).exists():
        raise Conflict


def _batches(files: QuerySet[AbstractFile]) -> Iterator[list[AbstractFile]]:
    """Yield ``files`` in the order of their keys; no query stays open meanwhile."""
    ordered = files.order_by("pk")
    batch = list(ordered[:BATCH_SIZE])
    while batch:
        yield batch
        batch = list(ordered.filter(pk__gt=batch[-1].pk)[:BATCH_SIZE])


def _count_done(files: QuerySet[AbstractFile], do: Callable[..., None]) -> int:
    """Return for how many of ``files`` ``do`` did not raise ``DoesNotExist``."""
    done = 0
    for file in chain.from_iterable(_batches(files)):
        with suppress(ObjectDoesNotExist):
            do(file=file)
            done += 1
    return done


def _purge(files: QuerySet[AbstractFile], pk: Any) -> bool:
    def purge() -> bool:
        with conflicts(), writing(files.model):
            # Of two concurrent calls the second finds no row. Receivers remove what belongs to it.
            file = files.select_for_update().filter(pk=pk).first()
            return file is not None and bool(file.delete())

    return after_deadlocks(purge, files.model)


def _announce(
    signal: ModelSignal, event: str, file: AbstractFile, details: Any = None, **arguments: Any
) -> None:
    """Send ``signal`` with ``arguments`` and record ``event`` with ``details`` on commit."""
    using = file._state.db
    send = partial(signal.send_robust, sender=type(file), file=file, **arguments)
    transaction.on_commit(send, using=using)
    values = {"name": file.name} | (details or {})
    record_on_commit(event, using=using, obj=file, organization=file.organization_id, **values)
