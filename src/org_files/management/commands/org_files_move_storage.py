"""``manage.py org_files_move_storage``: copy all bytes to another storage while the site serves."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.files.storage import Storage, storages
from django.core.files.storage.handler import InvalidStorageError
from django.core.management.base import BaseCommand, CommandError

from org_files import conf
from org_files.db.rows import row_security
from org_files.exceptions import StorageFull, StorageUnavailable
from org_files.files.moving import move_blobs, moved_rows
from org_files.management.progress import Progress
from org_files.storage import is_same_storage


class Command(BaseCommand):
    """Copies, and removes with ``--delete``."""

    help = (
        "Copy the bytes of all files, smaller pictures and avatars to another storage of STORAGES, "
        "under the same keys, and compare the SHA-256 of each copy. It can be ended and run again. "
        "Exit status 1 when bytes are missing or damaged; these stay where they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, metavar="ALIAS", help="the new storage")
        parser.add_argument(
            "--from",
            dest="source",
            metavar="ALIAS",
            help='the old storage; by default the one that ORG_FILES["STORAGE"] names',
        )
        parser.add_argument(
            "--delete",
            action="store_true",
            help="remove each blob from the old storage when the new one has it intact; only "
            "where the site already uses the new storage",
        )
        parser.add_argument("--dry-run", action="store_true", help="count what would be copied")

    def handle(
        self, *args: Any, to: str, source: str | None, delete: bool, dry_run: bool, **options: Any
    ) -> None:
        old, new = _storage(source or conf.storage_alias()), _storage(to)
        if is_same_storage(old, new):
            raise CommandError("Both are the same storage; --from names the old one.")
        kinds = moved_rows(old, new)
        if delete and not all(is_same_storage(kind.storage(), new) for kind in kinds):
            raise CommandError(
                f'The site still uses the old storage. Set ORG_FILES["STORAGE"] = "{to}", also '
                "RENDITION_STORAGE, restart the site, and run this again with --from."
            )
        if hidden := row_security("files", [kind.rows().model for kind in kinds]):
            raise CommandError("\n".join(refusal.message for refusal in hidden))
        progress = Progress(sys.stderr, "Moved", sum(kind.rows().count() for kind in kinds))
        try:
            moved = move_blobs(old, new, delete=delete, dry_run=dry_run, on_blob=progress.add)
        except (StorageFull, StorageUnavailable) as error:
            raise CommandError(f"{error.message} Run this again later.") from error
        finally:
            progress.close()
        verb = "would be copied" if dry_run else "copied and compared"
        self.stdout.write(
            f"{moved.copied} {verb} ({moved.bytes} bytes), {moved.there} were there, "
            f"{moved.deleted} removed from the old storage"
        )
        for key in moved.damaged:
            self.stdout.write(self.style.ERROR(f"{key}: missing or damaged, not moved"))
        if moved.damaged:
            sys.exit(1)


def _storage(alias: str) -> Storage:
    try:
        return storages[alias]
    except InvalidStorageError as error:
        raise CommandError(str(error)) from error
