"""Quotas of organizations, held by one conditional update for each upload."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import router
from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from org_files import conf, events, get_file_model, get_organization_model
from org_files.db.reports import RepairRefused, Report
from org_files.db.rows import (
    after_deadlocks,
    all_rows,
    hidden_row_models,
    row_security,
    upsert,
    writing,
)
from org_files.exceptions import FileTooLarge, QuotaExceeded
from org_files.models import AbstractFile, Upload, Usage
from org_files.tiers import tier_of_organization

#: Columns of ``Usage``, in the order of ``UsageFinding``.
SUMS = ("bytes_stored", "file_count", "bytes_reserved", "files_reserved")

#: The most bytes that the columns can count.
MAX_BYTES = 2**63 - 1


@dataclass(frozen=True)
class Quota:
    """Limits on what an organization stores; ``None`` is no limit."""

    max_bytes: int | None
    max_files: int | None
    #: Bytes of one file.
    max_file_size: int | None = None


@dataclass(frozen=True)
class UsageFinding:
    """An organization whose counted usage differs from its files."""

    organization: str
    bytes_stored: int
    file_count: int
    bytes_reserved: int
    files_reserved: int
    counted_bytes: int
    counted_files: int
    counted_bytes_reserved: int
    counted_files_reserved: int
    repaired: bool = False

    def __str__(self) -> str:
        after = " (repaired)" if self.repaired else ""
        text = (
            f"organization {self.organization}: {self.bytes_stored} bytes in {self.file_count} "
            f"files, counted were {self.counted_bytes} in {self.counted_files}"
        )
        reserved = (self.bytes_reserved, self.files_reserved)
        counted = (self.counted_bytes_reserved, self.counted_files_reserved)
        if reserved != counted:
            text += (
                f"; {reserved[0]} bytes in {reserved[1]} uploads, reserved were {counted[0]} in "
                f"{counted[1]}"
            )
        return text + after


def quota_of(organization_pk: Any) -> Quota:
    """Return the quota of an organization: each limit of its tier, else of the site.

    A file may have the smaller of both sizes.
    """
    tier = tier_of_organization(organization_pk)
    max_bytes, max_files, sizes = conf.quota_bytes(), conf.quota_files(), [conf.max_file_size()]
    if tier is not None:
        max_bytes = max_bytes if tier.quota_bytes is None else tier.quota_bytes
        max_files = max_files if tier.quota_files is None else tier.quota_files
        sizes.append(tier.max_file_size)
    return Quota(max_bytes, max_files, smallest(sizes))


def smallest(limits: Iterable[int | None]) -> int | None:
    """Return the smallest of ``limits``, of which ``None`` is no limit."""
    return min((each for each in limits if each is not None), default=None)


def refuse_early(organization_pk: Any, size: int, *, is_reserved: bool = False) -> Quota:
    """Return the quota, which ``reserve`` applies later.

    Raises ``FileTooLarge``, or ``QuotaExceeded`` if there is no space for ``size`` bytes, before
    they are written. Reads only. Of a file whose space ``is_reserved``, the size alone is checked.
    """
    quota = quota_of(organization_pk)
    if quota.max_file_size is not None and size > quota.max_file_size:
        raise FileTooLarge
    if is_reserved or (quota.max_bytes is None and quota.max_files is None):
        return quota
    usage = _usage(organization_pk).filter(is_counted=True).first()
    if usage is None:
        usage = _summed(Usage(organization_id=organization_pk))
    usage.bytes_stored += size
    usage.file_count += 1
    if _exceeds(usage, quota):
        raise _refused(organization_pk, size)
    return quota


def reserve(file: AbstractFile, quota: Quota) -> None:
    """Count ``file`` in the transaction that inserted its row. Raises ``QuotaExceeded``.

    The last statement of that transaction, since other uploads to the organization wait for its
    end.
    """
    more = {"bytes_stored": F("bytes_stored") + file.size, "file_count": F("file_count") + 1}
    _take(file.organization_id, quota, file.size, 1, more)


def reserve_upload(organization_pk: Any, quota: Quota, size: int, files: int) -> None:
    """Reserve space in the transaction that inserted or changed the row of an upload session.

    Its last statement, as with ``reserve``. Raises ``QuotaExceeded``.
    """
    more = {
        "bytes_reserved": F("bytes_reserved") + size,
        "files_reserved": F("files_reserved") + files,
    }
    _take(organization_pk, quota, size, files, more)


def settle(file: AbstractFile, reserved: int) -> None:
    """Count ``file``, for which a session had reserved that many bytes, in its transaction."""
    if not _locked(file.organization_id).is_counted:
        # Includes the file, and the session no more.
        recount(file.organization_id)
        return
    _usage(file.organization_id).update(
        bytes_stored=F("bytes_stored") + file.size,
        file_count=F("file_count") + 1,
        bytes_reserved=_decrement("bytes_reserved", reserved),
        files_reserved=_decrement("files_reserved", 1),
    )


def release(file: AbstractFile) -> None:
    """Subtract ``file`` from the usage in the transaction that deletes its row."""
    _subtract(file.organization_id, bytes_stored=file.size, file_count=1)


def release_upload(upload: Upload) -> None:
    """Give back what a session has reserved, in the transaction that deletes its row."""
    reserved = upload.reserved_bytes
    _subtract(upload.organization_id, bytes_reserved=reserved, files_reserved=1)


def _take(organization_pk: Any, quota: Quota, size: int, files: int, more: dict[str, Any]) -> None:
    """Add ``more`` to the usage if ``size`` bytes in ``files`` files fit. ``QuotaExceeded``."""
    max_bytes = MAX_BYTES if quota.max_bytes is None else quota.max_bytes
    fits = Q(is_counted=True, org_files_bytes__lte=max_bytes - size)
    if quota.max_files is not None and files:
        fits &= Q(org_files_files__lte=quota.max_files - files)
    usage = _usage(organization_pk)
    fitting = usage.alias(
        org_files_bytes=F("bytes_stored") + F("bytes_reserved"),
        org_files_files=F("file_count") + F("files_reserved"),
    ).filter(fits)
    if fitting.update(**more):
        return
    if not _locked(organization_pk).is_counted:
        # The first upload to this organization, whose files may be older than this table. The
        # recount includes the new row.
        if _exceeds(recount(organization_pk), quota):
            raise _refused(organization_pk, size)
    elif not fitting.update(**more):
        raise _refused(organization_pk, size)


def _subtract(organization_pk: Any, **less: int) -> None:
    # Locked first, and created if missing: a concurrent first count must see the deletion. If
    # another transaction created the row first, the lock has marked it as uncounted again.
    if not _locked(organization_pk).is_counted:
        recount(organization_pk)
    _usage(organization_pk).update(
        **{column: _decrement(column, count) for column, count in less.items()}
    )


def recount(organization_pk: Any) -> Usage:
    """Sum up files and sessions of an organization, and return the saved usage, in a transaction.

    If row-level security may hide files from this role, the sums of the visible files are not
    saved: the organization stays uncounted, and every upload sums up again.
    """
    model = get_file_model()
    usage = _summed(_locked(organization_pk))
    if not hidden_row_models([model, Upload], router.db_for_write(model)):
        usage.is_counted = True
        usage.save(update_fields=[*SUMS, "is_counted"])
    return usage


def verify_usage(*, repair: bool = False) -> Report:
    """Compare the counted usage of each organization with its files; ``repair`` recounts.

    An organization that was never counted has no usage to compare; ``repair`` counts it if it has
    files. Raises ``RepairRefused`` for a repair if row-level security may hide rows.
    """
    if repair and (refusals := row_security("usage", [get_file_model(), Upload, Usage])):
        raise RepairRefused(refusals)
    report = Report(checked={"organizations": 0})
    if repair:
        files = all_rows(get_file_model()).values("organization")
        uncounted = all_rows(get_organization_model()).filter(pk__in=files)
        without = uncounted.exclude(pk__in=Usage.objects.values("pk")).values_list("pk", flat=True)
        rows = [Usage(organization_id=pk) for pk in without]
        # An upload may add the row of its organization meanwhile.
        add = partial(Usage.objects.bulk_create, rows, ignore_conflicts=True)
        after_deadlocks(add, Usage)
    for pk in list(Usage.objects.order_by("pk").values_list("pk", flat=True)):
        # Locked, so that no upload is in one of the two and not in the other.
        with writing(Usage):
            usage = Usage.objects.select_for_update().filter(pk=pk).first()
            if usage is None:  # The organization was deleted meanwhile.
                continue
            counted, is_counted = _sums_of(usage), usage.is_counted
            sums = _sums_of(_summed(usage))
            if repair and (not is_counted or counted != sums):
                recount(pk)
        if is_counted:
            report.checked["organizations"] += 1
            if counted != sums:
                report.findings.append(UsageFinding(str(pk), *sums, *counted, repair))
    return report


def _locked(organization_pk: Any) -> Usage:
    locked = _usage(organization_pk).select_for_update()
    usage = locked.first()
    if usage is None:
        # If another transaction created the row first, force a recount.
        upsert(Usage(organization_id=organization_pk), update="is_counted")
        usage = locked.get()
    return usage


def _summed(usage: Usage) -> Usage:
    """Return ``usage`` with the sums of the organization's files and sessions."""
    of_organization = Q(organization=usage.organization_id)
    files = all_rows(get_file_model()).filter(of_organization)
    sums = files.aggregate(bytes=Sum("size", default=0), files=Count("pk"))
    usage.bytes_stored, usage.file_count = sums["bytes"], sums["files"]
    # As ``Upload.reserved_bytes`` says.
    uploads = all_rows(Upload).filter(of_organization, is_complete=False)
    reserved = Sum(Coalesce("length", "offset"), default=0)
    sums = uploads.aggregate(bytes=reserved, files=Count("pk"))
    usage.bytes_reserved, usage.files_reserved = sums["bytes"], sums["files"]
    return usage


def _sums_of(usage: Usage) -> tuple[int, int, int, int]:
    """Return the columns ``SUMS``."""
    reserved = (usage.bytes_reserved, usage.files_reserved)
    return (usage.bytes_stored, usage.file_count, *reserved)


def _decrement(column: str, count: int) -> Case:
    # Clamp at zero: rows inserted directly were never counted.
    return Case(When(**{f"{column}__gte": count}, then=F(column) - count), default=Value(0))


def _usage(organization_pk: Any) -> QuerySet[Usage]:
    return Usage.objects.filter(organization=organization_pk)


def _refused(organization_pk: Any, size: int) -> QuotaExceeded:
    events.record(
        "quota.refused",
        obj=organization_pk,
        organization=organization_pk,
        outcome="refused",
        level=logging.WARNING,
        size=size,
    )
    return QuotaExceeded()


def _exceeds(usage: Usage, quota: Quota) -> bool:
    size = usage.bytes_stored + usage.bytes_reserved
    files = usage.file_count + usage.files_reserved
    return (quota.max_bytes is not None and size > quota.max_bytes) or (
        quota.max_files is not None and files > quota.max_files
    )
