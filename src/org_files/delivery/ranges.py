"""Byte ranges (RFC 9110 §14), without Django."""

from __future__ import annotations

import re
from dataclasses import dataclass

# One range of the unit "bytes", whose name is case-insensitive (§14.1). Possessive, so
# that a long header costs one pass.
SINGLE_RANGE = re.compile(r"bytes=[ \t]*+([0-9]*+)-([0-9]*+)[ \t]*+", re.IGNORECASE | re.ASCII)

# No object store holds more; longer numbers are not worth converting.
MAX_DIGITS = 18


class Unsatisfiable(Exception):
    """The range begins behind the end of the content: 416 (§15.5.17)."""


@dataclass(frozen=True)
class ByteRange:
    """A part of a content of ``size`` bytes: from ``start`` up to, not including, ``stop``."""

    start: int
    stop: int
    size: int

    @property
    def length(self) -> int:
        """Number of bytes in the part."""
        return self.stop - self.start

    @property
    def is_whole(self) -> bool:
        """Whether the part is all of the content."""
        return self.length == self.size

    @property
    def content_range(self) -> str:
        """Value of the header Content-Range (§14.4)."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the part of ``size`` bytes that ``header`` asks for, ``None`` for the whole.

    A malformed header, another unit, and more than one range are ignored, as §14.2 allows.
    Raises :class:`Unsatisfiable` where a valid range lies behind the end.
    """
    match = SINGLE_RANGE.fullmatch(header) if header else None
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        if not last:
            return None
        length = min(_number(last), size)
        if not length:
            raise Unsatisfiable
        return ByteRange(size - length, size, size)
    start = _number(first)
    stop = _number(last) + 1 if last else size
    if last and stop <= start:
        return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, min(stop, size), size)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS
