"""The schedule of maintenance jobs for Celery's beat.

For a site's settings: ``from org_files.schedule import BEAT_SCHEDULE as CELERY_BEAT_SCHEDULE``.
"""

from typing import Any

__all__ = ["BEAT_SCHEDULE"]

#: Seconds between two runs of a job.
INTERVALS = {
    "fold": 60,
    "links": 60,
    "expire": 300,
    "purge": 3600,
    "uploads": 3600,
    "eventlog": 3600,
}

#: A value of ``CELERY_BEAT_SCHEDULE``.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    f"org_files.{job}": {
        "task": "org_files.run_job",
        "schedule": float(seconds),
        "args": (job,),
        # A run that waits until the next one is dropped.
        "options": {"expires": float(seconds)},
    }
    for job, seconds in INTERVALS.items()
}
