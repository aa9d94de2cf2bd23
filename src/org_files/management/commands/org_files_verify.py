"""``manage.py org_files_verify``: compare totals with the ledger, files with storages."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from org_files import counters, get_file_model
from org_files.attachments.verification import (
    attachment_models,
    attachment_refusals,
    verify_attachments,
)
from org_files.counters.verification import counted_models
from org_files.db.reports import Refusal, RepairRefused, Report
from org_files.db.rows import row_security
from org_files.exceptions import StorageUnavailable
from org_files.files.quotas import verify_usage
from org_files.files.verification import store_refusals, verify_store
from org_files.links.verification import verify_links
from org_files.management.progress import Progress
from org_files.models import Download, ShareLink, Upload, Usage
from org_files.storage import registered_bytes
from org_files.storage.blobs import storage_errors
from org_files.storage.known import registered_storages
from org_files.storage.owners import adopt_store, describe

CHECKS: dict[str, Callable[..., Report]] = {
    "counters": counters.verify,
    "usage": verify_usage,
    "links": verify_links,
    "attachments": verify_attachments,
    "files": verify_store,
}


class Command(BaseCommand):
    """Verifies, and repairs with ``--repair``."""

    help = (
        "Compare download totals and those of share links with the ledger, what organizations use "
        "with their files, files with the objects that they are attached to, and files, smaller "
        "pictures and avatars with their storages. Exit status 1 when something differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=sorted(CHECKS), help="verify only this")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="recount what differs, remove bytes without a file, move files of objects that "
            "are gone to the trash; refused where rows may exist that this connection does not see",
        )
        parser.add_argument(
            "--deep", action="store_true", help="read every blob and compare its SHA-256 too"
        )
        parser.add_argument(
            "--allow-orphans",
            type=int,
            metavar="N",
            help="with --repair: remove exactly N blobs without a row, where these are more than "
            "20 and more than 5 %% of all",
        )
        parser.add_argument(
            "--allow-gone",
            type=int,
            metavar="N",
            help="with --repair: move the files of exactly N objects that are gone to the trash, "
            "where these are more than 20 and more than 5 %% of all",
        )
        parser.add_argument(
            "--adopt-store",
            action="store_true",
            help="declare that every blob in the storages belongs to this database. A later "
            "--repair removes each one older than 24 hours that no row of this database names, "
            "those of another site included. Without --repair nothing else is done",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="report as JSON")

    def handle(
        self, *args: Any, only: str | None, repair: bool, as_json: bool, **options: Any
    ) -> None:
        deep, allow_orphans = options["deep"], options["allow_orphans"]
        verifies = repair or not options["adopt_store"]
        checks_files = verifies and only in (None, "files")
        if deep and not checks_files:
            raise CommandError("--deep has no effect without the check of files.")
        if allow_orphans is not None and not (checks_files and repair):
            raise CommandError("--allow-orphans has no effect without a --repair of files.")
        allow_gone = options["allow_gone"]
        if allow_gone is not None and not (repair and only in (None, "attachments")):
            raise CommandError("--allow-gone has no effect without a --repair of attachments.")
        document: dict[str, Any] = {}
        reports: dict[str, Report] = {}
        try:
            if options["adopt_store"]:
                # A role that does not see every row cannot say which blobs have one.
                if refused := _hidden_rows("files"):
                    raise RepairRefused(refused)
                document["adopted"] = list(self._adopt(as_json=as_json))
            if verifies:
                names = [only] if only else list(CHECKS)
                of_files = {"deep": deep, "allow_orphans": allow_orphans}
                reports = _verify(names, of_files, repair=repair, allow_gone=allow_gone)
        except StorageUnavailable as error:
            raise CommandError(error.message) from error
        except RepairRefused as error:
            if as_json:
                document["refusals"] = [asdict(refusal) for refusal in error.refusals]
                self.stdout.write(json.dumps(document))
            raise CommandError(f"Nothing was repaired.\n{error}") from error
        for name, report in reports.items():
            document[name] = report.as_json()
            if not as_json:
                self._write(name, report)
        if as_json:
            self.stdout.write(json.dumps(document))
        if any(report.findings for report in reports.values()):
            sys.exit(1)

    def _adopt(self, *, as_json: bool) -> Iterator[dict[str, Any]]:
        """Make this database the owner of every storage; yield each, with its owners before."""
        for known in registered_storages():
            with storage_errors():
                before = adopt_store(known.storage)
            if not as_json:
                others = f", before to {'; '.join(map(describe, before))}" if before else ""
                self.stdout.write(f"{known} now belongs to this database{others}.")
            yield {"storage_of": known.names, "aliases": known.aliases, "before": before}

    def _write(self, name: str, report: Report) -> None:
        checked = ", ".join(f"{count} {kind}" for kind, count in report.checked.items())
        for warning in report.warnings:
            self.stdout.write(self.style.WARNING(warning))
        for finding in report.findings:
            self.stdout.write(self.style.ERROR(str(finding)))
        if not report.findings:
            self.stdout.write(self.style.SUCCESS(f"{name}: {checked} verified"))
        else:
            self.stdout.write(f"{name}: {len(report.findings)} findings in {checked}")


def _hidden_rows(check: str) -> list[Refusal]:
    """Return why ``check`` must not repair: row-level security of the models that it reads."""
    file = get_file_model()
    models: dict[str, Sequence[type[Model]]] = {
        "counters": counted_models(),
        "usage": [file, Upload, Usage],
        "links": [file, ShareLink, Download],
        "attachments": attachment_models(),
        "files": [stored.rows().model for stored in registered_bytes()],
    }
    return row_security(check, models[check])


def _verify(
    names: Sequence[str], of_files: dict[str, Any], *, repair: bool, allow_gone: int | None
) -> dict[str, Report]:
    """Return the report of each check. Raises ``RepairRefused`` before any of them repairs."""
    refusals = [refusal for name in names for refusal in _hidden_rows(name)]
    # Before every blob is read.
    if repair and "files" in names:
        refusals.extend(store_refusals())
    if repair and "attachments" in names:
        refusals.extend(attachment_refusals(allow_gone))
    if repair and refusals:
        raise RepairRefused(refusals)
    reports = {}
    # The storages first: only this check can refuse a repair after it has begun to compare.
    if "files" in names:
        total = sum(stored.rows().count() for stored in registered_bytes())
        progress = Progress(sys.stderr, "Verified", total)
        try:
            reports["files"] = verify_store(repair=repair, on_blob=progress.add, **of_files)
        finally:
            progress.close()
    for name in names:
        if name != "files":
            own = {"allow_gone": allow_gone} if name == "attachments" else {}
            reports[name] = CHECKS[name](repair=repair, **own)
    for refusal in refusals:
        if refusal.check != "files":
            reports[refusal.check].warnings.append(refusal.message)
    return {name: reports[name] for name in names}
