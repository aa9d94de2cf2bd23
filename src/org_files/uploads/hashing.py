"""Fingerprints of sessions of which this process has seen every byte so far."""

import threading
from collections import OrderedDict

from org_files.files import Fingerprinter
from org_files.models import Upload

#: Fingerprints that a process keeps between requests. Others are made again by reading once.
MAX_KEPT = 200

# By public id: several schemas have sessions with the same primary key.
_kept: OrderedDict[str, Fingerprinter] = OrderedDict()
_lock = threading.Lock()


def take(upload: Upload) -> Fingerprinter | None:
    """Return the fingerprint of the bytes of a session that count, if it is known here."""
    with _lock:
        found = _kept.pop(upload.public_id, None)
    if not upload.offset:
        return Fingerprinter()
    return found if found is not None and found.size == upload.offset else None


def keep(upload: Upload, measured: Fingerprinter) -> None:
    """Keep the fingerprint of the bytes of a session that were acknowledged."""
    with _lock:
        _kept[upload.public_id] = measured
        while len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
