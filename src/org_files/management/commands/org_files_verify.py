"""``manage.py org_files_verify``: does everything agree? Exit status 1 when something does not."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from org_files import counters
from org_files.exceptions import StorageUnavailable
from org_files.files.verification import verify_store, verify_usage
from org_files.links.verification import verify_links

__all__ = ["Command"]

CHECKS: dict[str, Callable[..., Any]] = {
    "counters": counters.verify,
    "usage": verify_usage,
    "links": verify_links,
    "files": verify_store,
}


class Command(BaseCommand):
    """Verifies, and repairs when asked to."""

    help = (
        "Compare download totals and those of share links with the ledger, what organizations use "
        "with their files, and files with the store. Exit status 1 when something differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--only``, ``--repair`` and ``--json``."""
        parser.add_argument("--only", choices=sorted(CHECKS), help="verify this alone")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="recount what differs, remove bytes without a file",
        )
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(
        self, *args: Any, only: str | None, repair: bool, json: bool, **options: Any
    ) -> None:
        """Verify, report, and exit with 1 on a finding, repaired or not."""
        names = [only] if only else list(CHECKS)
        try:
            reports = {name: CHECKS[name](repair=repair) for name in names}
        except StorageUnavailable as error:
            raise CommandError(error.message) from error
        if json:
            self.stdout.write(_as_json(reports))
        else:
            for name, report in reports.items():
                self._write(name, report)
        if any(report.findings for report in reports.values()):
            sys.exit(1)

    def _write(self, name: str, report: Any) -> None:
        checked = ", ".join(f"{count} {kind}" for kind, count in report.checked.items())
        for warning in report.warnings:
            self.stdout.write(self.style.WARNING(warning))
        for finding in report.findings:
            self.stdout.write(self.style.ERROR(str(finding)))
        if not report.findings:
            self.stdout.write(self.style.SUCCESS(f"{name}: {checked} verified"))
        else:
            self.stdout.write(f"{name}: {len(report.findings)} findings in {checked}")


def _as_json(reports: dict[str, Any]) -> str:
    return json.dumps({name: report.as_json() for name, report in reports.items()})
