"""``manage.py org_files_verify``: does everything agree? Exit status 1 when something does not."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from org_files import counters

__all__ = ["Command"]

CHECKS = {"counters": counters.verify}


class Command(BaseCommand):
    """Verifies, and repairs when asked to."""

    help = "Compare download totals with the ledger. Exit status 1 when something differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--only``, ``--repair`` and ``--json``."""
        parser.add_argument("--only", choices=sorted(CHECKS), help="verify this alone")
        parser.add_argument("--repair", action="store_true", help="recount what differs")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(
        self, *args: Any, only: str | None, repair: bool, json: bool, **options: Any
    ) -> None:
        """Verify, report, and exit with 1 on a finding, repaired or not."""
        names = [only] if only else list(CHECKS)
        reports = {name: CHECKS[name](repair=repair) for name in names}
        if json:
            self.stdout.write(_as_json(reports))
        else:
            for name, report in reports.items():
                self._write(name, report)
        if any(report.findings for report in reports.values()):
            sys.exit(1)

    def _write(self, name: str, report: counters.Report) -> None:
        checked = ", ".join(f"{count} {kind}" for kind, count in report.checked.items())
        for warning in report.warnings:
            self.stdout.write(self.style.WARNING(warning))
        for finding in report.findings:
            self.stdout.write(self.style.ERROR(str(finding)))
        if not report.findings:
            self.stdout.write(self.style.SUCCESS(f"{name}: {checked} agree with the ledger"))
        else:
            self.stdout.write(f"{name}: {len(report.findings)} findings in {checked}")


def _as_json(reports: dict[str, counters.Report]) -> str:
    return json.dumps({name: report.as_json() for name, report in reports.items()})
