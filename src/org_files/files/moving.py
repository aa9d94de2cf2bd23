"""Moving the bytes of rows from one storage to another, under the same keys."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.files import File as Content
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.crypto import get_random_string

from org_files.db.reports import Refusal, RepairRefused
from org_files.exceptions import ContentUnavailable
from org_files.files.damage import digest_of
from org_files.files.verification import ADOPT, ownership_doubts, unnamed_keys
from org_files.storage import StoredBytes, named_storage, registered_bytes
from org_files.storage.blobs import discard_blob, open_blob, storage_errors, write_blob
from org_files.storage.disk import sync_blob
from org_files.storage.known import is_same_storage
from org_files.storage.listing import Listing

BATCH_SIZE = 500

#: The prefix of an object that shows whether two storages are one.
PROBE = ".org_files_move."


@dataclass
class Moved:
    """Numbers of blobs, and the keys of those that could not be moved."""

    copied: int = 0
    #: Those that an earlier run has copied, or that have been there under another alias.
    there: int = 0
    #: Those removed from the old storages.
    deleted: int = 0
    #: Those in the old storages that no row names, such as of files removed since they were copied.
    unnamed: int = 0
    #: Bytes copied.
    bytes: int = 0
    #: Keys of blobs that no storage has as their row says; the old storage keeps what it has.
    damaged: list[str] = field(default_factory=list)


def storages_of_files() -> list[str]:
    """Return the aliases of the storages that have original files, or get new ones."""
    files = next(stored for stored in registered_bytes() if stored.name == "files")
    of_rows = (alias or files.alias() for alias in sorted(files.aliases()))
    return list(dict.fromkeys([files.alias(), *of_rows]))


class Move:
    """A move of the bytes that are in the storages ``sources``, aliases, to that of ``target``.

    Rows that name the storage of ``target`` by another alias, or by none, get its alias.
    """

    def __init__(self, sources: Collection[str], target: str, *, dry_run: bool = False) -> None:
        self.alias = target
        self.target = named_storage(target)
        found = map(named_storage, sources)
        self.sources = [each for each in found if not is_same_storage(each, self.target)]
        self.dry_run = dry_run
        self.moved = Moved()
        self._are_several = False

    def kinds(self) -> Iterator[tuple[StoredBytes, dict[str, Storage]]]:
        """Yield each kind of rows, with the storages of its rows by their column."""
        for stored in _moving_bytes():
            columns = stored.aliases() - {self.alias}
            named = {column: named_storage(column or stored.alias()) for column in columns}
            yield (
                stored,
                {
                    column: storage
                    for column, storage in named.items()
                    if any(is_same_storage(storage, each) for each in (self.target, *self.sources))
                },
            )

    def count(self) -> int:
        """Return the number of rows that ``run`` looks at."""
        kinds = list(self.kinds())
        return sum(stored.rows().filter(storage_alias__in=[*of]).count() for stored, of in kinds)

    def run(self, *, on_blob: Callable[[], None] = lambda: None) -> Moved:
        """Copy the blob of each row, compare its SHA-256, and have the row name the new storage.

        A run that was ended is continued by the next one. ``on_blob`` is called after each row.
        Raises ``StorageUnavailable`` or ``StorageFull`` where a storage fails, and
        ``RepairRefused`` if an old storage is the new one.
        """
        for stored, storages in self.kinds():
            for batch in stored.batches(storages, BATCH_SIZE):
                written = []
                for key, size, sha256, _charset, alias in batch:
                    # The settings, and not the row, may have another storage by now.
                    tried = [storages[alias], *([] if alias else self.sources)]
                    if key and self._one(stored, key, size, sha256, alias, tried):
                        written.append(key)
                    on_blob()
                # Rows that were removed meanwhile, and with them only the blob in the old storage.
                for key in {*written} - (stored.named(written) if written else set()):
                    discard_blob(self.target, key)
        return self.moved

    def delete(self) -> None:
        """Remove from the old storages what rows name in the new one, if it is intact there.

        Raises ``StorageUnavailable`` where a storage fails, ``NotImplementedError`` where an old
        one cannot be listed, and ``RepairRefused``, with nothing removed, if an old storage is the
        new one, or may have bytes of another database.
        """
        self._refuse_one_storage()
        if refusals := self.refusals():
            raise RepairRefused(refusals)
        for source in self.sources:
            with storage_errors(), Listing(source) as listing:
                keys = (blob.key for blob in listing)
                while some := list(islice(keys, BATCH_SIZE)):
                    for key, sha256 in self._moved(some):
                        if digest_of(self.target, key) == sha256:
                            source.delete(key)
                            self.moved.deleted += 1
                        elif sha256 and key not in self.moved.damaged:
                            self.moved.damaged.append(key)
                    self.moved.unnamed += len(unnamed_keys(some))

    def refusals(self) -> list[Refusal]:
        """Return reasons to believe that rows of another database name the old bytes, too.

        Raises ``StorageUnavailable`` where a storage fails.
        """
        with storage_errors():
            return [
                Refusal("files", code, f"The old storage {message} {ADOPT}")
                for source in self.sources
                for code, message in ownership_doubts(source)
                # A blob without an owner is removed only if a row here names it.
                if code != "no_owner"
            ]

    def _refuse_one_storage(self) -> None:
        """Raise ``RepairRefused`` if the new storage writes into an old one.

        Neither two classes for one folder nor two addresses of one server show that. Each copy
        would be the original.
        """
        if self._are_several or not self.sources:
            return
        with storage_errors():
            name = f"{PROBE}{get_random_string(32)}"
            name = self.target.save(name, ContentFile(b"-"))
            try:
                is_one = any(source.exists(name) for source in self.sources)
            finally:
                discard_blob(self.target, name)
        if is_one:
            message = f'STORAGES["{self.alias}"] keeps its bytes where the old storage does.'
            raise RepairRefused([Refusal("files", "same_storage", message)])
        self._are_several = True

    def _moved(self, keys: list[str]) -> Iterator[tuple[str, str]]:
        """Yield key and digest of rows that name the new storage."""
        for stored in _moving_bytes():
            rows = stored.rows().filter(**{f"{stored.key}__in": keys}, storage_alias=self.alias)
            yield from rows.values_list(stored.key, stored.sha256)

    def _one(
        self,
        stored: StoredBytes,
        key: str,
        size: int,
        sha256: str,
        alias: str,
        sources: list[Storage],
    ) -> bool:
        """Move one blob; return whether the target has it under its key for this row."""
        others = [each for each in dict.fromkeys(sources) if not is_same_storage(each, self.target)]
        with storage_errors():
            found = self.target.exists(key)
            if found and others and not self.dry_run:
                self._refuse_one_storage()
            is_there = (
                found
                and _has(self.target, key, size)
                and (
                    # What an ended run has left may be a copy of something else.
                    not others or digest_of(self.target, key) == sha256
                )
            )
        if is_there:
            self.moved.there += 1
        elif any(self._copy(each, key, size, sha256, replace=found) for each in others):
            self.moved.copied += 1
            self.moved.bytes += size
        else:
            if stored.named([key], [alias]):
                self.moved.damaged.append(key)
            return False
        if self.dry_run:
            return False
        if is_there and others:
            with storage_errors():
                sync_blob(self.target, key)
        rows = stored.rows().filter(**{stored.key: key}, storage_alias=alias)
        rows.update(storage_alias=self.alias)
        return bool(others)

    def _copy(self, source: Storage, key: str, size: int, sha256: str, *, replace: bool) -> bool:
        """Copy one blob; return whether the target has it now with the digest of its row."""
        if self.dry_run:
            with storage_errors():
                return _has(source, key, size)
        try:
            content: Any = open_blob(source, key, size)
        except ContentUnavailable:
            return False
        with content:
            if replace:
                # What an ended run has left in part.
                discard_blob(self.target, key)
            saved = write_blob(self.target, key, Content(content), size, compare=False)
        with storage_errors():
            expected = sha256 or digest_of(source, key)
            is_intact = saved == key and digest_of(self.target, saved) == expected
        if not is_intact:
            discard_blob(self.target, saved)
        return is_intact


def _moving_bytes() -> list[StoredBytes]:
    """Return the kinds of rows whose bytes move. Partial ones become files in the new storage."""
    return [stored for stored in registered_bytes() if not stored.is_partial]


def _has(storage: Storage, key: str, size: int) -> bool:
    try:
        return storage.exists(key) and storage.size(key) == size
    except FileNotFoundError:
        return False
