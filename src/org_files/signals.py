"""Signals of the package.

The sender is the site's file model, ``ShareLink`` for links, or ``Upload`` for upload sessions.

As with Django's signals of models, the sender may be the label of a model, so that a receiver can
be connected before models are loaded: ``sender=settings.ORG_FILES_FILE_MODEL``. Signals are sent
after commit: a receiver sees no changes that are rolled back, and cannot roll them back. An
exception in a receiver is logged and does not reach the caller.
"""

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
    "upload_cancelled",
    "upload_completed",
    "upload_started",
]

#: ``dispatch_uid`` of the package's own receiver of ``file_stored``.
OWN_RECEIVER = "org_files"

#: A file was stored. Arguments: ``file`` (the instance), ``user`` (its owner, or ``None``).
file_stored = ModelSignal()

#: A download was granted and recorded. Arguments: ``file`` (the instance), ``download`` (the
#: ledger's row), ``user`` (or ``None`` for a share link). If the storage then fails to return the
#: bytes, the row is removed without a signal.
file_downloaded = ModelSignal()

#: Columns of a file were changed. Arguments: ``file``, ``changed`` (the names of the columns).
file_changed = ModelSignal()

#: A file was moved to the trash. Arguments: ``file``.
file_trashed = ModelSignal()

#: A file was taken out of the trash. Arguments: ``file``.
file_restored = ModelSignal()

#: A file was removed for good: its row is deleted, its bytes will be. Arguments: ``file`` (the
#: former instance; its key is still set).
file_deleted = ModelSignal()

#: A share link was created. Arguments: ``link`` (the instance), ``user`` (its creator).
link_created = ModelSignal()

#: A download through a share link was granted and recorded; ``file_downloaded`` is sent, too.
#: Arguments: ``link``, ``download`` (the ledger's row, or ``None`` for one height of a picture).
link_used = ModelSignal()

#: A share link was revoked. Arguments: ``link``.
link_revoked = ModelSignal()

#: An upload session was created. Arguments: ``upload`` (the instance), ``user`` (its owner).
upload_started = ModelSignal()

#: An upload session became a file; ``file_stored`` is sent, too. Arguments: ``upload``, ``file``.
upload_completed = ModelSignal()

#: An upload session ended without a file. Arguments: ``upload`` (the former instance), ``reason``
#: (``"cancelled"``, ``"expired"``, or ``"refused"`` for a content that is not accepted).
upload_cancelled = ModelSignal()
