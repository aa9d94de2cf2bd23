"""Old files of an imported column: emptied columns, and removed bytes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.db import DatabaseError

from org_files import get_file_model
from org_files.attachments.columns import Column, OldFile, file_fields, real_storage
from org_files.attachments.imported import Imported
from org_files.db.reports import Refusal, RepairRefused
from org_files.db.rows import all_rows, row_security, writing
from org_files.files.damage import digest_of
from org_files.files.verification import ADOPT, ownership_doubts
from org_files.models import AbstractFile, live
from org_files.storage import original_storage, storage_of
from org_files.storage.blobs import discard_blob, storage_errors
from org_files.storage.copying import State, is_gone, state_of
from org_files.storage.disk import is_same_file, sync_blob

#: The prefix of objects that have the names which a run is about to remove.
JOURNAL = ".org_files_import."


@dataclass
class _Compared:
    """The old file of a row, whose bytes an imported file has."""

    row: Any
    file: AbstractFile
    old: OldFile
    #: When its bytes were compared; ``None`` where they are gone already.
    state: State | None


class OldFiles:
    """The files that a column names, most of which an import has stored.

    The column is emptied first, and a file that no row of the site names any more is removed. A
    journal has the names meanwhile, so that the next run goes on if this one is killed between.
    Raises ``RepairRefused`` where rows may exist that are not seen here.
    """

    def __init__(self, column: Column, report: Imported) -> None:
        self.column, self.report = column, report
        self._fields = file_fields()
        models = {field.model for field in self._fields} | {get_file_model()}
        if refusals := [*row_security("files", models), *_unreadable_tables(models)]:
            raise RepairRefused(refusals)
        self._storages: list[Any] = []
        # A field may choose the storage by the row, and have none itself.
        if storage := getattr(column.field, "storage", None):
            self._refuse_others(real_storage(storage))
        self._refuse_others(original_storage(), is_ours=True)
        self._journal = f"{JOURNAL}{column.field.model._meta.label_lower}.{column.field.name}"
        #: Rows whose old file other rows name, by that name.
        self._shared: dict[str, Any] = {}

    def finish(self) -> None:
        """Remove what an earlier run was about to remove when it was killed."""
        storage = original_storage()
        with storage_errors():
            if not storage.exists(self._journal):
                return
            with storage.open(self._journal) as content:
                text = content.read()
        try:
            named = dict(json.loads(text))
        except ValueError:
            # The run was killed while it wrote the journal, before it emptied any column.
            named = {}
        rows = list(all_rows(self.column.model).filter(pk__in=named))
        for row in rows:
            setattr(row, self.column.field.name, named[str(row.pk)])
        self._finish(self._compared(rows))
        discard_blob(storage, self._journal)

    def remove(self, rows: Sequence[Any]) -> None:
        """Empty the column of rows whose file is imported, and remove what no row names then.

        A row stays as it is if the imported file is damaged, or the old one differs from it.
        """
        if found := self._compared(rows):
            with self._written([(str(each.row.pk), each.old.name) for each in found]):
                self._finish(found)

    def report_shared(self) -> None:
        """Report the old files that stay because other rows name them."""
        for name, pk in self._shared.items():
            self.report.add_problem(pk, name, "shared", "Another row names the old file: it stays.")

    def _compared(self, rows: Sequence[Any]) -> list[_Compared]:
        """Return the old files of rows that have an imported file with the same bytes."""
        ids = {self.column.id_of(row): row for row in rows}
        # Read again: only a row that is committed counts.
        files = all_rows(get_file_model()).filter(live(), public_id__in=ids)
        compared = [self._compare(ids[file.public_id], file) for file in files]
        return [each for each in compared if each]

    def _finish(self, found: Sequence[_Compared]) -> None:
        emptied = {each.row.pk for each in found if self.column.empty(each.row, each.file)}
        self.report.emptied += len(emptied)
        named = self._named({each.old.name for each in found})
        for each in found:
            if each.old.name not in named:
                self._delete(each)
                self._shared.pop(each.old.name, None)
            elif each.row.pk in emptied:
                self._shared[each.old.name] = each.row.pk

    def _compare(self, row: Any, file: AbstractFile) -> _Compared | None:
        """Return the old file of a row, ``None`` with a problem in the report if it must stay."""
        old, storage, key = self.column.file_of(row), storage_of(file), file.content.name or ""
        self._refuse_others(old.storage)
        self._refuse_others(storage, is_ours=True)
        with storage_errors():
            state = state_of(old.storage, old.name)
            if not self.column.has_place(row, file):
                problem = (
                    "taken",
                    "The imported file is attached elsewhere: the old one stays.",
                )
            elif digest_of(storage, key) != file.sha256:
                problem = ("damaged", "The imported file is missing or damaged: the old one stays.")
            elif not self._is_same(old, state, file):
                problem = ("changed", "The old file differs from the imported one: it stays.")
            else:
                sync_blob(storage, key)
                return _Compared(row, file, old, state)
        self.report.add_problem(row.pk, old.name, *problem)
        return None

    def _is_same(self, old: OldFile, state: State | None, file: AbstractFile) -> bool:
        """Return whether an old file has the bytes of an imported one, or is gone."""
        if state is None:
            return is_gone(*old)
        # The bytes of one file were compared already.
        is_one = is_same_file(*old, storage_of(file), file.content.name or "")
        return is_one or digest_of(*old) == file.sha256

    def _delete(self, found: _Compared) -> None:
        storage, name = found.old
        with storage_errors():
            state = state_of(storage, name)
            if state is None:
                return
            if state == found.state:
                storage.delete(name)
                self.report.deleted += 1
                return
        message = "The old file has changed meanwhile: it stays, and no row names it."
        self.report.add_problem(found.row.pk, name, "changed", message)

    def _named(self, names: Collection[str]) -> set[str]:
        """Return those of ``names`` that a row of the site names, in whatever storage."""
        found: set[str] = set()
        for field in self._fields:
            rows = all_rows(field.model).filter(**{f"{field.name}__in": names})
            found.update(rows.values_list(field.name, flat=True))
        return found

    @contextmanager
    def _written(self, named: list[tuple[str, str]]) -> Iterator[None]:
        """Keep a journal with keys of rows, and the names of their old files, until all is done."""
        storage = original_storage()
        with storage_errors():
            key = storage.save(self._journal, ContentFile(json.dumps(named).encode()))
            sync_blob(storage, key)
        yield
        discard_blob(storage, key)

    def _refuse_others(self, storage: Any, *, is_ours: bool = False) -> None:
        """Raise ``RepairRefused`` if rows of another database may name files in ``storage``.

        This may be a copy of that database, whose old files another site still has.
        """
        if any(storage is each for each in self._storages):
            return
        with storage_errors():
            refusals = [
                Refusal("files", code, f"A storage {message} {ADOPT}")
                for code, message in ownership_doubts(storage)
                # Only stored files have an owner.
                if is_ours or code != "no_owner"
            ]
        if refusals:
            raise RepairRefused(refusals)
        self._storages.append(storage)


def _unreadable_tables(models: Collection[Any]) -> Iterator[Refusal]:
    """Yield a refusal for each table without migrations that cannot be read."""
    for model in models:
        if model._meta.managed:
            continue
        try:
            with writing(model):
                all_rows(model).exists()
        except DatabaseError:
            message = f"{model._meta.label} may name old files, and its table cannot be read."
            yield Refusal("files", "unreadable_table", message)
