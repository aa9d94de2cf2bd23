"""``manage.py org_files_maintenance [job ...]``: what is to be done now and then."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from org_files.maintenance import JOBS, run_job

__all__ = ["Command"]


class Command(BaseCommand):
    """Runs maintenance jobs."""

    help = "Run maintenance jobs, all of them unless some are named. Safe at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take names of jobs, ``--dry-run`` and ``--json``."""
        parser.add_argument("jobs", nargs="*", metavar="job", help=f"of {', '.join(JOBS)}")
        parser.add_argument(
            "--dry-run", action="store_true", help="count what there is to do, and do nothing"
        )
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *args: Any, jobs: list[str], **options: Any) -> None:
        """Run the jobs and report what they counted."""
        unknown = [job for job in jobs if job not in JOBS]
        if unknown:
            raise CommandError(f"No such job: {', '.join(unknown)}. There are: {', '.join(JOBS)}.")
        report = {}
        for job in jobs or JOBS:
            done = 0

            def progress(rows: int, job: str = job) -> None:
                nonlocal done
                done += rows
                if not options["json"] and options["verbosity"] > 1:
                    self.stdout.write(f"{job}: {done} so far")

            report[job] = run_job(job, progress=progress, dry_run=options["dry_run"])
            if not options["json"]:
                counted = ", ".join(
                    f"{count} {name.replace('_', ' ')}" for name, count in report[job].items()
                )
                would = "there would be " if options["dry_run"] else ""
                self.stdout.write(self.style.SUCCESS(f"{job}: {would}{counted}"))
        if options["json"]:
            self.stdout.write(json.dumps(report))
