"""Import: the files that a ``FileField`` of the site names become stored files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.core.files import File as Content
from django.db import IntegrityError
from django.utils.translation import gettext as _

from org_files import get_file_model
from org_files.attachments.columns import Column
from org_files.attachments.emptying import OldFiles
from org_files.attachments.imported import Imported
from org_files.db.rows import after_deadlocks, all_rows
from org_files.exceptions import (
    Conflict,
    ContentUnavailable,
    NoOrganization,
    OrgFilesError,
    StorageFull,
    StorageUnavailable,
)
from org_files.files import clean_name, content_type_of, store_file, trash_files
from org_files.files.content import HEAD_SIZE, refuse_type_of_name
from org_files.files.quotas import refuse_early
from org_files.ids import place_of
from org_files.models import AbstractFile, Tombstone, live
from org_files.storage import alias_for, content_key, named_storage
from org_files.storage.blobs import discard_blob, open_blob
from org_files.storage.copying import copy_blob, state_of

BATCH_SIZE = 200


class Import:
    """Stores the files of a column as files of organizations, in any number of runs.

    The public id of each file depends on what it is imported from, so a run finds what earlier
    ones have stored, also if they were killed. A file is stored as a hard link where that is
    possible, unless ``copy`` is set. ``delete`` empties the column and removes the old files, each
    once its new one is safe.
    """

    def __init__(
        self, column: Column, *, copy: bool = False, delete: bool = False, dry_run: bool = False
    ) -> None:
        if delete:
            column.refuse_emptying()
        self.column = column
        self.copy, self.delete, self.dry_run = copy, delete, dry_run
        self.report = Imported()

    def run(
        self, *, batch_size: int = BATCH_SIZE, on_row: Callable[[], None] = lambda: None
    ) -> Imported:
        """Import the files of all rows; ``on_row`` is called after each.

        Raises ``ColumnError`` where a path does not lead to what it should, ``StorageUnavailable``
        and ``StorageFull`` where a store fails, and with ``delete`` ``RepairRefused`` if rows may
        exist that are not seen here. Another run goes on from there.
        """
        old = OldFiles(self.column, self.report) if self.delete and not self.dry_run else None
        if old:
            old.finish()
        for rows in self.column.batches(batch_size):
            files, removed = self._stored(rows)
            for row in rows:
                public_id = self.column.id_of(row)
                if public_id in removed:
                    self.report.removed += 1
                elif public_id in files:
                    self.report.there += 1
                elif file := self._store(row, public_id):
                    files[public_id] = file
                on_row()
            if not self.dry_run:
                self._name(rows, files)
            if old:
                old.remove(rows)
        if old:
            old.report_shared()
        return self.report

    def _stored(self, rows: Sequence[Any]) -> tuple[dict[UUID, AbstractFile], set[UUID]]:
        """Return the imported files of rows by public id, and the ids of those removed since."""
        ids = [self.column.id_of(row) for row in rows]
        files = all_rows(get_file_model()).filter(public_id__in=ids)
        found = {file.public_id: file for file in files.filter(live())}
        removed = set(files.values_list("public_id", flat=True)) - set(found)
        tombstones = all_rows(Tombstone).filter(file_public_id__in=ids)
        return found, removed | set(tombstones.values_list("file_public_id", flat=True))

    def _store(self, row: Any, public_id: UUID) -> AbstractFile | None:
        """Store the file of a row; return it unless there is a problem, which the report has."""
        old = self.column.file_of(row)
        try:
            # Another run may insert the same row on MySQL or MariaDB.
            file, size = after_deadlocks(lambda: self._copy(row, public_id, old), get_file_model())
        except ContentUnavailable:
            problem = ("missing", "There is no such file that can be read.")
        except (StorageUnavailable, StorageFull):
            raise
        except OrgFilesError as error:
            problem = (error.code, error.message)
        except IntegrityError:
            # Another run has stored it, or else a constraint of the site's own file model is why.
            files, removed = self._stored([row])
            if public_id not in removed | files.keys():
                raise
            self.report.there += 1
            return files.get(public_id)
        else:
            self.report.imported += 1
            self.report.bytes += size
            return file
        self.report.add_problem(row.pk, old.name, *problem)
        return None

    def _copy(self, row: Any, public_id: UUID, old: Any) -> tuple[AbstractFile | None, int]:
        """Store the file of a row, bytes first; return it, ``None`` of a dry run, and its size."""
        before = state_of(old.storage, old.name)
        if before is None:
            raise ContentUnavailable
        size, _modified = before
        organization = self.column.organization_of(row)
        if organization is None:
            raise NoOrganization(_("Without an organization there can be no files."))
        named = self.column.resource_of(row)
        values = {"owner": None, "name": old.name} | self.column.values_of(row)
        values["name"] = clean_name(values["name"])
        refuse_type_of_name(values["name"])
        refuse_early(organization.pk, size)
        named.refuse_unfit(size=size)
        named.refuse_full(organization.pk)
        if self.dry_run:
            with open_blob(old.storage, old.name, size) as content:
                content_type = content_type_of(values["name"], content.read(HEAD_SIZE))
            named.refuse_unfit(size=size, content_type=content_type)
            return None, size
        owner_pk = values["owner"] and values["owner"].pk
        key = content_key(SimpleNamespace(organization_id=organization.pk, owner_id=owner_pk), "")
        alias = alias_for(organization)
        storage = named_storage(alias)
        key = copy_blob(old.storage, old.name, size, storage, key, link=not self.copy)
        try:
            if state_of(old.storage, old.name) != before:
                raise Conflict
            with open_blob(storage, key, size) as content:
                file = store_file(
                    organization=organization,
                    upload=_Stored(content, key, alias, size),
                    **named._asdict(),
                    public_id=public_id,
                    **values,
                )
        except (OrgFilesError, IntegrityError):
            # No row names them: the transaction was rolled back, if it began.
            discard_blob(storage, key)
            raise
        return file, size

    def _name(self, rows: Sequence[Any], files: dict[UUID, AbstractFile]) -> None:
        """Have ``to`` of the rows name their files, and trash files that these replace.

        A column that has named another file since an earlier run had that one imported.
        """
        now = {row: files[key] for row in rows if (key := self.column.id_of(row)) in files}
        by_place = {place_of(file.public_id): file for file in now.values()}
        replaced = {
            file.pk
            for file in self._named(now)
            if by_place.get(place_of(file.public_id), file) != file
        }
        if to := self.column.to:
            for row, file in now.items():
                named = getattr(row, to.attname)
                if named is None or named in replaced:
                    self.column.name_file(row, named, file.pk)
                elif named != file.pk:
                    message = f"{to.name} names another file."
                    self.report.add_problem(row.pk, self.column.file_of(row).name, "taken", message)
        if replaced:
            trashed = trash_files(files=all_rows(get_file_model()).filter(live(), pk__in=replaced))
            self.report.replaced += trashed

    def _named(self, rows: Collection[Any]) -> Iterable[AbstractFile]:
        """Return the files that rows name by ``to``, or else those of their objects."""
        files = all_rows(get_file_model())
        if to := self.column.to:
            return files.filter(pk__in=[getattr(row, to.attname) for row in rows])
        named = [resource for row in rows if all(resource := self.column.resource_of(row))]
        labels, keys = {label for label, _key in named}, {key for _label, key in named}
        return files.filter(live(), resource__in=labels, resource_id__in=keys)


class _Stored(Content):  # type: ignore[type-arg]
    """Bytes that are under the key of their new file already."""

    def __init__(self, opened: Any, key: str, alias: str, size: int) -> None:
        super().__init__(opened, name="import.org-files")
        self.stored_key, self.stored_alias, self.size = key, alias, size
