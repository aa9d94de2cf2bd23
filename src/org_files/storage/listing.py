"""Lists of what storages have: all blobs with size and age, without a request for each."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage

from org_files.storage import registered_bytes
from org_files.storage.s3 import is_s3, objects

#: A subclass that lists in another way, such as out of a cache, is asked by its own method.
LISTDIR = FileSystemStorage.listdir

Parts = tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Blob:
    """A blob of a list. Size and age are ``None`` where a storage lists names alone."""

    key: str
    size: int | None = None
    #: Seconds since the epoch.
    modified: float | None = None
    #: Whether a symbolic link stands there.
    is_link: bool = False


def stored_blobs(storage: Storage) -> Iterator[Blob]:
    """Yield every blob in ``storage`` whose key has the form of a registered one.

    Raises ``NotImplementedError`` where the storage cannot be listed.
    """
    forms = list(dict.fromkeys(stored.key_parts for stored in registered_bytes()))
    if is_s3(storage):
        for key, size, modified in objects(storage):
            if any(_has_form(key, form) for form in forms):
                yield Blob(key, size, modified.timestamp())
        return
    is_local = isinstance(storage, FileSystemStorage) and type(storage).listdir is LISTDIR
    find = _on_disk if is_local else _by_name
    for form in forms:
        yield from find(storage, "", form)


def stored_keys(storage: Storage) -> Iterator[str]:
    """Yield the keys of ``stored_blobs``."""
    return (blob.key for blob in stored_blobs(storage))


class Listing(AbstractContextManager["Listing"]):
    """The blobs of a storage, listed once and kept in a temporary file: any number of them."""

    def __init__(self, storage: Storage) -> None:
        # SQLite removes the file when it is closed. The empty name is one of a temporary file.
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute(
            "CREATE TABLE blob (key TEXT PRIMARY KEY, size, modified, is_link) WITHOUT ROWID"
        )
        try:
            self._database.executemany(
                "INSERT OR REPLACE INTO blob VALUES (?, ?, ?, ?)",
                ((b.key, b.size, b.modified, b.is_link) for b in stored_blobs(storage)),
            )
        except BaseException:
            self._database.close()
            raise

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def __iter__(self) -> Iterator[Blob]:
        """Yield the blobs in the order of their keys."""
        return map(_blob, self._database.execute("SELECT * FROM blob ORDER BY key"))

    def find(self, keys: Iterable[str]) -> dict[str, Blob]:
        """Return the blobs under those of ``keys`` that the storage has."""
        wanted = list(keys)
        marks = ", ".join("?" * len(wanted))
        rows = self._database.execute(
            f"SELECT * FROM blob WHERE key IN ({marks})",  # noqa: S608, placeholders alone
            wanted,
        )
        return {row[0]: _blob(row) for row in rows}


def _blob(row: tuple[Any, ...]) -> Blob:
    key, size, modified, is_link = row
    return Blob(key, size, modified, bool(is_link))


def _has_form(key: str, form: Parts) -> bool:
    parts = key.split("/")
    return len(parts) == len(form) and all(
        pattern.fullmatch(part) for pattern, part in zip(form, parts, strict=True)
    )


def _on_disk(storage: Any, folder: str, form: Parts) -> Iterator[Blob]:
    pattern, *rest = form
    try:
        entries = os.scandir(storage.path(folder))
    except FileNotFoundError:  # Nothing was stored yet, or the folder was removed meanwhile.
        return
    with entries:
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not pattern.fullmatch(entry.name) or entry.is_dir() != bool(rest):
                continue
            if rest:
                yield from _on_disk(storage, path, tuple(rest))
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            is_link = stat.S_ISLNK(status.st_mode)
            yield Blob(path, status.st_size, status.st_mtime, is_link)


def _by_name(storage: Storage, folder: str, form: Parts) -> Iterator[Blob]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    pattern, *rest = form
    for name in sorted(filter(pattern.fullmatch, folders if rest else names)):
        path = f"{folder}/{name}" if folder else name
        if rest:
            yield from _by_name(storage, path, tuple(rest))
        else:
            yield Blob(path)
