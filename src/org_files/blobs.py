"""Bytes in a store: written before the row that names them, removed after it is gone."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files import File as Content
from django.core.files.storage import Storage
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from org_files.exceptions import StorageFull, StorageUnavailable

__all__ = ["discard_blob", "kept_if_named", "storage_errors", "write_blob"]

logger = logging.getLogger("org_files.files")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what goes wrong with a disk into ``StorageFull`` or ``StorageUnavailable``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise StorageUnavailable from error


def write_blob(storage: Storage, key: str, content: Content[bytes], size: int) -> str:
    """Write ``size`` bytes of ``content`` and return their key. Raises with nothing left behind."""
    content.seek(0)
    complete = False
    try:
        with storage_errors():
            key = storage.save(key, content)
            # Some backends end a short read as if it were the end of the file.
            complete = storage.size(key) == size
        if not complete:
            raise StorageUnavailable(_("The file store did not take all bytes."))
    finally:
        if not complete:
            discard_blob(storage, key)
    return key


@contextmanager
def kept_if_named(storage: Storage, key: str, rows: QuerySet[Any]) -> Iterator[None]:
    """Remove the bytes when the block fails, unless ``rows`` has the row that names them."""
    succeeded = False
    try:
        yield
        succeeded = True
    finally:
        # In doubt the bytes stay: without a row they are garbage, a row without them is a loss.
        if not succeeded and _exists(rows) is False:
            discard_blob(storage, key)


def discard_blob(storage: Storage, key: str) -> None:
    """Remove the bytes; where the store does not let them go, they stay and the log says so."""
    try:
        storage.delete(key)
    except OSError:
        logger.warning("Bytes without a row could not be removed.", exc_info=True)


def _exists(rows: QuerySet[Any]) -> bool | None:
    """Return whether there is a row, ``None`` where the database does not say.

    A connection lost while the database commits does not tell whether it did.
    """
    try:
        return rows.exists()
    except DatabaseError:
        logger.warning("Whether a row was saved is unknown; its bytes are kept.")
        return None
