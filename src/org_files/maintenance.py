"""Jobs that may run at any time, as often as one likes, and from several places at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic
from types import MappingProxyType

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from org_files import conf, counters, events, get_file_model, links
from org_files.files import purge_files
from org_files.files.temporary import remove_left_uploads
from org_files.models import AbstractFile, PendingDownload

__all__ = ["JOBS", "Job", "Progress", "expire", "fold", "purge", "register_job", "run_job"]

#: Told how many rows each batch has dealt with.
Progress = Callable[[int], None]

#: Takes ``progress`` and ``dry_run``; returns what it counted, or would have, by name.
Job = Callable[[Progress, bool], dict[str, int]]

_jobs: dict[str, Job] = {}

#: What ``org_files_maintenance`` runs, by name.
JOBS: Mapping[str, Job] = MappingProxyType(_jobs)


def register_job(name: str) -> Callable[[Job], Job]:
    """Return a decorator that makes a function the job ``name``, of another app too."""

    def register(job: Job) -> Job:
        _jobs[name] = job
        return job

    return register


def run_job(
    name: str, *, progress: Progress = lambda _: None, dry_run: bool = False
) -> dict[str, int]:
    """Run the job ``name`` of ``JOBS``, record that, and return what it counted.

    Raises what the job raises.
    """
    began = monotonic()
    try:
        counted = JOBS[name](progress, dry_run)
    except Exception as error:
        events.record(
            "job.ran",
            obj=name,
            outcome="failed",
            level=logging.ERROR,
            error=type(error).__name__,
            seconds=round(monotonic() - began, 3),
            dry_run=dry_run,
        )
        raise
    events.record(
        "job.ran",
        obj=name,
        seconds=round(monotonic() - began, 3),
        dry_run=dry_run,
        counted=counted,
    )
    return counted


@register_job("fold")
def fold(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Fold pending downloads into the totals, and forget marks of partial downloads.

    Where some cannot be folded, ``left_pending`` says how many.
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
    """Remove files for good that have expired."""
    return _purge(_files().filter(expires_at__lte=timezone.now()), progress, dry_run)


@register_job("purge")
def purge(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove files for good that have been in the trash for ``TRASH_DAYS``."""
    days = conf.trash_days()
    if days is None:
        return _purge(_files().none(), progress, dry_run)
    since = timezone.now() - timedelta(days=days)
    return _purge(_files().filter(deleted_at__lte=since), progress, dry_run)


@register_job("links")
def remove_links(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove share links that have been over for ``LINK_KEEP_DAYS``, and old wrong passwords."""
    now, days = timezone.now(), conf.link_keep_days()
    before = None if days is None else now - timedelta(days=days)
    removed = 0
    if before is not None:
        removed = (
            links.ended_links(before).count()
            if dry_run
            else links.remove_ended_links(before=before, on_batch=progress)
        )
    return {
        "links": removed,
        "password_attempts": links.forget_attempts(now, dry_run=dry_run),
    }


@register_job("uploads")
def remove_uploads(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove temporary files that killed processes left behind a day ago or earlier."""
    left = remove_left_uploads(dry_run=dry_run)
    progress(left.files)
    return {"files": left.files, "bytes": left.bytes}


def _files() -> QuerySet[AbstractFile]:
    files: QuerySet[AbstractFile] = get_file_model()._base_manager.all()
    return files


def _purge(files: QuerySet[AbstractFile], progress: Progress, dry_run: bool) -> dict[str, int]:
    if dry_run:
        # What the site protects shows where it is tried.
        return {**files.aggregate(files=Count("pk"), bytes=Sum("size", default=0)), "kept": 0}
    purged = purge_files(files=files, on_batch=progress)
    return {"files": purged.files, "bytes": purged.bytes, "kept": purged.kept}
