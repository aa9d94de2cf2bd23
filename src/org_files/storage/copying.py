"""Copies of bytes from any storage of a site under a new key, in the quickest way that there is."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File as Content
from django.core.files.storage import Storage

from org_files.storage import multipart
from org_files.storage.blobs import discard_blob, open_blob, storage_errors, write_blob
from org_files.storage.disk import is_folder, link_blob, sync_blob
from org_files.storage.owners import claim_store
from org_files.storage.s3 import os_errors

#: Errors of a name that no storage has, or of a file that this process may not read.
UNREADABLE = (
    *(FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError),
    *(SuspiciousFileOperation, ValueError),
)

#: Bytes of a blob, and the time of its last change or its entity tag.
State = tuple[int, Any]


def state_of(storage: Any, name: str) -> State | None:
    """Return the bytes of a blob and what its next change changes, ``None`` if it is unreadable.

    Raises ``StorageUnavailable`` where the store does not answer.
    """
    try:
        with os_errors():
            if is_folder(storage):
                path = Path(storage.path(name))
                status = path.stat()
                return (status.st_size, status.st_mtime_ns) if os.access(path, os.R_OK) else None
            if _is_bucket(storage) and (found := multipart.state_of(storage, name)):
                return found
            size = storage.size(name)
            try:
                return size, storage.get_modified_time(name)
            except NotImplementedError:
                return size, None
    except UNREADABLE:
        return None
    except OSError:
        with storage_errors():
            raise


def is_gone(storage: Storage, name: str) -> bool:
    """Return whether a storage certainly has no blob of that name."""
    try:
        with os_errors():
            return not storage.exists(name)
    except UNREADABLE:
        return False


def copy_blob(
    source: Storage, name: str, size: int, target: Storage, key: str, *, link: bool
) -> str:
    """Have ``target`` keep the bytes of ``name`` under ``key``; return the key that it has.

    By a hard link on one disk if ``link``, by the store itself from one bucket of S3 to another,
    else by reading and writing. On an error nothing is left. The caller reads what is stored now.
    Raises ``ContentUnavailable`` where ``source`` does not have ``size`` bytes, ``StorageFull`` and
    ``StorageUnavailable``.
    """
    with storage_errors():
        claim_store(target)
        if link and (linked := link_blob(source, name, target, key)):
            try:
                sync_blob(target, linked)
            except BaseException:
                discard_blob(target, linked)
                raise
            return linked
    if _copied_by_store(source, name, size, target, key):
        return key
    with open_blob(source, name, size) as content:
        return write_blob(target, key, Content(content), size, compare=False)


def _copied_by_store(source: Any, name: str, size: int, target: Any, key: str) -> bool:
    """Copy an object within one store of S3; return whether that was possible."""
    if not (_is_bucket(source) and _is_bucket(target)):
        return False
    one, other = (each.connection.meta.client.meta.endpoint_url for each in (source, target))
    try:
        if one == other:
            multipart.copy_between(source, name, target, key)
            return multipart.size_of(target, key) == size
    except OSError:
        # The keys of the new bucket may not read the old one. Reading and writing tells more.
        pass
    return False


def _is_bucket(storage: Any) -> bool:
    """Return whether ``storage`` keeps the very bytes of each blob in an object of S3."""
    module = sys.modules.get("storages.backends.s3")
    cls = storage.__class__
    return (
        module is not None
        and issubclass(cls, module.S3Storage)
        and cls._open is module.S3Storage._open
        and cls._save is module.S3Storage._save
        # Texts are compressed in the bucket.
        and not storage.gzip
    )
