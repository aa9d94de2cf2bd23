"""Names of exported files and folders, which any file system takes."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable
from pathlib import PurePosixPath

from org_files.files.content import is_refused

#: Bytes of a name in UTF-8. Most file systems take 255; a number needs some.
MAX_BYTES = 240
MAX_SUFFIX_BYTES = 32

#: Characters that separate folders, or that Windows refuses.
FORBIDDEN = re.compile(r'[/\\<>:"|?*]')

#: Devices of Windows, with any suffix.
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """Return ``text`` as one name of a file or folder, which is never a path."""
    text = unicodedata.normalize("NFC", text.encode(errors="replace").decode())
    text = FORBIDDEN.sub("_", text)
    text = "".join("_" if is_refused(each) else each for each in text)
    # Windows removes blanks and dots at the end, and so would change the name.
    text = _shortened(text.strip()).rstrip(". ") or "_"
    return f"_{text}" if DEVICE.fullmatch(text) else text


class Tree:
    """Paths of items, of which no two are the same, also where letters have no case.

    The paths depend on the items and their order alone.
    """

    def __init__(self) -> None:
        self._items: dict[str, Hashable] = {}
        self._numbers: defaultdict[str, int] = defaultdict(lambda: 1)

    def folder(self, parent: PurePosixPath, text: str, item: Hashable) -> PurePosixPath:
        """Return the path of the folder of ``item``, named as ``text`` says.

        If another item has the name, it gets a number. An item has one path in a folder.
        """
        return self._place(parent / safe_name(text), "", item)

    def file(self, parent: PurePosixPath, text: str, item: Hashable) -> PurePosixPath:
        """Return the path of the file of ``item``, likewise, with the number before its suffix."""
        path = parent / safe_name(text)
        return self._place(path, path.suffix, item)

    def _place(self, first: PurePosixPath, suffix: str, item: Hashable) -> PurePosixPath:
        path, stem = first, first.name.removesuffix(suffix)
        while self._items.setdefault(_key(path), item) != item:
            self._numbers[_key(first)] += 1
            path = first.with_name(f"{stem} ({self._numbers[_key(first)]}){suffix}")
        return path


def _key(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", str(path).casefold())


def _shortened(text: str) -> str:
    """Return ``text`` with at most ``MAX_BYTES``, with its suffix unless that is long."""
    if len(text.encode()) <= MAX_BYTES:
        return text
    suffix = PurePosixPath(text).suffix
    suffix = suffix if len(suffix.encode()) <= MAX_SUFFIX_BYTES else ""
    stem = text.removesuffix(suffix).encode()[: MAX_BYTES - len(suffix.encode())]
    return stem.decode(errors="ignore") + suffix
