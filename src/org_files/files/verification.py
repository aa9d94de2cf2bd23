"""Verification of storages against the rows that name blobs in them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from django.core.files.storage import Storage
from django.utils import timezone

from org_files.db.reports import Refusal, RepairRefused, Report
from org_files.db.rows import row_security
from org_files.files.damage import damage_of, is_link, is_whole
from org_files.storage import StoredBytes, UnusableStorage, registered_bytes
from org_files.storage.blobs import discard_blob, storage_errors
from org_files.storage.known import KnownStorage, registered_storages
from org_files.storage.listing import Blob, Listing, stored_keys
from org_files.storage.owners import describe, other_writers, owner_of, this_owner

#: Younger bytes may belong to an upload whose row is about to come.
GRACE = timedelta(hours=24)

#: A repair that removes more orphans needs their exact number from the operator.
ORPHANS_ALLOWED = 20
ORPHANS_ALLOWED_SHARE = 0.05

BATCH_SIZE = 500

ADOPT = "If every blob in it belongs to this database, run org_files_verify --adopt-store."

KINDS = {
    "orphan": "bytes without a file",
    "missing": "the bytes of a file are missing",
    "size": "the bytes of a file do not have the size that its row says",
    "digest": "the bytes of a file do not have the SHA-256 that its row says",
    "link": "a symbolic link stands in place of the bytes of a file",
    "storage": "the storage that has the bytes of a file cannot be used",
}

ItemT = TypeVar("ItemT")

_Damage = tuple[StoredBytes, Storage, "StoreFinding"]


@dataclass(frozen=True)
class StoreFinding:
    """A blob without a row, or a row whose blob is missing or damaged."""

    kind: str
    key: str
    repaired: bool = False
    #: An alias of the storage.
    storage: str = ""
    #: The row that names the blob, such as ``"file 28"``.
    row: str = ""

    def __str__(self) -> str:
        row = f" ({self.row})" if self.row else ""
        text = f"{self.key}{row}: {KINDS[self.kind]}"
        if self.kind == "storage":
            return f'{text}: STORAGES["{self.storage}"]'
        return f"{text}{' (removed)' if self.repaired else ''}"


def verify_store(
    *,
    repair: bool = False,
    deep: bool = False,
    allow_orphans: int | None = None,
    on_blob: Callable[[int], None] = lambda _number: None,
) -> Report:
    """Compare the storages with the rows that name blobs in them.

    ``deep`` also compares the SHA-256 of every blob, and notes which files of an earlier version
    are UTF-8. ``repair`` removes blobs without a row, and damaged or missing renditions with their
    rows: these are made again. ``allow_orphans`` is the exact number of orphans to remove if they
    are many. ``on_blob`` receives the number of rows that were compared, as it goes on.

    Raises ``RepairRefused``, with nothing changed, if rows may exist that are not seen here, and
    ``StorageUnavailable`` if a storage does not answer.
    """
    registered = registered_bytes()
    refusals = row_security("files", [stored.rows().model for stored in registered])
    # Before every blob is read; owners are looked for again after that.
    if repair and (early := [*refusals, *store_refusals()]):
        raise RepairRefused(early)
    report = Report(checked=dict.fromkeys([stored.name for stored in registered], 0))
    with storage_errors():
        damaged: list[_Damage] = []
        stores = []
        for known in registered_storages():
            with _listing(known, report) as listing:
                for stored in registered:
                    if stored.name in known.names:
                        found = _damaged(stored, known, listing, report, deep, on_blob)
                        damaged += [(stored, known.storage, finding) for finding in found]
                stores.append(_survey(known, listing))
        damaged.sort(key=lambda each: registered.index(each[0]))
        report.checked["blobs"] = sum(store.blobs for store in stores)
        refusals += [*store_refusals(), *_too_many_orphans(stores, allow_orphans)]
        if repair and refusals:
            raise RepairRefused(refusals)
        report.findings.extend(_findings(damaged, stores, repair=repair))
        report.findings.extend(_unlisted(registered, stores, repair=repair))
    report.warnings.extend(refusal.message for refusal in refusals)
    return report


def store_refusals() -> list[Refusal]:
    """Return reasons to believe that blobs belong to another database, without reading blobs.

    Raises ``StorageUnavailable`` if a storage does not answer.
    """
    with storage_errors():
        return [
            Refusal("files", code, f"{known} {message} {ADOPT}")
            for known in registered_storages()
            if not isinstance(known.storage, UnusableStorage)
            for code, message in ownership_doubts(known.storage)
        ]


def ownership_doubts(storage: Storage) -> Iterator[tuple[str, str]]:
    """Yield codes and reasons to believe that blobs in ``storage`` belong to another database."""
    try:
        has_blobs = next(stored_keys(storage), None) is not None
        owner, writers = owner_of(storage), other_writers(storage)
    except NotImplementedError:
        # Nothing is removed from a storage that cannot be listed.
        return
    if owner is None and has_blobs:
        yield "no_owner", "has blobs and no owner: another site may have written them."
    elif owner is not None and owner != this_owner():
        yield "other_owner", f"belongs to {describe(owner)}; this is {describe(this_owner())}."
    if writers:
        named = "; ".join(map(describe, writers))
        yield "other_writers", f"has blobs of others, whose rows cannot be seen here: {named}."


@dataclass
class _Store:
    """Number of blobs in one storage, and those without a row."""

    known: KnownStorage
    blobs: int = 0
    orphans: list[str] = field(default_factory=list)

    def has_too_many_orphans(self) -> bool:
        count = len(self.orphans)
        return count > ORPHANS_ALLOWED and count > ORPHANS_ALLOWED_SHARE * self.blobs


def _damaged(
    stored: StoredBytes,
    known: KnownStorage,
    listing: Listing | None,
    report: Report,
    deep: bool,
    on_blob: Callable[[int], None],
) -> Iterator[StoreFinding]:
    """Yield findings about blobs that a row names in one storage."""
    storage, aliases = known.storage, known.columns(stored)
    is_usable = not isinstance(storage, UnusableStorage)
    for batch in stored.batches(aliases, BATCH_SIZE):
        report.checked[stored.name] += len(batch)
        listed = listing.find(row[0] for row in batch) if listing else {}
        kinds: dict[str, str | None] = {}
        for key, size, sha256, charset, _alias in batch:
            # Asked for itself only where the list does not say that it is intact: it is younger
            # than the list, or damaged.
            if not is_usable:
                kinds[key] = "storage"
            elif deep or not is_whole(stored, listed.get(key), size):
                kinds[key] = damage_of(stored, storage, key, size, sha256, charset, deep=deep)
            on_blob(1)
        found = {key: kind for key, kind in kinds.items() if kind is not None}
        # Asked again: rows may have been removed, or their bytes moved, meanwhile.
        rows = stored.rows().filter(**{f"{stored.key}__in": [*found]}, storage_alias__in=aliases)
        pks = dict(rows.values_list(stored.key, "pk")) if found else {}
        for key, kind in found.items():
            if key in pks:
                row = f"{rows.model._meta.model_name} {pks[key]}"
                yield StoreFinding(kind, key, storage=known.aliases[0], row=row)


@contextmanager
def _listing(known: KnownStorage, report: Report) -> Iterator[Listing | None]:
    """Yield the list of a storage, ``None`` with a warning where it cannot be listed."""
    if isinstance(known.storage, UnusableStorage):
        report.warnings.append(f"{known} cannot be used: {known.storage.error}")
        yield None
        return
    try:
        listing = Listing(known.storage)
    except NotImplementedError:
        report.warnings.append(f"{known} cannot be listed: bytes without a row are not looked for.")
        yield None
        return
    with listing:
        yield listing


def _survey(known: KnownStorage, listing: Listing | None) -> _Store:
    """Return a storage with the blobs in it that no row names."""
    store = _Store(known)
    for blobs in _batches(listing or ()):
        store.blobs += len(blobs)
        unnamed = set(unnamed_keys([blob.key for blob in blobs]))
        store.orphans += [
            blob.key for blob in blobs if blob.key in unnamed and _is_old(known.storage, blob)
        ]
    return store


def unnamed_keys(keys: list[str]) -> list[str]:
    """Return those of ``keys`` that no row names."""
    # Rows of each kind and each storage are asked: two aliases may be one storage, and a moved file
    # may have a copy in the old one.
    named = set().union(*(stored.named(keys) for stored in registered_bytes()))
    return [key for key in keys if key not in named]


def _too_many_orphans(stores: list[_Store], allowed: int | None) -> Iterator[Refusal]:
    orphans = sum(len(store.orphans) for store in stores)
    if any(store.has_too_many_orphans() for store in stores) and allowed != orphans:
        message = (
            f"{orphans} of {sum(store.blobs for store in stores)} blobs have no row here, which is "
            "more than a crash leaves behind. If all of them are to be removed, add "
            f"--allow-orphans {orphans}."
        )
        yield Refusal("files", "too_many_orphans", message)


def _findings(
    damaged: list[_Damage], stores: list[_Store], *, repair: bool
) -> Iterator[StoreFinding]:
    """Yield the findings; ``repair`` removes orphans and damaged blobs that can be made again."""
    for stored, storage, finding in damaged:
        can_repair = repair and stored.can_be_remade and finding.kind != "storage"
        gone = can_repair and _forget(stored, storage, finding)
        yield replace(finding, repaired=gone)
    for store in stores:
        for keys in _batches(store.orphans):
            # Asked again before a removal: a row may be newer than the survey.
            for key in unnamed_keys(keys) if repair else keys:
                gone = repair and _discard(store.known.storage, key)
                yield StoreFinding("orphan", key, gone, store.known.aliases[0])


def _unlisted(
    registered: list[StoredBytes], stores: list[_Store], *, repair: bool
) -> Iterator[StoreFinding]:
    for stored in registered:
        for store in stores:
            known = store.known
            if stored.unlisted and stored.name in known.names:
                for found in stored.unlisted(known.storage, known.columns(stored), repair):
                    kind, key, gone, row = found
                    yield StoreFinding(kind, key, gone, known.aliases[0], row)


def _discard(storage: Storage, key: str) -> bool:
    """Remove an orphan; return whether it is gone."""
    discard_blob(storage, key)
    return not (is_link(storage, key) or storage.exists(key))


def _forget(stored: StoredBytes, storage: Storage, finding: StoreFinding) -> bool:
    """Remove the row, and its damaged bytes after it; return whether there was one."""
    rows = stored.rows().filter(**{stored.key: finding.key})
    if not rows._raw_delete(rows.db):
        return False
    if finding.kind != "missing":
        discard_blob(storage, finding.key)
    return True


def _is_old(storage: Storage, blob: Blob) -> bool:
    # The age of a link, not of its target.
    modified = blob.modified
    if modified is None:
        try:
            modified = storage.get_modified_time(blob.key).timestamp()
        except FileNotFoundError:
            return False
    return modified < (timezone.now() - GRACE).timestamp()


def _batches(items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_SIZE)):
        yield batch
