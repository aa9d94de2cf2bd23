"""The schedule, which a site adds with one line."""

from __future__ import annotations

from typing import Any

from celery.beat import Scheduler

from org_files import maintenance, tasks
from org_files.schedule import BEAT_SCHEDULE


def test_entries__run_every_job_and_expire_before_the_next_run(app: Any) -> None:
    app.finalize()
    app.conf.beat_schedule = BEAT_SCHEDULE
    scheduler: Any = Scheduler(app=app)

    entries = {name: scheduler.schedule[name] for name in BEAT_SCHEDULE}

    assert {entry.task for entry in entries.values()} == {tasks.run_job.name}
    assert tasks.run_job.name in app.tasks
    assert {entry.args for entry in entries.values()} == {(job,) for job in maintenance.JOBS}
    for entry in entries.values():
        assert 0 < entry.options["expires"] <= entry.schedule.run_every.total_seconds()
    assert entries["org_files.links"].schedule.run_every.total_seconds() == 60
