"""Schedule by which Celery's beat runs the jobs of ``org_files.maintenance``.

For a site's settings: ``from org_files.schedule import BEAT_SCHEDULE as CELERY_BEAT_SCHEDULE``.
"""

from __future__ import annotations

from typing import Any

__all__ = ["BEAT_SCHEDULE"]

#: Seconds between two runs.
INTERVALS = {
    "fold": 60,
    "links": 60,
    "expire": 300,
    "purge": 3600,
    "uploads": 3600,
    "eventlog": 3600,
}

#: A value of Celery's setting ``beat_schedule``.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    f"org_files.{job}": {
        "task": "org_files.run_job",
        "schedule": float(seconds),
        "args": (job,),
        # A run that waits until the next one is due is dropped.
        "options": {"expires": float(seconds)},
    }
    for job, seconds in INTERVALS.items()
}
