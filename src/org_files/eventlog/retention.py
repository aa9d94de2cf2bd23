"""The setting ``EVENTLOG_DAYS``, and the job ``eventlog``, which removes old entries."""

from datetime import timedelta

from django.db import router
from django.utils import timezone

from org_files import conf
from org_files.eventlog.models import LogEntry
from org_files.maintenance import Progress, register_job

BATCH_SIZE = 5000

#: Days that entries are kept; ``None`` is for ever.
eventlog_days = conf.register("EVENTLOG_DAYS", 90, conf.number, "a number of days or None")


@register_job("eventlog")
def remove_old_entries(progress: Progress, dry_run: bool) -> dict[str, int]:
    """Remove entries that are older than ``EVENTLOG_DAYS``."""
    days = eventlog_days()
    if days is None:
        return {"entries": 0}
    using = router.db_for_write(LogEntry)
    entries = LogEntry.objects.using(using)
    old = entries.filter(created_at__lt=timezone.now() - timedelta(days=days))
    if dry_run:
        return {"entries": old.count()}
    removed = 0
    while batch := list(old.order_by("created_at")[:BATCH_SIZE].values_list("pk", flat=True)):
        # Of two jobs at once, each counts the rows that it removed itself.
        removed += entries.filter(pk__in=batch)._raw_delete(using)
        progress(len(batch))
    return {"entries": removed}
