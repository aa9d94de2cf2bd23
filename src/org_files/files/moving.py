"""Moving the bytes of all rows from one storage to another, under the same keys."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.core.files import File as Content
from django.core.files.storage import Storage

from org_files.exceptions import ContentUnavailable
from org_files.files.damage import digest_of
from org_files.storage import StoredBytes, is_same_storage, registered_bytes
from org_files.storage.blobs import discard_blob, open_blob, storage_errors, write_blob


@dataclass
class Moved:
    """Numbers of blobs, and the keys of those that could not be moved."""

    copied: int = 0
    #: Those that an earlier run has copied.
    there: int = 0
    #: Those removed from the source.
    deleted: int = 0
    #: Bytes copied.
    bytes: int = 0
    #: Keys of blobs that neither storage has as their row says; the source keeps what it has.
    damaged: list[str] = field(default_factory=list)


def moved_rows(source: Storage, target: Storage) -> list[StoredBytes]:
    """Return the kinds of rows whose configured storage is one of both."""
    return [
        stored
        for stored in registered_bytes()
        if any(is_same_storage(stored.storage(), each) for each in (source, target))
    ]


def move_blobs(
    source: Storage,
    target: Storage,
    *,
    delete: bool = False,
    dry_run: bool = False,
    on_blob: Callable[[], None] = lambda: None,
) -> Moved:
    """Copy the blob of each row from ``source`` to ``target``, and compare its SHA-256 there.

    A blob that ``target`` has in its full size is not copied again: a later run goes on where one
    was ended. ``delete`` reads such a blob once more, and removes the one in ``source`` only if
    that in ``target`` is intact. ``on_blob`` is called after each row.

    Raises ``StorageUnavailable`` or ``StorageFull`` where a storage fails.
    """
    move = _Move(source, target, delete, dry_run)
    for stored in moved_rows(source, target):
        for key, size, sha256, _charset in chain.from_iterable(stored.batches()):
            if key:
                move.one(stored, key, size, sha256)
            on_blob()
    return move.moved


@dataclass
class _Move:
    source: Storage
    target: Storage
    delete: bool
    dry_run: bool
    moved: Moved = field(default_factory=Moved)

    def one(self, stored: StoredBytes, key: str, size: int, sha256: str) -> None:
        moved = self.moved
        with storage_errors():
            is_there = _has(self.target, key, size)
        if is_there:
            moved.there += 1
        elif _has(self.source, key, size) if self.dry_run else self.copy(key, size, sha256):
            moved.copied += 1
            moved.bytes += size
        else:
            if stored.named([key]):
                moved.damaged.append(key)
            return
        if self.dry_run:
            return
        if not is_there and not stored.named([key]):
            # The row was removed meanwhile, and with it only the blob that the site knew of.
            discard_blob(self.target, key)
        elif self.delete:
            with storage_errors():
                self.remove(key, sha256)

    def copy(self, key: str, size: int, sha256: str) -> bool:
        """Copy one blob; return whether the target has it now with the digest of its row."""
        try:
            content: Any = open_blob(self.source, key, size)
        except ContentUnavailable:
            return False
        with content:
            # What an ended run has left in part.
            discard_blob(self.target, key)
            saved = write_blob(self.target, key, Content(content), size)
        with storage_errors():
            is_intact = saved == key and digest_of(self.target, saved) == sha256
        if not is_intact:
            discard_blob(self.target, saved)
        return is_intact

    def remove(self, key: str, sha256: str) -> None:
        """Remove a blob from the source, if there is one, and if the target has it intact."""
        if not self.source.exists(key):
            return
        if digest_of(self.target, key) == sha256:
            self.source.delete(key)
            self.moved.deleted += 1
        else:
            self.moved.damaged.append(key)


def _has(storage: Storage, key: str, size: int) -> bool:
    try:
        return storage.exists(key) and storage.size(key) == size
    except FileNotFoundError:
        return False
