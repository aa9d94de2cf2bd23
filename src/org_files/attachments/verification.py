"""Verification of attachments: live files of objects that are gone.

A process that ends between the commit of a deletion and the change of the files leaves them so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from org_files import get_file_model
from org_files.db.keys import parse_pk
from org_files.db.reports import Refusal, RepairRefused, Report
from org_files.db.rows import all_rows, hidden_row_models, row_security
from org_files.files import trash_files
from org_files.labels import Label, OnDelete, all_labels
from org_files.models import live

#: Objects that are looked up by one statement.
BATCH_SIZE = 500

#: A repair of more objects needs their exact number from the operator.
GONE_ALLOWED = 20
GONE_ALLOWED_SHARE = 0.05


@dataclass(frozen=True)
class GoneFinding:
    """An object that is gone, and the number of its files that are not in the trash."""

    resource: str
    resource_id: str
    files: int
    repaired: bool = False

    def __str__(self) -> str:
        text = f"{self.resource} {self.resource_id} is gone, and has {self.files} files"
        return f"{text}{' (moved to the trash)' if self.repaired else ''}"


def verify_attachments(*, repair: bool = False, allow_gone: int | None = None) -> Report:
    """Look for objects that are gone and have files which are neither in the trash nor expired.

    These are objects of models whose ``Attachments`` move files to the trash, or remove them, when
    an object is deleted. ``repair`` moves the files to the trash. ``allow_gone`` is the exact
    number of objects if they are many. Raises ``RepairRefused``, with nothing changed, if rows may
    exist that are not seen here, or for that number.
    """
    gone, checked = _survey()
    refusals = _too_many(gone, checked, allow_gone)
    if repair and (hidden := row_security("attachments", attachment_models())):
        refusals = [*hidden, *refusals]
    if repair and refusals:
        raise RepairRefused(refusals)
    report = Report(checked={"objects": checked})
    for label, keys in gone.items():
        for start in range(0, len(keys), BATCH_SIZE):
            batch = keys[start : start + BATCH_SIZE]
            report.findings.extend(_findings(label, batch, repair=repair))
    report.warnings.extend(refusal.message for refusal in refusals)
    return report


def attachment_refusals(allow_gone: int | None) -> list[Refusal]:
    """Return why a repair must not move the files of so many objects, without one."""
    return _too_many(*_survey(), allow_gone)


def attachment_models() -> list[Any]:
    """Return the models whose rows the verification reads."""
    return [get_file_model(), *dict.fromkeys(label.model for label in _labels())]


def _labels() -> list[Label]:
    return [label for label in all_labels() if label.on_delete is not OnDelete.KEEP]


def _survey() -> tuple[dict[Label, list[str]], int]:
    """Return the keys of objects that are gone and have live files, and the number of objects."""
    gone: dict[Label, list[str]] = defaultdict(list)
    checked = 0
    for label in _labels():
        if hidden_row_models([label.model], all_rows(label.model).db):
            continue
        for keys in _batches(label):
            checked += len(keys)
            if absent := _absent(label, keys):
                named = _files(label, absent).values_list("resource", "resource_id").distinct()
                # Exactly: databases may ignore the case of texts.
                gone[label] += sorted({key for text, key in named if text == label.text} & absent)
    return gone, checked


def _batches(label: Label) -> Iterator[list[str]]:
    """Yield the keys that files with a label name, as the index has them, up to a batch at once."""
    files = all_rows(get_file_model()).filter(resource=label.text).order_by("resource_id")
    keys = files.values_list("resource_id", flat=True).distinct()
    last = ""
    # With one bound: SQLite would begin at the lower of two.
    while batch := list(keys.filter(resource_id__gt=last)[:BATCH_SIZE]):
        yield batch
        last = batch[-1]


def _absent(label: Label, keys: Collection[str]) -> set[str]:
    """Return those of ``keys`` that no object has. A text that is no key never named one."""
    parsed = {key: pk for key in keys if (pk := parse_pk(label.model, key)) is not None}
    rows = all_rows(label.model).filter(pk__in=parsed.values())
    return parsed.keys() - set(map(str, rows.values_list("pk", flat=True)))


def _files(label: Label, keys: Collection[str]) -> QuerySet[Any]:
    files = all_rows(get_file_model()).filter(resource=label.text, resource_id__in=keys)
    return files.filter(live())


def _findings(label: Label, keys: Collection[str], *, repair: bool) -> Iterator[GoneFinding]:
    """Yield what there is of objects that are gone, and move their files to the trash."""
    # Asked again: a deletion that has just been committed ends by itself.
    files, found = _files(label, absent := _absent(label, keys)), defaultdict(list)
    for pk, text, key in files.values_list("pk", "resource", "resource_id"):
        if text == label.text and key in absent:
            found[key].append(pk)
    pks = [pk for each in found.values() for pk in each]
    for start in range(0, len(pks) if repair else 0, BATCH_SIZE):
        trash_files(files=files.filter(pk__in=pks[start : start + BATCH_SIZE]), among=files)
    for key, each in found.items():
        yield GoneFinding(label.text, key, len(each), repair)


def _too_many(gone: dict[Label, list[str]], checked: int, allowed: int | None) -> list[Refusal]:
    count = sum(map(len, gone.values()))
    if count <= max(GONE_ALLOWED, GONE_ALLOWED_SHARE * checked) or count == allowed:
        return []
    message = (
        f"{count} of {checked} objects with files are not in this database. If all of them were "
        f"deleted, and their files are to be moved to the trash, add --allow-gone {count}."
    )
    return [Refusal("attachments", "too_many_gone", message)]
