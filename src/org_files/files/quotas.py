"""Quotas of organizations, held by one conditional update for each upload."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import router
from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When

from org_files import conf, events, get_file_model, get_organization_model
from org_files.db.reports import Report
from org_files.db.rows import (
    after_deadlocks,
    all_rows,
    hidden_row_models,
    row_security,
    upsert,
    writing,
)
from org_files.exceptions import FileTooLarge, QuotaExceeded, RepairRefused
from org_files.models import AbstractFile, Usage
from org_files.tiers import tier_of_organization


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
    counted_bytes: int
    counted_files: int
    repaired: bool = False

    def __str__(self) -> str:
        after = " (repaired)" if self.repaired else ""
        return (
            f"organization {self.organization}: {self.bytes_stored} bytes in {self.file_count} "
            f"files, counted were {self.counted_bytes} in {self.counted_files}{after}"
        )


def quota_of(organization_pk: Any) -> Quota:
    """Return the quota of an organization: each limit of its tier, else of the site."""
    tier = tier_of_organization(organization_pk)
    max_bytes, max_files, max_file_size = conf.quota_bytes(), conf.quota_files(), None
    if tier is not None:
        max_bytes = max_bytes if tier.quota_bytes is None else tier.quota_bytes
        max_files = max_files if tier.quota_files is None else tier.quota_files
        max_file_size = tier.max_file_size
    return Quota(max_bytes, max_files, max_file_size)


def refuse_early(organization_pk: Any, size: int) -> Quota:
    """Return the quota, which ``reserve`` applies later.

    Raises ``FileTooLarge``, or ``QuotaExceeded`` if there is no space for ``size`` bytes, before
    they are written. Reads only.
    """
    quota = quota_of(organization_pk)
    if quota.max_file_size is not None and size > quota.max_file_size:
        raise FileTooLarge
    if quota.max_bytes is None and quota.max_files is None:
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
    fits = Q(is_counted=True)
    if quota.max_bytes is not None:
        fits &= Q(bytes_stored__lte=quota.max_bytes - file.size)
    if quota.max_files is not None:
        fits &= Q(file_count__lt=quota.max_files)
    usage = _usage(file.organization_id)
    more = {"bytes_stored": F("bytes_stored") + file.size, "file_count": F("file_count") + 1}
    if usage.filter(fits).update(**more):
        return
    if not _locked(file.organization_id).is_counted:
        # The first upload to this organization, whose files may be older than this table. The
        # recount includes this file.
        if _exceeds(recount(file.organization_id), quota):
            raise _refused(file.organization_id, file.size)
    elif not usage.filter(fits).update(**more):
        raise _refused(file.organization_id, file.size)


def release(file: AbstractFile) -> None:
    """Subtract ``file`` from the usage in the transaction that deletes its row."""
    # Locked first, and created if missing: a concurrent first count must see the deletion. If
    # another transaction created the row first, the lock has marked it as uncounted again.
    if not _locked(file.organization_id).is_counted:
        recount(file.organization_id)
    _usage(file.organization_id).update(
        bytes_stored=_decrement("bytes_stored", file.size), file_count=_decrement("file_count", 1)
    )


def recount(organization_pk: Any) -> Usage:
    """Sum up the files of an organization, save the usage and return it. Needs a transaction.

    If row-level security may hide files from this role, the sums of the visible files are not
    saved: the organization stays uncounted, and every upload sums up again.
    """
    model = get_file_model()
    usage = _summed(_locked(organization_pk))
    if not hidden_row_models([model], router.db_for_write(model)):
        usage.is_counted = True
        usage.save(update_fields=["bytes_stored", "file_count", "is_counted"])
    return usage


def verify_usage(*, repair: bool = False) -> Report:
    """Compare the counted usage of each organization with its files; ``repair`` recounts.

    An organization that was never counted has no usage to compare; ``repair`` counts it if it has
    files. Raises ``RepairRefused`` for a repair if row-level security may hide rows.
    """
    if repair and (refusals := row_security("usage", [get_file_model(), Usage])):
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
            counted, is_counted = (usage.bytes_stored, usage.file_count), usage.is_counted
            _summed(usage)
            sums = (usage.bytes_stored, usage.file_count)
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
    """Return ``usage`` with the sums of the organization's files."""
    files = all_rows(get_file_model()).filter(organization=usage.organization_id)
    sums = files.aggregate(bytes=Sum("size", default=0), files=Count("pk"))
    usage.bytes_stored, usage.file_count = sums["bytes"], sums["files"]
    return usage


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
    return (quota.max_bytes is not None and usage.bytes_stored > quota.max_bytes) or (
        quota.max_files is not None and usage.file_count > quota.max_files
    )
