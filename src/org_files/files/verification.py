"""Verification of storages against rows, and of counted usage against files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.text import get_text_list

from org_files import get_file_model
from org_files.db.reports import Report
from org_files.db.rows import all_rows, row_security, writing
from org_files.exceptions import Refusal, RepairRefused
from org_files.files.quotas import recount
from org_files.files.refusals import ownership
from org_files.files.reports import StoreFinding, UsageFinding
from org_files.models import Usage
from org_files.storage.blobs import discard_blob, storage_errors
from org_files.storage.registry import (
    StoredBytes,
    registered_bytes,
    registered_storages,
    stored_keys,
)

#: Younger bytes may belong to an upload whose row is about to come.
GRACE = timedelta(hours=24)

#: A repair that removes more orphans needs their exact number from the operator.
ORPHANS_ALLOWED = 20
ORPHANS_ALLOWED_SHARE = 0.05

BATCH_SIZE = 500
BLOCK_SIZE = 256 * 1024

ItemT = TypeVar("ItemT")


def verify_usage(*, repair: bool = False) -> Report:
    """Compare the counted usage of each organization with its files; ``repair`` recounts.

    An organization that was never counted has no usage to compare; ``repair`` counts it. Raises
    ``RepairRefused`` for a repair if row-level security may hide rows.
    """
    if repair and (refusals := row_security("usage", [get_file_model(), Usage])):
        raise RepairRefused(refusals)
    report = Report(checked={"organizations": 0})
    files = all_rows(get_file_model())
    for pk in list(Usage.objects.order_by("pk").values_list("pk", flat=True)):
        # Locked, so that no upload is in one of the two and not in the other.
        with writing(Usage):
            usage = Usage.objects.select_for_update().filter(pk=pk).first()
            if usage is None:  # The organization was deleted meanwhile.
                continue
            if not usage.is_counted:
                if repair:
                    recount(pk)
                continue
            sums = files.filter(organization=pk).aggregate(
                bytes=Sum("size", default=0), files=Count("pk")
            )
            differs = (usage.bytes_stored, usage.file_count) != (sums["bytes"], sums["files"])
            if differs and repair:
                recount(pk)
        report.checked["organizations"] += 1
        if differs:
            counted = (usage.bytes_stored, usage.file_count)
            report.findings.append(
                UsageFinding(str(pk), sums["bytes"], sums["files"], *counted, repair)
            )
    return report


def verify_store(
    *, repair: bool = False, deep: bool = False, allow_orphans: int | None = None
) -> Report:
    """Compare the storages with the rows that name blobs in them.

    ``deep`` also compares the SHA-256 of every blob. ``repair`` removes blobs without a row, and
    damaged or missing renditions with their rows: these are made again. ``allow_orphans`` is the
    exact number of orphans to remove if they are many.

    Raises ``RepairRefused``, with nothing changed, if rows may exist that are not seen here, and
    ``StorageUnavailable`` if a storage does not answer.
    """
    refusals = row_security("files", [stored.model() for stored in registered_bytes()])
    # Before every blob is read; the survey looks for owners again after that.
    if repair and (early := [*refusals, *store_refusals()]):
        raise RepairRefused(early)
    survey = StoreSurvey(deep=deep)
    refusals += survey.refusals(allow_orphans)
    if not repair:
        survey.report.warnings.extend(refusal.message for refusal in refusals)
        return survey.report
    if refusals:
        raise RepairRefused(refusals)
    return survey.repair()


def store_refusals() -> list[Refusal]:
    """Return reasons to believe that blobs belong to another database, without reading blobs.

    Raises ``StorageUnavailable`` if a storage does not answer.
    """
    found: list[Refusal] = []
    with storage_errors():
        for store in (_Store(*each) for each in registered_storages()):
            found.extend(ownership(store.storage, store.label, has_blobs=store.has_blobs()))
    return found


@dataclass
class _Store:
    """One storage, with the names of the rows registered for it."""

    storage: Storage
    names: list[str]
    blobs: int = 0
    orphans: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"The storage of {get_text_list(self.names, 'and')}"

    def has_blobs(self) -> bool:
        """Return whether there is a blob, ``False`` if the storage cannot be listed."""
        try:
            return next(stored_keys(self.storage), None) is not None
        except NotImplementedError:
            return False

    def has_too_many_orphans(self) -> bool:
        count = len(self.orphans)
        return count > ORPHANS_ALLOWED and count > ORPHANS_ALLOWED_SHARE * self.blobs


class StoreSurvey:
    """The result of a comparison of the registered rows with their storages.

    With ``deep`` every blob is read and its SHA-256 compared. Only ``repair`` changes anything.
    Raises ``StorageUnavailable`` if a storage does not answer.
    """

    def __init__(self, *, deep: bool = False) -> None:
        self.deep = deep
        self.registered = registered_bytes()
        self.report = Report(checked=dict.fromkeys([r.name for r in self.registered], 0))
        self.report.checked["blobs"] = 0
        #: Findings about blobs that a row names.
        self.damaged: list[tuple[StoredBytes, StoreFinding]] = []
        self.stores = [_Store(*each) for each in registered_storages()]
        with storage_errors():
            for stored in self.registered:
                self._compare(stored, stored.storage())
            for store in self.stores:
                self._find_orphans(store)
        self.report.findings.extend(finding for _, finding in self.damaged)
        for store in self.stores:
            self.report.findings.extend(StoreFinding("orphan", key) for key in store.orphans)

    def refusals(self, allow_orphans: int | None = None) -> list[Refusal]:
        """Return reasons against a repair; ``allow_orphans`` is how many may be removed."""
        found = store_refusals()
        orphans = sum(len(store.orphans) for store in self.stores)
        if any(store.has_too_many_orphans() for store in self.stores) and allow_orphans != orphans:
            blobs = self.report.checked["blobs"]
            found.append(
                Refusal(
                    "files",
                    "too_many_orphans",
                    f"{orphans} of {blobs} blobs have no row here, which is more than a crash "
                    "leaves behind. If all of them are to be removed, add "
                    f"--allow-orphans {orphans}.",
                )
            )
        return found

    def repair(self) -> Report:
        """Remove orphans, and damaged blobs that can be made again; return the report.

        Only findings of this survey are removed. Call ``refusals`` first.
        """
        repaired: list[StoreFinding] = []
        with storage_errors():
            for stored, finding in self.damaged:
                gone = stored.can_be_remade and _forget(stored, finding)
                repaired.append(replace(finding, repaired=gone))
            for store in self.stores:
                for keys in _batches(store.orphans):
                    # Asked again: a row may be newer than the survey.
                    named = self._named(keys)
                    for key in keys:
                        if key not in named:
                            discard_blob(store.storage, key)
                            gone = not (_is_link(store.storage, key) or store.storage.exists(key))
                            repaired.append(StoreFinding("orphan", key, gone))
        return replace(self.report, findings=repaired)

    def _compare(self, stored: StoredBytes, storage: Storage) -> None:
        columns = (stored.key, stored.size, stored.sha256)
        rows = stored.rows().order_by("pk").values_list(*columns)
        for batch in _batches(rows.iterator(BATCH_SIZE)):
            self.report.checked[stored.name] += len(batch)
            found = {}
            for key, size, sha256 in batch:
                kind = self._damage(storage, key, size, sha256)
                if kind is not None:
                    found[key] = kind
            # Asked again: rows may have been removed meanwhile.
            named = stored.named(found) if found else set()
            self.damaged.extend(
                (stored, StoreFinding(kind, key)) for key, kind in found.items() if key in named
            )

    def _damage(self, storage: Storage, key: str, size: int, sha256: str) -> str | None:
        """Return the kind of damage of one blob, ``None`` if it is intact."""
        try:
            if key and _is_link(storage, key):
                return "link"
            if not key or not storage.exists(key):
                return "missing"
            if storage.size(key) != size:
                return "size"
            if self.deep and _sha256(storage, key) != sha256:
                return "digest"
        except (FileNotFoundError, SuspiciousFileOperation):
            return "missing"
        return None

    def _find_orphans(self, store: _Store) -> None:
        try:
            for keys in _batches(stored_keys(store.storage)):
                store.blobs += len(keys)
                self.report.checked["blobs"] += len(keys)
                named = self._named(keys)
                unnamed = [key for key in keys if key not in named]
                store.orphans.extend(key for key in unnamed if _is_old(store.storage, key))
        except NotImplementedError:
            self.report.warnings.append(
                f"{store.label} cannot be listed: bytes without a row are not looked for."
            )

    def _named(self, keys: list[str]) -> set[str]:
        # By rows of any kind: two aliases may be one storage.
        return set().union(*(stored.named(keys) for stored in self.registered))


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


def _sha256(storage: Storage, key: str) -> str:
    digest = hashlib.sha256()
    with storage.open(key, "rb") as content:
        while block := content.read(BLOCK_SIZE):
            digest.update(block)
    return digest.hexdigest()


def _batches(items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_SIZE)):
        yield batch
