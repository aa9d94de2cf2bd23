"""Compare rows with the store, and what organizations use with their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.storage import Storage
from django.db.models import Count, Sum
from django.utils import timezone

from org_files import get_file_model
from org_files.files.blobs import discard_blob, storage_errors
from org_files.files.quotas import recount
from org_files.models import Usage
from org_files.rows import writing
from org_files.storage import original_storage

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
    """Compare the store with the rows; repair removes bytes that no row names.

    Raises ``StorageUnavailable`` where the store does not answer.
    """
    report = Report(checked={"files": 0, "blobs": 0})
    storage = original_storage()
    rows: Any = get_file_model()._base_manager.order_by("pk")
    contents = rows.values_list("content", flat=True)
    with storage_errors():
        for keys in _batches(contents.iterator(BATCH_SIZE)):
            report.checked["files"] += len(keys)
            missing = [key for key in keys if not storage.exists(key)]
            # Once more, for those that were purged while we looked.
            for key in contents.filter(content__in=missing):
                report.findings.append(StoreFinding("missing", key))
        for keys in _batches(_keys(storage)):
            report.checked["blobs"] += len(keys)
            named = set(contents.filter(content__in=keys))
            orphans = [key for key in keys if key not in named and _is_old(storage, key)]
            for key in orphans:
                if repair:
                    discard_blob(storage, key)
                gone = repair and not storage.exists(key)
                report.findings.append(StoreFinding("orphan", key, gone))
    return report


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
