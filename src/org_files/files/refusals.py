"""Reasons against a repair: rows may exist that this connection does not see."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.files.storage import Storage

from org_files.exceptions import Refusal
from org_files.storage.owners import describe, other_writers, owner_of, this_owner

ADOPT = "If every blob in it belongs to this database, run org_files_verify --adopt-store."


def ownership(storage: Storage, label: str, *, has_blobs: bool) -> Iterator[Refusal]:
    """Yield reasons to believe that blobs in ``storage`` belong to another database.

    ``label`` begins the sentences.
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
