"""Bytes in a storage: written before the row that names them, removed after that row."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files import File as Content
from django.core.files.storage import Storage
from django.db import DatabaseError, connections, router, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from org_files.blobs.owners import claim_store
from org_files.exceptions import StorageFull, StorageUnavailable

__all__ = ["discard_blob", "storage_errors", "write_blob", "writing_row_of"]

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
    """Write ``size`` bytes of ``content`` and return their key. Raises with nothing left behind.

    The first blob in a storage makes this database its owner.
    """
    with storage_errors():
        claim_store(storage)
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
def writing_row_of(storage: Storage, key: str, rows: QuerySet[Any]) -> Iterator[None]:
    """Open the transaction that writes the row that names the bytes under ``key``.

    ``rows`` has that row and no other. Removes the bytes where it is certain that the row was not
    committed: the block failed, or the database answered the commit with an error. Without an
    answer the bytes stay: a row that this connection does not see may be there all the same.
    """
    connection = connections[router.db_for_write(rows.model)]
    opened, reached_commit, committed = None, False, False

    def confirm() -> None:
        nonlocal committed
        committed = True

    try:
        with transaction.atomic(using=connection.alias):
            opened = connection.connection
            # The first callback, since another one may fail after the commit.
            transaction.on_commit(confirm, using=connection.alias)
            yield
            reached_commit = True
    except BaseException as error:
        # A connection that was lost is another one by now.
        answered = isinstance(error, DatabaseError) and connection.connection is opened
        is_certain = not committed and (answered or not reached_commit)
        if is_certain and _exists(rows.using(connection.alias)) is False:
            discard_blob(storage, key)
        elif not committed:
            logger.warning("Whether a row was saved is unknown; its bytes are kept.")
        raise


def discard_blob(storage: Storage, key: str) -> None:
    """Remove the bytes; where the store does not let them go, they stay and the log says so."""
    try:
        storage.delete(key)
    except OSError:
        logger.warning("Bytes without a row could not be removed.", exc_info=True)


def _exists(rows: QuerySet[Any]) -> bool | None:
    """Return whether there is a row, ``None`` where the database does not say."""
    try:
        return rows.exists()
    except DatabaseError:
        return None
