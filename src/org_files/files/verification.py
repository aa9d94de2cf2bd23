"""Verification of storages against the rows that name blobs in them."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage
from django.utils import timezone
from django.utils.text import get_text_list

from org_files.db.reports import Report
from org_files.db.rows import row_security
from org_files.exceptions import Refusal, RepairRefused
from org_files.files.content import CharsetDetector
from org_files.storage import StoredBytes, registered_bytes, registered_storages, stored_keys
from org_files.storage.blobs import discard_blob, storage_errors
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
}

ItemT = TypeVar("ItemT")


@dataclass(frozen=True)
class StoreFinding:
    """A blob without a row, or a row whose blob is missing or damaged."""

    kind: str
    key: str
    repaired: bool = False

    def __str__(self) -> str:
        return f"{self.key}: {KINDS[self.kind]}{' (removed)' if self.repaired else ''}"


def verify_store(
    *, repair: bool = False, deep: bool = False, allow_orphans: int | None = None
) -> Report:
    """Compare the storages with the rows that name blobs in them.

    ``deep`` also compares the SHA-256 of every blob, and notes which files of an earlier version
    are UTF-8. ``repair`` removes blobs without a row, and damaged or missing renditions with their
    rows: these are made again. ``allow_orphans`` is the exact number of orphans to remove if they
    are many.

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
        damaged = [
            (stored, found) for stored in registered for found in _damaged(stored, report, deep)
        ]
        stores = [_survey(*each, report) for each in registered_storages()]
        report.checked["blobs"] = sum(store.blobs for store in stores)
        refusals += [*store_refusals(), *_too_many_orphans(stores, allow_orphans)]
        if repair and refusals:
            raise RepairRefused(refusals)
        report.findings.extend(_findings(damaged, stores, repair=repair))
    report.warnings.extend(refusal.message for refusal in refusals)
    return report


def store_refusals() -> list[Refusal]:
    """Return reasons to believe that blobs belong to another database, without reading blobs.

    Raises ``StorageUnavailable`` if a storage does not answer.
    """
    with storage_errors():
        return [
            Refusal("files", code, f"{_label(names)} {message} {ADOPT}")
            for storage, names in registered_storages()
            for code, message in _ownership(storage)
        ]


def _label(names: list[str]) -> str:
    return f"The storage of {get_text_list(names, 'and')}"


def _ownership(storage: Storage) -> Iterator[tuple[str, str]]:
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
    """One storage, with the names of the rows registered for it."""

    storage: Storage
    names: list[str]
    blobs: int = 0
    orphans: list[str] = field(default_factory=list)

    def has_too_many_orphans(self) -> bool:
        count = len(self.orphans)
        return count > ORPHANS_ALLOWED and count > ORPHANS_ALLOWED_SHARE * self.blobs


def _damaged(stored: StoredBytes, report: Report, deep: bool) -> Iterator[StoreFinding]:
    """Yield findings about blobs that a row names."""
    storage = stored.storage()
    columns = [stored.key, stored.size, stored.sha256]
    columns += [] if stored.charset is None else [stored.charset]
    rows = stored.rows().order_by("pk").values_list(*columns)
    for batch in _batches(rows.iterator(BATCH_SIZE)):
        report.checked[stored.name] += len(batch)
        kinds = {row[0]: _damage(stored, storage, *row, deep=deep) for row in batch}
        found = {key: kind for key, kind in kinds.items() if kind is not None}
        # Asked again: rows may have been removed meanwhile.
        named = stored.named(found) if found else set()
        yield from (StoreFinding(kind, key) for key, kind in found.items() if key in named)


def _damage(
    stored: StoredBytes,
    storage: Storage,
    key: str,
    size: int,
    sha256: str,
    charset: str | None = "",
    *,
    deep: bool,
) -> str | None:
    """Return the kind of damage of one blob, ``None`` if it is intact."""
    try:
        if key and _is_link(storage, key):
            return "link"
        if not key or not storage.exists(key):
            return "missing"
        if storage.size(key) != size:
            return "size"
        if deep:
            found, detected = _read(storage, key)
            if found != sha256:
                return "digest"
            if stored.charset is not None and charset is None:
                stored.rows().filter(**{stored.key: key}).update(**{stored.charset: detected})
    except (FileNotFoundError, SuspiciousFileOperation):
        return "missing"
    return None


def _survey(storage: Storage, names: list[str], report: Report) -> _Store:
    """Return a storage with the blobs in it that no row names."""
    store = _Store(storage, names)
    try:
        for keys in _batches(stored_keys(storage)):
            store.blobs += len(keys)
            store.orphans.extend(key for key in _unnamed(keys) if _is_old(storage, key))
    except NotImplementedError:
        report.warnings.append(
            f"{_label(names)} cannot be listed: bytes without a row are not looked for."
        )
    return store


def _unnamed(keys: list[str]) -> list[str]:
    # By no row of any kind: two aliases may be one storage.
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
    damaged: list[tuple[StoredBytes, StoreFinding]], stores: list[_Store], *, repair: bool
) -> Iterator[StoreFinding]:
    """Yield the findings; ``repair`` removes orphans and damaged blobs that can be made again."""
    for stored, finding in damaged:
        gone = repair and stored.can_be_remade and _forget(stored, finding)
        yield replace(finding, repaired=gone)
    for store in stores:
        for keys in _batches(store.orphans):
            # Asked again before a removal: a row may be newer than the survey.
            for key in _unnamed(keys) if repair else keys:
                yield StoreFinding("orphan", key, repair and _discard(store.storage, key))


def _discard(storage: Storage, key: str) -> bool:
    """Remove an orphan; return whether it is gone."""
    discard_blob(storage, key)
    return not (_is_link(storage, key) or storage.exists(key))


def _forget(stored: StoredBytes, finding: StoreFinding) -> bool:
    """Remove the row, and its damaged bytes after it; return whether there was one."""
    rows = stored.rows().filter(**{stored.key: finding.key})
    if not rows._raw_delete(rows.db):
        return False
    if finding.kind != "missing":
        discard_blob(stored.storage(), finding.key)
    return True


def _is_old(storage: Storage, key: str) -> bool:
    try:
        if _is_link(storage, key):
            # The age of the link, not of its target.
            modified = datetime.fromtimestamp(os.lstat(storage.path(key)).st_mtime, UTC)
        else:
            modified = storage.get_modified_time(key)
    except FileNotFoundError:
        return False
    return modified < timezone.now() - GRACE


def _is_link(storage: Storage, key: str) -> bool:
    """Return whether the blob itself is a symbolic link; the folders above it may be links."""
    try:
        return os.path.islink(storage.path(key))  # noqa: PTH114
    except NotImplementedError:
        return False


def _read(storage: Storage, key: str) -> tuple[str, str]:
    """Return the SHA-256 of a blob, and its charset as files have it."""
    digest, charset = hashlib.sha256(), CharsetDetector()
    with storage.open(key, "rb") as content:
        for block in content.chunks():
            digest.update(block)
            charset.update(block)
    return digest.hexdigest(), charset.result()


def _batches(items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_SIZE)):
        yield batch
