"""The schedule that a site adds with one line names what there is, and all of it."""

from __future__ import annotations

from typing import Any

import pytest
from celery.beat import Scheduler

from org_files import maintenance, tasks
from org_files.schedule import BEAT_SCHEDULE


def test_entries__name_tasks_and_jobs_that_exist(app: Any) -> None:
    app.finalize()
    for entry in BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
        [job] = entry["args"]
        assert job in maintenance.JOBS


def test_every_job__has_its_turn() -> None:
    assert {entry["args"][0] for entry in BEAT_SCHEDULE.values()} == set(maintenance.JOBS)


@pytest.mark.parametrize("name", list(BEAT_SCHEDULE))
def test_run_that_comes_late__is_dropped_before_the_next(name: str) -> None:
    entry = BEAT_SCHEDULE[name]

    assert 0 < entry["options"]["expires"] <= entry["schedule"]


def test_beat__takes_it_as_its_schedule(app: Any) -> None:
    app.conf.beat_schedule = BEAT_SCHEDULE

    scheduler: Any = Scheduler(app=app)

    entries = {name: scheduler.schedule[name] for name in BEAT_SCHEDULE}
    assert {entry.task for entry in entries.values()} == {tasks.run_job.name}
    assert entries["org_files.links"].args == ("links",)
    assert entries["org_files.links"].schedule.run_every.total_seconds() == 60
