"""Conditional requests (RFC 9110 §13) and byte ranges (§14), without Django."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

ENTITY_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')

# One range of the unit "bytes", whose name is case-insensitive (§14.1). Possessive, so
# that a long header costs one pass.
SINGLE_RANGE = re.compile(r"bytes=[ \t]*+([0-9]*+)-([0-9]*+)[ \t]*+", re.IGNORECASE | re.ASCII)

# What §14.1.1 allows in the set of ranges of a unit "bytes", empty elements of the list included.
RANGE_SET = re.compile(r"bytes=[ \t]*+(.*+)", re.IGNORECASE | re.ASCII)
RANGE = re.compile(r"(?<![0-9])(?:([0-9]++)-([0-9]*+)|-[0-9]++)", re.ASCII)

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


def asks_range(headers: Mapping[str, str]) -> bool:
    """Return whether Range is a valid one of the unit ``bytes``, satisfiable or not.

    Such a GET belongs to a download under way, also if the answer is the whole content. A malformed
    range and another unit make no range request (§14.2).
    """
    ranges = RANGE_SET.fullmatch(headers.get("Range") or "")
    if ranges is None:
        return False
    elements = [element.strip(" \t") for element in ranges[1].split(",")]
    return any(elements) and all(map(_is_range, filter(None, elements)))


def _is_range(element: str) -> bool:
    match = RANGE.fullmatch(element)
    if match is None:
        return False
    first, last = match.groups()
    return not last or _number(first) <= _number(last)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS


@dataclass(frozen=True)
class Plan:
    """The answer to a request: its status, and the part of the content."""

    #: 200, 206, 304, 412 or 416.
    status: int
    #: The part, with status 206.
    range: ByteRange | None = None

    @property
    def has_content(self) -> bool:
        """Whether a GET is answered with bytes of the file."""
        return self.status in (200, 206)

    @property
    def is_partial(self) -> bool:
        """Whether the answer leaves some of the content out."""
        return self.range is not None and not self.range.is_whole


CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Range")


def is_conditional(headers: Mapping[str, str]) -> bool:
    """Return whether the answer may be something else than the whole content."""
    return any(name in headers for name in CONDITIONS)


def plan(
    headers: Mapping[str, str], *, method: str, etag: str, last_modified: datetime, size: int
) -> Plan:
    """Return what to answer, in the order of RFC 9110 §13.2.2.

    ``etag`` is the strong entity tag with its quotes, ``size`` is in bytes.
    """
    modified = last_modified.astimezone(UTC).replace(microsecond=0)
    if (if_match := headers.get("If-Match")) is not None:
        if not _matches(if_match, etag, weak=False):
            return Plan(412)
    elif (since := _date(headers.get("If-Unmodified-Since"))) is not None and modified > since:
        return Plan(412)
    if (if_none_match := headers.get("If-None-Match")) is not None:
        if _matches(if_none_match, etag, weak=True):
            return Plan(304)
    elif (since := _date(headers.get("If-Modified-Since"))) is not None and modified <= since:
        return Plan(304)
    # Range is defined for GET alone (§14.2).
    if method != "GET" or not _range_applies(headers.get("If-Range"), etag, modified):
        return Plan(200)
    try:
        part = parse_range(headers.get("Range"), size)
    except Unsatisfiable:
        return Plan(416)
    return Plan(200) if part is None else Plan(206, part)


def _matches(header: str, etag: str, *, weak: bool) -> bool:
    """Return whether ``etag``, which is strong, is listed; §8.8.3.2 on the two comparisons."""
    if header.strip() == "*":
        return True
    return any(tag == etag and (weak or not prefix) for prefix, tag in ENTITY_TAG.findall(header))


def _range_applies(if_range: str | None, etag: str, modified: datetime) -> bool:
    """Return whether the precondition of a Range holds (§13.1.5)."""
    if if_range is None:
        return True
    if if_range.lstrip().startswith(('"', "W/")):
        return if_range.strip() == etag
    return _date(if_range) == modified


def _date(header: str | None) -> datetime | None:
    """Return an HTTP date (§5.6.7), ``None`` where it is no valid one and to be ignored."""
    if not header:
        return None
    try:
        value = parsedate_to_datetime(header)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
