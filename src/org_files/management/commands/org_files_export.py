"""``manage.py org_files_export FOLDER``: write files as a tree of folders with a manifest."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from org_files import get_file_model, get_organization_model
from org_files.db.rows import all_rows, row_security
from org_files.exceptions import StorageUnavailable
from org_files.files.exporting import MANIFEST, Export, Exported, ExportRefused
from org_files.management.progress import Progress


class Command(BaseCommand):
    """Exports."""

    help = (
        "Write files that are neither in the trash nor expired to a folder, by organization and by "
        f"the object that they belong to, and their rows to {MANIFEST}. It can be ended and run "
        "again: what is there with its SHA-256 is not written again. Exit status 1 when bytes are "
        "missing or damaged. No download is counted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a new folder, or one of an earlier export")
        parser.add_argument(
            "--organization",
            dest="organizations",
            action="append",
            default=[],
            metavar="ID",
            help="only files of this organization; may be given several times",
        )
        parser.add_argument(
            "--model",
            dest="models",
            action="append",
            default=[],
            metavar="LABEL",
            help="only files of objects of this model, such as shop.Product; likewise",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="report as JSON")

    def handle(
        self,
        *args: Any,
        folder: Path,
        organizations: list[str],
        models: list[str],
        as_json: bool,
        **options: Any,
    ) -> None:
        for pk in organizations:
            _require_organization(pk)
        for refusal in row_security("files", [get_file_model(), get_organization_model()]):
            self.stderr.write(self.style.WARNING(refusal.message))
        labels = [_label_of(model) for model in models]
        export = Export(folder, organizations=organizations, labels=labels)
        progress = Progress(sys.stderr, "Exported", export.count())
        try:
            report = export.run(on_file=progress.add)
        except ExportRefused as error:
            raise CommandError(str(error)) from error
        except StorageUnavailable as error:
            raise CommandError(f"{error.message} Run this again later.") from error
        except OSError as error:
            raise CommandError(f"{error}. Run this again later.") from error
        finally:
            progress.close()
        if as_json:
            self.stdout.write(json.dumps(report.as_json()))
        else:
            self._write(report)
        if report.damaged:
            sys.exit(1)

    def _write(self, report: Exported) -> None:
        self.stdout.write(
            f"{report.written} written ({report.bytes} bytes), {report.there} were there"
        )
        for public_id in report.damaged:
            self.stdout.write(self.style.ERROR(f"{public_id}: missing or damaged, not written"))


def _require_organization(pk: str) -> None:
    try:
        exists = all_rows(get_organization_model()).filter(pk=pk).exists()
    except (ValueError, ValidationError):
        exists = False
    if not exists:
        raise CommandError(f"There is no organization {pk}.")


def _label_of(model: str) -> str:
    try:
        return str(apps.get_model(model)._meta.concrete_model._meta.label_lower)
    except (LookupError, ValueError) as error:
        raise CommandError(f"There is no model {model}.") from error
