"""Headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from email.utils import format_datetime

VERSION = "1.0.0"

EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "termination",
    "checksum",
)
CHECKSUMS = ("sha1", "sha256")

CONTENT_TYPE = "application/offset+octet-stream"

#: Methods that X-HTTP-Method-Override may put in the place of POST.
OVERRIDABLE = ("PATCH", "DELETE", "HEAD")

#: Characters of Upload-Metadata, and pairs in it.
MAX_METADATA = 64 * 1024
MAX_PAIRS = 100

#: As many digits as numbers of the draft have.
LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]++")


class HeaderError(ValueError):
    """A header that does not have its form; ``header`` names it."""

    def __init__(self, header: str) -> None:
        self.header = header
        super().__init__(f"The header {header} is malformed.")


def parse_length(header: str, text: str) -> int:
    """Return a number of bytes. Raises ``HeaderError`` with the name ``header``."""
    if not LENGTH.fullmatch(text):
        raise HeaderError(header)
    return int(text)


def parse_metadata(text: str) -> dict[str, bytes]:
    """Return the pairs of an Upload-Metadata; a key without a value has none. May be empty.

    Raises ``HeaderError`` for a key that is empty or repeated, and for a value not in base64.
    """
    found: dict[str, bytes] = {}
    if not text.strip():
        return found
    pairs = text.split(",")
    if len(text) > MAX_METADATA or len(pairs) > MAX_PAIRS:
        raise HeaderError("Upload-Metadata")
    for pair in pairs:
        key, _blank, value = pair.strip(" \t").partition(" ")
        if not KEY.fullmatch(key) or key in found:
            raise HeaderError("Upload-Metadata")
        try:
            found[key] = base64.b64decode(value.strip(" "), validate=True)
        except (binascii.Error, ValueError) as error:
            raise HeaderError("Upload-Metadata") from error
    return found


def parse_checksum(text: str) -> tuple[str, bytes]:
    """Return algorithm and digest of an Upload-Checksum. Raises ``HeaderError``.

    Also for an algorithm that is not one of ``CHECKSUMS``.
    """
    algorithm, _blank, value = text.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise HeaderError("Upload-Checksum") from error
    sizes = {"sha1": 20, "sha256": 32}
    if sizes.get(algorithm) != len(digest):
        raise HeaderError("Upload-Checksum")
    return algorithm, digest


def write_expiry(moment: datetime) -> str:
    """Return the value of Upload-Expires. ``moment`` is in UTC."""
    return format_datetime(moment, usegmt=True)
