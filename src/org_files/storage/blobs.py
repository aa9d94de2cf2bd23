"""Blobs in a storage, written before their row and removed after it."""

from __future__ import annotations

import errno
import io
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File as Content
from django.core.files.storage import Storage
from django.db import DatabaseError, connections, router, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from org_files.exceptions import ContentUnavailable, StorageFull, StorageUnavailable
from org_files.storage.disk import sync_blob
from org_files.storage.owners import claim_store
from org_files.storage.s3 import for_upload, in_parts, is_s3, is_stored, os_errors

logger = logging.getLogger("org_files.files")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise ``StorageFull`` or ``StorageUnavailable`` for an error of the store."""
    try:
        with os_errors():
            yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise StorageUnavailable from error


def write_blob(
    storage: Storage,
    key: str,
    content: Content[bytes],
    size: int,
    *,
    compare: bool = True,
    is_durable: bool = True,
) -> str:
    """Write ``size`` bytes of ``content`` and return their key. On an error nothing is left.

    The size of the stored blob is compared, and of one in S3 the bytes, unless the caller does
    that. One on a local disk outlives a power failure, unless it is not to be ``is_durable``. The
    first blob in a storage makes this database its owner.
    """
    with storage_errors():
        claim_store(storage)
    content.seek(0)
    complete = False
    try:
        with storage_errors():
            key = storage.save(key, for_upload(storage, content))
            # Some backends end a short read as if it were the end of the file.
            if is_s3(storage):
                complete = not compare or is_stored(storage, key, content, size)
            elif storage.size(key) == size:
                if is_durable:
                    sync_blob(storage, key, content)
                complete = True
        if not complete:
            raise StorageUnavailable(_("The file store did not take all bytes."))
    finally:
        if not complete:
            discard_blob(storage, key)
    return key


def open_blob(storage: Storage, key: str, size: int) -> Any:
    """Return the blob under ``key``, open for reading at its first byte.

    Raises ``ContentUnavailable`` where it is missing, does not have ``size`` bytes, or is a
    symbolic link or anything else than a regular file; ``StorageUnavailable`` where the store
    does not answer. The folders above a blob may be links.
    """
    try:
        with os_errors():
            return _open_checked(storage, key, size)
    except FileNotFoundError as error:
        raise ContentUnavailable from error
    except (OSError, SuspiciousFileOperation) as error:
        raise StorageUnavailable from error


def _open_checked(storage: Storage, key: str, size: int) -> Any:
    has_path, named = _status_of(storage, key)
    # Checked before opening: that would wait for the writer of a named pipe.
    if named is not None and not stat.S_ISREG(named.st_mode):
        raise ContentUnavailable
    content = storage.open(key, "rb")
    try:
        descriptor = local_descriptor(content)
        if descriptor is None:
            found = _size_of(storage, key, content)
        else:
            opened = os.fstat(descriptor)
            found = opened.st_size
            # A link may have taken the name since.
            if has_path and not (named and os.path.samestat(named, opened)):
                raise ContentUnavailable
        if found != size:
            raise ContentUnavailable
    except BaseException:
        content.close()
        raise
    return in_parts(storage, content)


def local_descriptor(content: Any) -> int | None:
    """Return the descriptor of ``content`` if it is an open local file, else ``None``."""
    # Exact classes: a subclass may decode what the descriptor reads.
    while type(content) is Content:
        content = content.file
    if type(content) is io.BufferedReader and type(content.raw) is io.FileIO:
        return content.fileno()
    return None


def _status_of(storage: Storage, key: str) -> tuple[bool, os.stat_result | None]:
    """Return whether a blob has a path, and the status of what the path itself names."""
    try:
        return True, os.lstat(storage.path(key))
    except NotImplementedError:
        return False, None
    except FileNotFoundError:  # as of storages in memory that have paths
        return True, None


def _size_of(storage: Storage, key: str, content: Any) -> int:
    # An S3 file knows its size from the request that opened it; Django's File does not.
    if getattr(type(content), "size", Content.size) is not Content.size:
        return int(content.size)
    return storage.size(key)


@contextmanager
def keep_blob_of_row(storage: Storage, key: str, rows: QuerySet[Any]) -> Iterator[None]:
    """Open a transaction that writes the row of a blob, the only one in ``rows``.

    Remove the blob if the transaction fails and certainly no row names it. If the connection is
    lost during the commit, the row may exist although it is not seen, so the blob stays.
    """
    connection = connections[router.db_for_write(rows.model)]
    opened, committed = None, False

    def confirm() -> None:
        nonlocal committed
        committed = True

    try:
        with transaction.atomic(using=connection.alias):
            opened = connection.connection
            # Before the callbacks of the site, which may fail after the commit.
            transaction.on_commit(confirm, using=connection.alias)
            yield
    except BaseException as error:
        is_answered = isinstance(error, Exception) and connection.connection is opened
        if opened is None or (
            not committed and is_answered and _exists(rows.using(connection.alias)) is False
        ):
            discard_blob(storage, key)
        elif not committed:
            logger.warning("Whether a row was saved is unknown; its bytes are kept.")
        raise


def discard_blob(storage: Storage, key: str) -> None:
    """Remove the blob, or log a warning if the store does not remove it."""
    try:
        with os_errors():
            storage.delete(key)
    except OSError:
        logger.warning("Bytes without a row could not be removed.", exc_info=True)


def discard_with_row(storage: Storage, key: str, row: QuerySet[Any]) -> None:
    """Remove the blob after the transaction that deleted ``row``, on the database of ``row``.

    It stays if the row still exists: a policy of row-level security or a trigger can keep a row
    without an error.
    """
    if not row.exists():
        transaction.on_commit(partial(discard_blob, storage, key), using=row.db)


def _exists(rows: QuerySet[Any]) -> bool | None:
    """Return whether there is a row, ``None`` if the database does not answer."""
    try:
        return rows.exists()
    except DatabaseError:
        return None
