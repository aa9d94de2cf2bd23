"""What is done to files. No HTTP, no policy: callers ask those first."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files import File as Content
from django.core.files.storage import Storage
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from org_files import get_file_model
from org_files.exceptions import InvalidField, StorageFull, StorageUnavailable
from org_files.files.content import Fingerprint, content_type_of, fingerprint
from org_files.files.filenames import clean_name
from org_files.models import AbstractFile, AbstractOrganization
from org_files.signals import file_stored
from org_files.storage import content_key, original_storage

__all__ = ["storage_errors", "store_file"]

logger = logging.getLogger("org_files.files")


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
) -> AbstractFile:
    """Store ``upload``, an open and seekable file, as a file of ``organization``.

    First the bytes, under a new key, then the row: a crash between the two leaves bytes that no
    row names, never a row without its bytes. Where the upload carries a ``fingerprint``, measured
    while it came in, it is not read another time for one.

    Raises ``InvalidField``, ``FileTooLarge``, ``TypeNotAllowed``, ``StorageFull`` or
    ``StorageUnavailable``; nothing is stored then.
    """
    name = clean_name(name)
    measured: Fingerprint = getattr(upload, "fingerprint", None) or fingerprint(upload)
    model: Any = get_file_model()
    file: AbstractFile = model(
        organization=organization,
        owner=owner,
        name=name,
        size=measured.size,
        sha256=measured.sha256,
        content_type=content_type_of(name, measured.head),
        comment=comment,
        resource=resource,
        resource_id=resource_id,
        is_public=is_public,
        expires_at=expires_at,
    )
    _step("received", file)
    storage = original_storage()
    key = _write(storage, content_key(file, name), upload, measured.size)
    _step("written", file)
    file.content = key
    _step("before the row", file)
    with _kept_if_saved(file, storage, key):
        try:
            file.save(force_insert=True)
        except IntegrityError as error:
            if _is_saved(file) is False and not _exists(organization):
                message = _("There is no such organization.")
                raise InvalidField("organization", message) from error
            raise
    _step("after the row", file)
    transaction.on_commit(
        partial(file_stored.send_robust, sender=type(file), file=file, user=owner),
        using=file._state.db,
    )
    return file


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what goes wrong with a disk into ``StorageFull`` or ``StorageUnavailable``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise StorageUnavailable from error


def _write(storage: Storage, key: str, upload: Content[bytes], size: int) -> str:
    """Write the bytes and return their key. Raises with nothing left behind."""
    upload.seek(0)
    complete = False
    try:
        with storage_errors():
            key = storage.save(key, upload)
            # Some backends end a short read as if it were the end of the file.
            complete = storage.size(key) == size
        if not complete:
            raise StorageUnavailable(_("The file store did not take all bytes."))
    finally:
        if not complete:
            _discard(storage, key)
    return key


@contextmanager
def _kept_if_saved(file: AbstractFile, storage: Storage, key: str) -> Iterator[None]:
    """Remove the bytes when the block fails, unless the row is there all the same."""
    succeeded = False
    try:
        yield
        succeeded = True
    finally:
        # In doubt the bytes stay: without a row they are garbage, a row without them is a loss.
        if not succeeded and _is_saved(file) is False:
            _discard(storage, key)


def _is_saved(file: AbstractFile) -> bool | None:
    """Return whether the row is there, ``None`` where the database does not say.

    A connection lost while the database commits does not tell whether it did.
    """
    try:
        return type(file)._base_manager.filter(public_id=file.public_id).exists()
    except DatabaseError:
        logger.warning("Whether a file was saved is unknown; its bytes are kept.")
        return None


def _exists(organization: AbstractOrganization) -> bool:
    return type(organization)._base_manager.filter(pk=organization.pk).exists()


def _discard(storage: Storage, key: str) -> None:
    try:
        storage.delete(key)
    except OSError:
        logger.warning("Bytes without a file could not be removed.", exc_info=True)


def _step(name: str, file: AbstractFile) -> None:
    logger.debug("store_file: %s", name, extra={"step": name, "file_id": str(file.public_id)})
