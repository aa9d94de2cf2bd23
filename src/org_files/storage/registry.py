"""Registry of the rows that name blobs, for ``org_files_verify``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage
from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class StoredBytes:
    """Rows of one model, each of which names one blob in a storage."""

    #: The plural that reports use, such as ``"files"``.
    name: str
    #: Returns all rows, past managers and replicas, as ``db.rows.all_rows`` does.
    rows: Callable[[], QuerySet[Any]]
    storage: Callable[[], Storage]
    #: The regular expression of each part of a key; a slash separates the parts.
    key_parts: tuple[re.Pattern[str], ...]
    #: The columns of the storage key, the size in bytes and the hexadecimal digest.
    key: str = "key"
    size: str = "size"
    sha256: str = "sha256"
    #: Whether the package makes bytes and row again once the row is removed.
    can_be_remade: bool = False

    def model(self) -> type[Model]:
        """Return the model of the rows."""
        return self.rows().model

    def named(self, keys: Iterable[str]) -> set[str]:
        """Return those of ``keys`` that a row names."""
        rows = self.rows().filter(**{f"{self.key}__in": list(keys)})
        return set(rows.values_list(self.key, flat=True))


_registered: dict[str, StoredBytes] = {}


def register_bytes(stored: StoredBytes) -> None:
    """Have ``org_files_verify`` compare these rows with their storage."""
    _registered[stored.name] = stored


def registered_bytes() -> list[StoredBytes]:
    """Return the registered rows, in the order of registration."""
    return list(_registered.values())


def registered_storages() -> list[tuple[Storage, list[str]]]:
    """Return each storage once, with the names of the rows registered for it.

    Two aliases of one folder or bucket are one storage.
    """
    found: dict[Any, tuple[Storage, list[str]]] = {}
    for stored in _registered.values():
        storage = stored.storage()
        found.setdefault(_identity(storage), (storage, []))[1].append(stored.name)
    return list(found.values())


def stored_keys(storage: Storage) -> Iterator[str]:
    """Yield every key in ``storage`` that has the form of a registered one.

    Raises ``NotImplementedError`` where the storage cannot be listed.
    """
    for parts in dict.fromkeys(stored.key_parts for stored in _registered.values()):
        yield from _matching(storage, "", parts)


def _identity(storage: Storage) -> Any:
    """Return a value that is equal for two storages of one class and one location."""
    if isinstance(storage, FileSystemStorage):
        return type(storage), os.path.realpath(storage.location)
    bucket = getattr(storage, "bucket_name", None)
    if bucket is None:
        return id(storage)
    # Storages of buckets, such as those of django-storages.
    endpoint, location = (getattr(storage, name, None) for name in ("endpoint_url", "location"))
    return type(storage), endpoint, bucket, location


def _matching(storage: Storage, folder: str, parts: tuple[re.Pattern[str], ...]) -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:  # Nothing was stored yet, or the folder was removed meanwhile.
        return
    pattern, *rest = parts
    found = sorted(name for name in (folders if rest else names) if pattern.fullmatch(name))
    for name in found:
        path = f"{folder}/{name}" if folder else name
        if rest:
            yield from _matching(storage, path, tuple(rest))
        else:
            yield path
