"""Comparison of one blob with its row."""

import hashlib
import os

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage

from org_files.files.content import CharsetDetector
from org_files.storage import StoredBytes
from org_files.storage.listing import Blob
from org_files.storage.s3 import in_parts

#: Bytes read at once.
BLOCK_SIZE = 256 * 1024


def is_whole(stored: StoredBytes, blob: Blob | None, size: int) -> bool:
    """Return whether a list shows a regular blob with the bytes of a row, by its size."""
    if blob is None or blob.size is None or blob.is_link:
        return False
    return _has_size(stored, blob.size, size)


def _has_size(stored: StoredBytes, found: int, size: int) -> bool:
    return found >= size if stored.is_partial else found == size


def damage_of(
    stored: StoredBytes,
    storage: Storage,
    key: str,
    size: int,
    sha256: str,
    charset: str | None = "",
    *,
    deep: bool,
) -> str | None:
    """Return the kind of damage of one blob, ``None`` if it is intact."""
    try:
        if key and is_link(storage, key):
            return "link"
        if not key or not storage.exists(key):
            return "missing"
        if not _has_size(stored, storage.size(key), size):
            return "size"
        if deep and not stored.is_partial:
            found, detected = _read(storage, key)
            if sha256 and found != sha256:
                return "digest"
            if not sha256:  # of a direct upload, whose task was lost
                stored.rows().filter(**{stored.key: key}).update(**{stored.sha256: found})
            if stored.charset is not None and charset is None:
                stored.rows().filter(**{stored.key: key}).update(**{stored.charset: detected})
    except (FileNotFoundError, SuspiciousFileOperation):
        return "missing"
    return None


def is_link(storage: Storage, key: str) -> bool:
    """Return whether the blob itself is a symbolic link; the folders above it may be links."""
    try:
        return os.path.islink(storage.path(key))  # noqa: PTH114
    except NotImplementedError:
        return False


def digest_of(storage: Storage, key: str) -> str:
    """Return the SHA-256 of a blob, in hexadecimal; of a missing one an empty text."""
    try:
        return _read(storage, key)[0]
    except FileNotFoundError:
        return ""


def _read(storage: Storage, key: str) -> tuple[str, str]:
    """Return the SHA-256 of a blob, and its charset as files have it."""
    digest, charset = hashlib.sha256(), CharsetDetector()
    with in_parts(storage, storage.open(key, "rb")) as content:
        while block := content.read(BLOCK_SIZE):
            digest.update(block)
            charset.update(block)
    return digest.hexdigest(), charset.result()
