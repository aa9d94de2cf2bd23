"""Reasons against a repair: rows may exist that this connection does not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.files.storage import Storage
from django.db import router
from django.db.models import Model

from org_files.blobs.owners import describe, other_writers, owner_of, this_owner
from org_files.rows import hidden_row_models

__all__ = ["Refusal", "RepairRefused", "ownership", "row_security"]

ADOPT = "If every blob in it belongs to this database, run org_files_verify --adopt-store."


@dataclass(frozen=True)
class Refusal:
    """One reason why a repair is refused.

    ``code`` is ``no_owner``, ``other_owner``, ``other_writers``, ``too_many_orphans`` or
    ``row_security``; ``check`` is the check that must not repair; ``message`` is one sentence.
    """

    check: str
    code: str
    message: str


class RepairRefused(Exception):
    """A repair that was refused, and changed nothing, for the reasons in ``refusals``."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("\n".join(dict.fromkeys(refusal.message for refusal in refusals)))
        self.refusals = refusals


def row_security(check: str, models: Iterable[type[Model]]) -> list[Refusal]:
    """Return why ``check``, which reads ``models``, must not repair under row-level security."""
    tables: set[str] = set()
    for model in models:
        # A row of a model that inherits from another one has a part in each of their tables.
        family = [model, *model._meta.get_parent_list()]
        hidden = hidden_row_models(family, router.db_for_write(model))
        tables.update(each._meta.db_table for each in hidden)
    if not tables:
        return []
    message = (
        f"Row-level security may hide rows of {', '.join(sorted(tables))} from this database "
        "role: run org_files_verify as a role that sees every row, such as one with BYPASSRLS."
    )
    return [Refusal(check, "row_security", message)]


def ownership(storage: Storage, label: str, *, has_blobs: bool) -> Iterator[Refusal]:
    """Yield why blobs in ``storage`` may belong to another database.

    ``label`` is how the sentence begins.
    """
    try:
        owner, writers = owner_of(storage), other_writers(storage)
    except NotImplementedError:
        # Nothing is removed from a storage that cannot be listed.
        return
    if owner is None and has_blobs:
        message = f"{label} has blobs and no owner: another site may have written them."
        yield Refusal("files", "no_owner", f"{message} {ADOPT}")
    elif owner is not None and owner != this_owner():
        message = f"{label} belongs to {describe(owner)}; this is {describe(this_owner())}."
        yield Refusal("files", "other_owner", f"{message} {ADOPT}")
    if writers:
        named = "; ".join(map(describe, writers))
        message = f"{label} has blobs of others, whose rows cannot be seen here: {named}."
        yield Refusal("files", "other_writers", f"{message} {ADOPT}")
