"""Signals of the package. The sender is the site's file model.

Connect with ``sender=get_file_model()``. Signals are sent
after commit, so a receiver can neither see what is rolled back nor roll it back itself; an
exception in a receiver is logged and does not reach the caller.
"""

from __future__ import annotations

from django.dispatch import Signal

__all__ = ["file_downloaded", "file_stored"]

#: A file was stored. Arguments: ``file`` (the instance), ``user`` (its owner, or ``None``).
file_stored = Signal()

#: A download was granted and recorded. Arguments: ``file`` (the instance), ``download`` (the
#: ledger's row), ``user`` (or ``None`` for a share link). Where the store then fails to give the
#: bytes, the row is taken back, and no signal says so.
file_downloaded = Signal()
