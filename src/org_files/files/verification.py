"""Compare rows with the store, and what organizations use with their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.storage import Storage
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from org_files import get_file_model
from org_files.blobs import discard_blob, storage_errors
from org_files.files.quotas import recount
from org_files.models import Rendition, Usage
from org_files.rows import writing
from org_files.storage import original_storage, rendition_storage

__all__ = ["Report", "StoreFinding", "UsageFinding", "verify_store", "verify_usage"]

#: Younger bytes may belong to an upload whose row is about to come.
GRACE = timedelta(hours=24)

#: The folders of a key: nothing else in the store is looked at, let alone removed.
ORGANIZATION = re.compile(r"[0-9a-f]{24}")
OWNER = re.compile(r"[0-9a-f]{24}|none")
NAME = re.compile(r"[0-9a-f]{32}")

BATCH_SIZE = 500


@dataclass(frozen=True)
class StoreFinding:
    """Bytes without a row, or a row without its bytes."""

    kind: str
    key: str
    repaired: bool = False

    def __str__(self) -> str:
        said = {"orphan": "bytes without a file", "missing": "the bytes of a file are missing"}
        return f"{self.key}: {said[self.kind]}{' (removed)' if self.repaired else ''}"


@dataclass(frozen=True)
class UsageFinding:
    """An organization that uses something else than was counted."""

    organization: str
    bytes_stored: int
    file_count: int
    counted_bytes: int
    counted_files: int
    repaired: bool = False

    def __str__(self) -> str:
        after = " (repaired)" if self.repaired else ""
        return (
            f"organization {self.organization}: {self.bytes_stored} bytes in {self.file_count} "
            f"files, counted were {self.counted_bytes} in {self.counted_files}{after}"
        )


@dataclass(frozen=True)
class Report:
    """What a verification looked at and found."""

    findings: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


def verify_usage(*, repair: bool = False) -> Report:
    """Compare what each organization was counted to use with its files; repair counts anew."""
    report = Report(checked={"organizations": 0})
    usages = Usage.objects.filter(is_counted=True)
    for pk in list(usages.order_by("pk").values_list("pk", flat=True)):
        files = get_file_model()._base_manager.filter(organization=pk)
        # Locked, so that no upload is in one of the two and not in the other.
        with writing(Usage):
            usage = usages.select_for_update().filter(pk=pk).first()
            if usage is None:  # the organization is gone meanwhile
                continue
            sums = files.aggregate(bytes=Sum("size", default=0), files=Count("pk"))
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


def verify_store(*, repair: bool = False) -> Report:
    """Compare the stores with the rows.

    Repair removes bytes that no row names, and rows of smaller pictures whose bytes are missing:
    these are made again. Raises ``StorageUnavailable`` where a store does not answer.
    """
    report = Report(checked={"files": 0, "renditions": 0, "blobs": 0})
    files = get_file_model()._base_manager.all()
    named = [
        _Named("files", original_storage(), files, "content"),
        _Named("renditions", rendition_storage(), Rendition.objects.all(), "key"),
    ]
    with storage_errors():
        for rows in named:
            for keys in _batches(rows.values().order_by("pk").iterator(BATCH_SIZE)):
                report.checked[rows.name] += len(keys)
                missing = [key for key in keys if not rows.storage.exists(key)]
                # Once more, for those that were purged while we looked.
                for key in rows.among(missing):
                    gone = repair and rows.name == "renditions" and rows.forget(key)
                    report.findings.append(StoreFinding("missing", key, gone))
        for storage in _different(rows.storage for rows in named):
            here = [rows for rows in named if rows.storage is storage]
            for keys in _batches(_keys(storage)):
                report.checked["blobs"] += len(keys)
                known = {key for rows in here for key in rows.among(keys)}
                orphans = [key for key in keys if key not in known and _is_old(storage, key)]
                for key in orphans:
                    if repair:
                        discard_blob(storage, key)
                    gone = repair and not storage.exists(key)
                    report.findings.append(StoreFinding("orphan", key, gone))
    return report


@dataclass(frozen=True)
class _Named:
    """Rows that name keys in a store."""

    name: str
    storage: Storage
    rows: QuerySet[Any]
    column: str

    def values(self) -> QuerySet[Any, Any]:
        return self.rows.values_list(self.column, flat=True)

    def among(self, keys: Iterable[str]) -> Iterable[str]:
        return self.values().filter(**{f"{self.column}__in": keys})

    def forget(self, key: str) -> bool:
        """Remove the row, and nothing with it: there are no bytes to remove."""
        return bool(self.rows.filter(**{self.column: key})._raw_delete(self.rows.db))


def _different(storages: Iterable[Storage]) -> list[Storage]:
    found: list[Storage] = []
    for storage in storages:
        if not any(storage is other for other in found):
            found.append(storage)
    return found


def _keys(storage: Storage) -> Iterator[str]:
    for organization in _folders(storage, "", ORGANIZATION):
        for owner in _folders(storage, organization, OWNER):
            folder = f"{organization}/{owner}"
            _, names = storage.listdir(folder)
            yield from (f"{folder}/{name}" for name in names if NAME.fullmatch(name))


def _folders(storage: Storage, path: str, pattern: re.Pattern[str]) -> Iterable[str]:
    try:
        folders, _ = storage.listdir(path)
    except FileNotFoundError:  # nothing was ever stored
        return []
    return sorted(name for name in folders if pattern.fullmatch(name))


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == BATCH_SIZE:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_old(storage: Storage, key: str) -> bool:
    try:
        return storage.get_modified_time(key) < timezone.now() - GRACE
    except FileNotFoundError:
        return False
