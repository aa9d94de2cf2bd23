"""Public identifiers."""

import hashlib
import secrets
import time
import uuid


def new_public_id() -> uuid.UUID:
    """Return a new UUID of version 7 (RFC 9562 §5.7): milliseconds since the epoch, then chance.

    Time order keeps inserts at one edge of a B-tree. Migrations name this function: it never
    moves.
    """
    if hasattr(uuid, "uuid7"):  # Python 3.14
        stdlib: uuid.UUID = uuid.uuid7()
        return stdlib
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    return _of_version(7, milliseconds << 80 | secrets.randbits(80))


def named_id(place: str, name: str) -> uuid.UUID:
    """Return the UUID of version 8 (RFC 9562 §5.8) that always belongs to ``name`` in ``place``.

    The first 64 bits depend on the place alone.
    """
    first, last = (
        int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in (place, name)
    )
    # MariaDB takes no UUID of this version whose ninth byte is 0x80.
    return _of_version(8, first << 64 | last | 1 << 56)


def place_of(public_id: uuid.UUID) -> int:
    """Return a number that UUIDs of ``named_id`` have in common if they are of one place."""
    return public_id.int >> 64


def _of_version(version: int, value: int) -> uuid.UUID:
    """Return the UUID with the bits of ``value``, except those of version and variant."""
    value = value & ~(0xF << 76) | version << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def parse_public_id(text: str) -> uuid.UUID | None:
    """Return the UUID that ``text`` is in its canonical form (RFC 9562 §4), else ``None``."""
    try:
        value = uuid.UUID(text)
    except ValueError:
        return None
    return value if str(value) == text else None


def new_secret_id() -> str:
    """Return 128 random bits in hexadecimal: an id that is a secret.

    No UUID, which has fewer, and of which MariaDB takes known variants alone. Migrations name this
    function: it never moves.
    """
    return secrets.token_hex(16)
