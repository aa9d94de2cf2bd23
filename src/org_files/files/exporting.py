"""Export: files as a tree of folders, with a manifest of their rows."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.files import locks
from django.db.models import Q

from org_files import get_file_model, get_organization_model
from org_files.db.rows import all_rows, is_moved
from org_files.exceptions import ContentUnavailable
from org_files.files.content import BLOCK_SIZE
from org_files.files.removal import batches
from org_files.files.tree import Tree
from org_files.models import AbstractFile, live
from org_files.storage import storage_of
from org_files.storage.blobs import open_blob
from org_files.storage.disk import sync_folders
from org_files.storage.known import site_folders

#: One file in each line.
MANIFEST = "manifest.jsonl"

#: The manifest and the file that are being written.
PARTIAL_MANIFEST = f"{MANIFEST}.part"
PARTIAL_FILE = ".org_files_export.part"


class ExportRefused(Exception):
    """A folder that an export must not write to; says why."""


@dataclass
class Exported:
    """Numbers of files, and the ids of those whose bytes are missing or damaged."""

    written: int = 0
    #: Bytes of these.
    bytes: int = 0
    #: Those that an earlier run has written.
    there: int = 0
    damaged: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


class Export:
    """Writes files that are neither in the trash nor expired to a folder, in any number of runs.

    ``organizations`` are primary keys, and ``labels`` those of models whose objects have the files;
    both are all by default. A run writes what is not there with its very bytes.
    """

    def __init__(
        self, folder: Path, *, organizations: Collection[Any] = (), labels: Collection[str] = ()
    ) -> None:
        self.folder = folder.resolve()
        self.report = Exported()
        condition = Q(organization__in=organizations) if organizations else Q()
        of_models = Q()
        for label in labels:
            # Each of several ``Attachments`` of a model has a label that begins with its own.
            of_models |= Q(resource=label) | Q(resource__startswith=f"{label}.")
        self._files = all_rows(get_file_model()).filter(live(), condition, of_models)

    def count(self) -> int:
        """Return the number of files that ``run`` looks at."""
        return self._files.count()

    def run(self, *, on_file: Callable[[], None] = lambda: None) -> Exported:
        """Write the files, and then the manifest; ``on_file`` is called after each file.

        Raises ``ExportRefused`` for a folder with something else in it, ``StorageUnavailable``
        where a store does not answer, and ``OSError`` where the folder takes nothing.
        """
        self._prepare()
        partial = self.folder / PARTIAL_MANIFEST
        with partial.open("a", encoding="utf-8") as manifest:
            if not locks.lock(manifest, locks.LOCK_EX | locks.LOCK_NB):
                raise ExportRefused(f"Another export writes to {self.folder}.")
            manifest.truncate(0)
            for path, file, organization in self._placed():
                if digest := self._export(file, self.folder / path):
                    manifest.write(_entry(file, path, digest, organization))
                on_file()
            manifest.flush()
            os.fsync(manifest.fileno())
        partial.replace(self.folder / MANIFEST)
        sync_folders(self.folder / MANIFEST, self.folder.parent)
        return self.report

    def _prepare(self) -> None:
        """Create the folder.

        Raises ``ExportRefused`` for one within a storage, and if it has files but no manifest.
        """
        for folder in site_folders():
            if self.folder.is_relative_to(folder):
                where = f"{folder}, a folder of the site's files"
                raise ExportRefused(f"{self.folder} is within {where}.")
        self.folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in self.folder.iterdir()}
        if names and not names & {MANIFEST, PARTIAL_MANIFEST}:
            raise ExportRefused(f"{self.folder} is not empty, and has no export.")

    def _placed(self) -> Iterator[tuple[PurePosixPath, AbstractFile, Any]]:
        """Yield each file with its path, which depends on names and the order of keys.

        The third value is its organization, ``None`` where this connection does not see it.
        """
        folders, root = Tree(), PurePosixPath()
        for name in (MANIFEST, PARTIAL_MANIFEST, PARTIAL_FILE):
            folders.folder(root, name, name)
        pks = self._files.order_by("organization_id").values_list("organization_id", flat=True)
        pks = pks.distinct()
        organizations = all_rows(get_organization_model()).in_bulk(list(pks))
        for pk in pks:
            tree, organization = Tree(), organizations.get(pk)
            top = folders.folder(root, str(organization or pk), pk)
            files = self._files.filter(organization=pk).select_related("owner")
            for file in chain.from_iterable(batches(files)):
                folder = top
                for step in filter(None, (file.resource, file.resource_id)):
                    folder = tree.folder(folder, step, step)
                yield tree.file(folder, file.name, file.public_id), file, organization

    def _export(self, file: AbstractFile, target: Path) -> str:
        """Have ``target`` keep the bytes of a file; return their SHA-256, empty if it does not."""
        if file.sha256 and _digest_of(target, file.size) == file.sha256:
            self.report.there += 1
            return file.sha256
        try:
            digest = self._write(file, target)
        except ContentUnavailable:
            try:
                if is_moved(file):
                    return self._export(file, target)
            except ObjectDoesNotExist:
                # It was removed meanwhile.
                return ""
            self.report.damaged.append(str(file.public_id))
            return ""
        self.report.written += 1
        self.report.bytes += file.size
        return digest

    def _write(self, file: AbstractFile, target: Path) -> str:
        """Write a file under another name, and rename it once it is on the disk."""
        # A link that somebody has put there may lead out.
        if not target.parent.resolve().is_relative_to(self.folder):
            raise ExportRefused(f"{target.parent} is outside of {self.folder}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, partial = hashlib.sha256(), self.folder / PARTIAL_FILE
        with (
            open_blob(storage_of(file), file.content.name or "", file.size) as content,
            partial.open("wb") as written,
        ):
            while block := content.read(BLOCK_SIZE):
                digest.update(block)
                written.write(block)
            written.flush()
            os.fsync(written.fileno())
        if file.sha256 not in ("", digest.hexdigest()):
            partial.unlink()
            raise ContentUnavailable
        partial.replace(target)
        sync_folders(target, self.folder)
        return digest.hexdigest()


def _digest_of(path: Path, size: int) -> str:
    """Return the SHA-256 of a file, empty if there is no regular one of that size."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            return ""
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _entry(file: AbstractFile, path: PurePosixPath, sha256: str, organization: Any) -> str:
    """Return the line of a file in the manifest."""
    owner = file.owner
    values = {
        "id": file.public_id,
        "name": file.name,
        "path": path,
        "size": file.size,
        "sha256": sha256,
        "content_type": file.content_type,
        "organization": {"id": file.organization_id, "name": organization and str(organization)},
        "owner": owner and {"id": owner.pk, "name": owner.get_username()},
        "resource": file.resource,
        "resource_id": file.resource_id,
        "comment": file.comment,
        "is_public": file.is_public,
    }
    for name in ("created_at", "updated_at", "expires_at"):
        moment = getattr(file, name)
        values[name] = moment and moment.astimezone(UTC).isoformat()
    return json.dumps(values, ensure_ascii=False, default=str) + "\n"
