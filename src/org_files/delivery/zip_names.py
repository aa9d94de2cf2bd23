"""Names of the members of an archive, which every system can extract, without Django."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

#: Of one name, in bytes of UTF-8: the limit of Linux. Windows and macOS take as many characters.
MAX_BYTES = 255

#: An ending, which a name keeps when it is cut or gets a number.
SUFFIX = re.compile(r"(?<=[^.])\.[^.\s]{1,20}\Z")

#: What Windows forbids, controls, ends of lines, bidirectional controls and lone surrogates.
HOSTILE = re.compile(
    r'[\x00-\x1f"*/:<>?\\|\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]'
)

#: Devices of Windows, with any ending.
DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *(\.|\Z)", re.I)


def unique_names(names: Iterable[str], *, reserved: Iterable[str] = ()) -> Iterator[str]:
    """Yield a name for each of ``names`` that no other has, and none of ``reserved``.

    The second of one name is ``name (2).ext``. Names that differ in case alone are one name to
    Windows and macOS. What some system cannot extract is replaced or cut.
    """
    taken = {_key(name) for name in reserved}
    numbers: dict[str, int] = {}
    for name in map(_safe, names):
        suffix = _suffix(name)
        stem = name.removesuffix(suffix)
        key, unique, number = _key(name), name, 1
        if key in taken:
            number = numbers.get(key, 1)
        while _key(unique) in taken:
            number += 1
            ending = f" ({number}){suffix}"
            unique = _cut(stem, MAX_BYTES - len(ending.encode())) + ending
        numbers[key] = number
        taken.add(_key(unique))
        yield unique


def _safe(name: str) -> str:
    """Return ``name`` with ``_`` for what is hostile, and not too long."""
    name = HOSTILE.sub("_", name)
    suffix = _suffix(name)
    stem = _cut(name.removesuffix(suffix), MAX_BYTES - 1 - len(suffix.encode()))
    # Windows drops dots and blanks at the end.
    name = f"{stem}{suffix}".rstrip(". ") or "_"
    return f"_{name}" if DEVICE.match(name) else name


def _suffix(name: str) -> str:
    found = SUFFIX.search(name)
    return found[0] if found else ""


def _cut(text: str, size: int) -> str:
    """Return the beginning of ``text`` that fits into ``size`` bytes of UTF-8."""
    return text.encode()[:size].decode(errors="ignore")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
