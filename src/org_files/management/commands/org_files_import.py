"""``manage.py org_files_import``: store the files of a site's ``FileField`` as files."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from org_files import get_file_model
from org_files.attachments.columns import Column, Paths
from org_files.attachments.imported import Imported
from org_files.attachments.importing import BATCH_SIZE, Import
from org_files.attachments.paths import ColumnError
from org_files.db.reports import RepairRefused
from org_files.db.rows import row_security
from org_files.exceptions import StorageFull, StorageUnavailable
from org_files.management.progress import Progress

#: Old versions of SQLite take 999 values in one statement.
MAX_BATCH_SIZE = 500

#: Options that take a path, and what it leads to.
PATHS = {
    "organization": "to the organization of the file; by default that of the attachments",
    "owner": "to the user who becomes the owner of the file; by default it has none",
    "object": "to the object that gets the file; by default the row itself",
    "name": "to the name of the file; by default the last part of its old name",
    "comment": "to the comment of the file",
    "created_at": "to the time at which the file was uploaded; by default now",
}


class Command(BaseCommand):
    """Imports, and removes the old files with ``--delete``."""

    help = (
        "Store the files that a FileField of a model names as files of organizations. It can be "
        "ended and run again: each file is stored once. Column and old files stay as they are "
        "without --delete. A PATH is names with dots, such as shop.company. Exit status 1 when "
        "a file was not imported or an old one stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", required=True, metavar="LABEL", help="such as shop.Product")
        parser.add_argument("--field", required=True, metavar="PATH", help="the FileField")
        parser.add_argument("--to", default="", metavar="NAME", help="the StoredFileField to fill")
        for name, text in PATHS.items():
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, default="", metavar="PATH", help=f"the path {text}")
        parser.add_argument("--organization-id", metavar="ID", help="one organization for all")
        parser.add_argument(
            "--resource",
            default="",
            metavar="LABEL",
            help="the label of the attachments; by default that of the object, or none with --to",
        )
        parser.add_argument(
            "--batch-size", type=int, default=BATCH_SIZE, metavar="N", help="rows read at once"
        )
        parser.add_argument(
            "--copy",
            action="store_true",
            help="read and write also where both storages are on one disk, in place of a hard "
            "link: for sites whose programs write into the old files",
        )
        parser.add_argument(
            "--delete",
            action="store_true",
            help="then empty the column and remove each old file that is imported intact and that "
            "no row names",
        )
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")
        parser.add_argument("--json", action="store_true", dest="as_json", help="report as JSON")

    def handle(
        self, *args: Any, delete: bool, dry_run: bool, as_json: bool, **options: Any
    ) -> None:
        if not 1 <= options["batch_size"] <= MAX_BATCH_SIZE:
            raise CommandError(f"--batch-size takes a number from 1 to {MAX_BATCH_SIZE}.")
        try:
            column = self._column(options)
            for refusal in row_security("files", [column.model, get_file_model()]):
                self.stderr.write(self.style.WARNING(refusal.message))
            progress = Progress(sys.stderr, "Imported", column.rows().count())
            run = Import(column, copy=options["copy"], delete=delete, dry_run=dry_run)
            try:
                report = run.run(batch_size=options["batch_size"], on_row=progress.add)
            finally:
                progress.close()
        except ColumnError as error:
            raise CommandError(str(error)) from error
        except RepairRefused as error:
            raise CommandError(f"The old files stay.\n{error}") from error
        except (StorageFull, StorageUnavailable) as error:
            raise CommandError(f"{error.message} Run this again later.") from error
        if as_json:
            self.stdout.write(json.dumps(report.as_json()))
        else:
            self._write(report, dry_run=dry_run)
        if report.problems:
            sys.exit(1)

    def _column(self, options: dict[str, Any]) -> Column:
        try:
            model = apps.get_model(options["model"])
        except (LookupError, ValueError) as error:
            raise ColumnError(f"There is no model {options['model']}.") from error
        return Column(
            model=model,
            path=options["field"],
            to_name=options["to"],
            paths=Paths(**{name: options[name] for name in PATHS}),
            resource=options["resource"],
            organization_pk=options["organization_id"],
        )

    def _write(self, report: Imported, *, dry_run: bool) -> None:
        verb = "would be imported" if dry_run else "imported"
        line = f"{report.imported} {verb} ({report.bytes} bytes), {report.there} were there"
        more = {
            "were removed since": report.removed,
            "replaced": report.replaced,
            "columns emptied": report.emptied,
            "old files removed": report.deleted,
        }
        self.stdout.write(", ".join([line, *(f"{n} {what}" for what, n in more.items() if n)]))
        for problem in report.problems:
            self.stdout.write(self.style.ERROR(str(problem)))
