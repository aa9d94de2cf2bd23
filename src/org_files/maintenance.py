"""Maintenance jobs, which are safe at any time and in several processes at once."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from time import monotonic
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from org_files import conf, counters, events, get_file_model, links
from org_files.files import purge_files
from org_files.files.uploads import remove_left_uploads
from org_files.models import AbstractFile, PendingDownload
from org_files.uploads.ending import expired_uploads, remove_expired

#: Called after each batch with its number of rows.
Progress = Callable[[int], None]

#: Takes ``progress`` and ``dry_run``; returns counts by name.
Job = Callable[[Progress, bool], dict[str, int]]

#: Registered jobs, by name.
JOBS: dict[str, Job] = {}


def register_job(name: str) -> Callable[[Job], Job]:
    """Return a decorator that registers a function as the job ``name``. For optional apps, too."""

    def register(job: Job) -> Job:
        JOBS[name] = job
        return job

    return register


def run_job(
    name: str, *, progress: Progress = lambda _: None, dry_run: bool = False
) -> dict[str, int]:
    """Run the job ``name`` of ``JOBS``, record the event ``job.ran``, and return the job's counts.

    Raises what the job raises.
    """
    began = monotonic()

    def record(**details: Any) -> None:
        seconds = round(monotonic() - began, 3)
        events.record("job.ran", obj=name, seconds=seconds, dry_run=dry_run, **details)

    try:
        counted = JOBS[name](progress, dry_run)
    except Exception as error:
        record(outcome="failed", level=logging.ERROR, error=type(error).__name__)
        raise
    record(counted=counted)
    return counted


@register_job("fold")
def fold(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Fold pending downloads into the totals, and remove old marks of partial downloads.

    ``left_pending`` counts downloads that cannot be folded, where there are some.
    """
    left = [counters.count_unfoldable()] if dry_run else []
    counted = {
        "downloads": PendingDownload.objects.count() - sum(left)
        if dry_run
        else counters.fold(on_batch=progress, on_left=left.append),
        "range_grants": counters.forget_grants(dry_run=dry_run),
    }
    return counted | ({"left_pending": sum(left)} if any(left) else {})


@register_job("expire")
def expire(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove expired files for good."""
    return _purge(Q(expires_at__lte=timezone.now()), progress, dry_run)


@register_job("purge")
def purge(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove files for good that have been in the trash for ``TRASH_DAYS``."""
    days = conf.trash_days()
    if days is None:
        return _purge(Q(pk__in=[]), progress, dry_run)
    return _purge(Q(deleted_at__lte=timezone.now() - timedelta(days=days)), progress, dry_run)


@register_job("links")
def remove_links(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove share links that ended ``LINK_KEEP_DAYS`` ago, and old password attempts."""
    now, days, removed = timezone.now(), conf.link_keep_days(), 0
    if days is not None:
        before = now - timedelta(days=days)
        removed = (
            links.ended_links(before).count()
            if dry_run
            else links.remove_ended_links(before=before, on_batch=progress)
        )
    return {"links": removed, "password_attempts": links.forget_attempts(now, dry_run=dry_run)}


@register_job("uploads")
def remove_uploads(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove upload sessions that have ended, and temporary files that are at least a day old."""
    if dry_run:
        expired = expired_uploads(timezone.now())
        ended = {"sessions": expired.count(), "session_bytes": _bytes_of(expired)}
    else:
        ended = remove_expired(on_batch=progress)
    left = remove_left_uploads(dry_run=dry_run)
    progress(left["files"])
    return ended | left


def _bytes_of(sessions: QuerySet[Any]) -> int:
    size: int = sessions.filter(is_complete=False).aggregate(bytes=Sum("offset", default=0))[
        "bytes"
    ]
    return size


def _purge(chosen: Q, progress: Progress, dry_run: bool) -> dict[str, int]:
    files: QuerySet[AbstractFile] = get_file_model()._base_manager.filter(chosen)
    if dry_run:
        # Only a deletion finds which files the site protects.
        return {**files.aggregate(files=Count("pk"), bytes=Sum("size", default=0)), "kept": 0}
    return asdict(purge_files(files=files, on_batch=progress))
