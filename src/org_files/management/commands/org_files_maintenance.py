"""``manage.py org_files_maintenance [job ...]``: run maintenance jobs."""

import json
import sys
import traceback
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from org_files.events.masking import MAX_TRACEBACK, mask
from org_files.maintenance import JOBS, run_job


class Command(BaseCommand):
    """Runs maintenance jobs."""

    help = "Run maintenance jobs, all of them unless some are named. Safe at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jobs", nargs="*", metavar="job", help=f"of {', '.join(JOBS)}")
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")
        parser.add_argument("--json", action="store_true", dest="as_json", help="report as JSON")

    def handle(
        self, *args: Any, jobs: list[str], dry_run: bool, as_json: bool, **options: Any
    ) -> None:
        unknown = [job for job in jobs if job not in JOBS]
        if unknown:
            raise CommandError(f"No such job: {', '.join(unknown)}. There are: {', '.join(JOBS)}.")
        tells_progress = options["verbosity"] > 1 and not as_json
        report: dict[str, dict[str, Any]] = {}
        for job in jobs or JOBS:
            done = 0

            def progress(rows: int, job: str = job) -> None:
                nonlocal done
                done += rows
                if tells_progress:
                    self.stdout.write(f"{job}: {done} so far")

            try:
                report[job] = dict(run_job(job, progress=progress, dry_run=dry_run))
            except Exception as error:  # noqa: BLE001, the other jobs do not depend on it
                report[job] = {"error": mask(f"{type(error).__name__}: {error}")}
                self.stderr.write(mask(traceback.format_exc(), MAX_TRACEBACK))
                _close_broken_connections()
            if not as_json:
                self._write(job, report[job], dry_run=dry_run)
        if as_json:
            self.stdout.write(json.dumps(report))
        if any("error" in counted for counted in report.values()):
            sys.exit(1)

    def _write(self, job: str, counted: dict[str, Any], *, dry_run: bool) -> None:
        if "error" in counted:
            self.stdout.write(self.style.ERROR(f"{job}: error: {counted['error']}"))
            return
        listed = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counted.items())
        would = "there would be " if dry_run else ""
        self.stdout.write(self.style.SUCCESS(f"{job}: {would}{listed}"))


def _close_broken_connections() -> None:
    """Close connections that the database has ended, so that the next job opens others."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
