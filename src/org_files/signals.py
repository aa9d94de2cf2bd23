"""Signals of the package. The sender is the site's file model, or ``ShareLink`` for those of links.

Like Django's signals of models they take the label of a model as sender, so a receiver can be
connected before models are loaded: ``sender=settings.ORG_FILES_FILE_MODEL``. Signals are sent
after commit, so a receiver can neither see what is rolled back nor roll it back itself; an
exception in a receiver is logged and does not reach the caller.
"""

from __future__ import annotations

from django.db.models.signals import ModelSignal

__all__ = [
    "file_changed",
    "file_deleted",
    "file_downloaded",
    "file_restored",
    "file_stored",
    "file_trashed",
    "link_created",
    "link_revoked",
    "link_used",
]

#: A file was stored. Arguments: ``file`` (the instance), ``user`` (its owner, or ``None``).
file_stored = ModelSignal()

#: A download was granted and recorded. Arguments: ``file`` (the instance), ``download`` (the
#: ledger's row), ``user`` (or ``None`` for a share link). Where the store then fails to give the
#: bytes, the row is taken back, and no signal says so.
file_downloaded = ModelSignal()

#: Columns of a file were changed. Arguments: ``file``, ``changed`` (the names of the columns).
file_changed = ModelSignal()

#: A file was moved to the trash. Arguments: ``file``.
file_trashed = ModelSignal()

#: A file was taken out of the trash. Arguments: ``file``.
file_restored = ModelSignal()

#: A file was removed for good, by whoever: its row is gone, its bytes go. Arguments: ``file`` (as
#: it was; its key is still set).
file_deleted = ModelSignal()

#: A share link was made. Arguments: ``link`` (the instance), ``user`` (who made it).
link_created = ModelSignal()

#: A download through a share link was granted and recorded; ``file_downloaded`` says so, too.
#: Arguments: ``link``, ``download`` (the ledger's row, or ``None`` for one height of a picture).
link_used = ModelSignal()

#: A share link was revoked. Arguments: ``link``.
link_revoked = ModelSignal()
