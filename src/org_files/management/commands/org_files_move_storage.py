"""``manage.py org_files_move_storage``: move bytes to another storage while the site serves."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from org_files import conf
from org_files.db.reports import RepairRefused
from org_files.db.rows import row_security
from org_files.exceptions import StorageFull, StorageUnavailable
from org_files.files.moving import Move, storages_of_files
from org_files.management.progress import Progress
from org_files.storage import UnusableStorage, named_storage, registered_bytes

#: Seconds after the last move before old bytes are removed: a signed URL of them works as long.
GRACE = 60


class Command(BaseCommand):
    """Moves, and removes the old bytes with ``--delete``."""

    help = (
        "Copy the bytes of files, smaller pictures and avatars to another storage of STORAGES, "
        "under the same keys, compare the SHA-256 of each copy, and have the row name the new "
        "storage. It can be ended and run again. Exit status 1 when bytes are missing or damaged; "
        "these stay where they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, metavar="ALIAS", help="the new storage")
        parser.add_argument(
            "--from",
            dest="source",
            metavar="ALIAS",
            help="the old storage; by default each one that has original files. Needed where "
            "a function chooses the storage of an organization",
        )
        parser.add_argument(
            "--delete",
            action="store_true",
            help="then remove each blob from the old storage that the new one has intact",
        )
        parser.add_argument(
            "--grace",
            type=int,
            default=GRACE,
            metavar="SECONDS",
            help="with --delete: wait so long after the last move, for downloads that have begun "
            "(default %(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="count what would be copied")

    def handle(
        self, *args: Any, to: str, source: str | None, delete: bool, dry_run: bool, **options: Any
    ) -> None:
        if source is None and conf.has_storages_by_organization():
            raise CommandError(
                "Organizations have storages of their own; --from names the old one."
            )
        sources = [source] if source else storages_of_files()
        for alias in (to, *sources):
            if isinstance(unusable := named_storage(alias), UnusableStorage):
                raise CommandError(str(unusable.error))
        move = Move(sources, to, dry_run=dry_run)
        if source and not move.sources:
            raise CommandError("Both are the same storage; --from names the old one.")
        models = [stored.rows().model for stored in registered_bytes()]
        if hidden := row_security("files", models):
            raise CommandError("\n".join(refusal.message for refusal in hidden))
        progress = Progress(sys.stderr, "Moved", move.count())
        try:
            if refusals := move.refusals():
                # Before all is copied, while org_files_verify --adopt-store knows the old storage.
                if delete:
                    raise RepairRefused(refusals)
                for refusal in refusals:
                    self.stdout.write(self.style.WARNING(refusal.message))
            moved = move.run(on_blob=progress.add)
            if delete and not dry_run:
                if moved.copied or moved.there:
                    self.stdout.write(f"Waiting {options['grace']} s for downloads under way.")
                    time.sleep(options["grace"])
                move.delete()
        except RepairRefused as error:
            raise CommandError(f"Nothing was removed.\n{error}") from error
        except NotImplementedError as error:
            raise CommandError("The old storage cannot be listed: nothing was removed.") from error
        except (StorageFull, StorageUnavailable) as error:
            raise CommandError(f"{error.message} Run this again later.") from error
        finally:
            progress.close()
        verb = "would be copied" if dry_run else "copied and compared"
        self.stdout.write(
            f"{moved.copied} {verb} ({moved.bytes} bytes), {moved.there} were there, "
            f"{moved.deleted} removed from the old storage"
        )
        if moved.unnamed:
            told = f"{moved.unnamed} without a row stay in the old storage"
            self.stdout.write(self.style.WARNING(told))
        for key in moved.damaged:
            self.stdout.write(self.style.ERROR(f"{key}: missing or damaged, not moved"))
        if moved.damaged:
            sys.exit(1)
