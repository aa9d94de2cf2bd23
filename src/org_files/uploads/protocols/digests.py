"""Digest fields (RFC 9530): what a client promises or asks for, and digests of what arrives."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from org_files.uploads.protocols.fields import FieldError, parse_dictionary, write_dictionary

#: The algorithms with the status "Active" (§7.2), and the names that ``hashlib`` has for them.
ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}


def parse_digests(text: str) -> dict[str, bytes]:
    """Return the digests in a Content-Digest or Repr-Digest, by those of ``ALGORITHMS``.

    Others are ignored (§2). Raises ``FieldError`` for a malformed field or digest.
    """
    found = {}
    for key, (value, _parameters) in parse_dictionary(text).items():
        if key not in ALGORITHMS:
            continue
        if not isinstance(value, bytes) or len(value) != _new(key).digest_size:
            raise FieldError(f"The value of {key} is no such digest.")
        found[key] = value
    return found


def write_digests(digests: Mapping[str, bytes]) -> str:
    """Return the value of a Content-Digest or Repr-Digest."""
    return write_dictionary(digests)


def preferred_algorithm(text: str) -> str | None:
    """Return the known algorithm that a Want-Repr-Digest prefers most (§4), or ``None``.

    A malformed field is ignored, as one that asks for nothing.
    """
    try:
        wanted = parse_dictionary(text)
    except FieldError:
        return None
    weights = {
        key: value
        for key, (value, _parameters) in wanted.items()
        if key in ALGORITHMS and type(value) is int and 1 <= value <= 10
    }
    return max(weights, key=lambda key: weights[key], default=None)


def promised_algorithms(headers: Mapping[str, str]) -> set[str]:
    """Return the known algorithms of Content-Digest and Repr-Digest; none of a malformed one."""
    found: set[str] = set()
    for name in ("Content-Digest", "Repr-Digest"):
        with suppress(FieldError):
            found |= parse_digests(headers.get(name, "")).keys()
    return found


class Digests:
    """Digests of a content by several algorithms, block by block."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._hashes = {algorithm: _new(algorithm) for algorithm in algorithms}

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def update(self, block: bytes | memoryview) -> None:
        """Add the next bytes."""
        for each in self._hashes.values():
            each.update(block)

    def values(self) -> dict[str, bytes]:
        """Return the digests of the bytes so far."""
        return {algorithm: each.digest() for algorithm, each in self._hashes.items()}

    def match(self, promised: Mapping[str, bytes]) -> bool:
        """Return whether all of ``promised`` are those of the bytes so far."""
        values = self.values()
        return all(hmac.compare_digest(values[key], value) for key, value in promised.items())


def _new(algorithm: str) -> Any:
    # Of tus, too, whose clients may send SHA-1: it finds damage, and keeps no attacker out.
    return hashlib.new(ALGORITHMS.get(algorithm, algorithm), usedforsecurity=False)
