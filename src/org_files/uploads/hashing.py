"""Fingerprints of sessions of which this process has seen every byte so far."""

import threading
from collections import OrderedDict
from typing import Any

from org_files.files import Fingerprinter

#: Fingerprints that a process keeps between requests. Others are made again by reading once.
MAX_KEPT = 200

_kept: OrderedDict[Any, Fingerprinter] = OrderedDict()
_lock = threading.Lock()


def take(pk: Any, offset: int) -> Fingerprinter | None:
    """Return the fingerprint of the first ``offset`` bytes of a session, if it is known here."""
    with _lock:
        found = _kept.pop(pk, None)
    if not offset:
        return Fingerprinter()
    return found if found is not None and found.size == offset else None


def keep(pk: Any, measured: Fingerprinter) -> None:
    """Keep the fingerprint of the bytes of a session that were acknowledged."""
    with _lock:
        _kept[pk] = measured
        while len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)


def forget(pk: Any) -> None:
    """Drop the fingerprint of a session that has ended."""
    with _lock:
        _kept.pop(pk, None)
