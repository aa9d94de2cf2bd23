"""Storages, storage keys, and the registry of rows that name blobs.

Migrations name ``original_storage`` and ``content_key``, of hosts with their own file model too:
neither ever moves or changes its arguments.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, InvalidStorageError, Storage, storages
from django.db.models import F, QuerySet, Value

from org_files import conf
from org_files.exceptions import ConfigurationError

__all__ = [
    "CONTENT_KEY_PARTS",
    "content_key",
    "organization_prefix",
    "original_storage",
    "owner_prefix",
    "rendition_storage",
]

#: The owner part of keys of files without an owner.
NO_OWNER = "none"

#: The form of each part of a key that ``content_key`` returns.
CONTENT_KEY_PARTS = (
    re.compile(r"[0-9a-f]{24}"),
    re.compile(rf"[0-9a-f]{{24}}|{NO_OWNER}"),
    re.compile(r"[0-9a-f]{32}"),
)


def original_storage() -> Storage:
    """Return the storage of original files (``ORG_FILES["STORAGE"]``)."""
    return _storage(conf.storage_alias)


def rendition_storage() -> Storage:
    """Return the storage of smaller pictures (``ORG_FILES["RENDITION_STORAGE"]``)."""
    return _storage(conf.rendition_storage_alias)


def _storage(alias: Callable[[], str]) -> Storage:
    try:
        return storages[alias()]
    except (ConfigurationError, InvalidStorageError) as error:
        # Models need it while they load; an error here would keep system checks from running.
        return UnusableStorage(error)


class UnusableStorage(Storage):
    """Placeholder for a storage that cannot be created: every operation raises ``error``."""

    def __init__(self, error: ImproperlyConfigured) -> None:
        self.error = error

    def _raise(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self.error

    open = save = delete = exists = listdir = size = url = path = _raise
    get_accessed_time = get_created_time = get_modified_time = _raise


def content_key(instance: Any, filename: str) -> str:
    """Return a new storage key for a file: ``<organization part>/<owner part>/<uuid>``.

    ``filename`` is ignored: nothing from the client becomes part of a key.
    """
    return f"{owner_prefix(instance.organization_id, instance.owner_id)}{uuid.uuid4().hex}"


def organization_prefix(organization_pk: Any) -> str:
    """Return the prefix of the keys of an organization's files."""
    return f"{_opaque('organization', organization_pk)}/"


def owner_prefix(organization_pk: Any, owner_pk: Any | None) -> str:
    """Return the prefix of the keys of an owner's files in an organization."""
    owner = NO_OWNER if owner_pk is None else _opaque("owner", owner_pk)
    return f"{organization_prefix(organization_pk)}{owner}/"


def _opaque(kind: str, pk: Any) -> str:
    # Not keyed with SECRET_KEY: a prefix must outlive a change of that key.
    return hashlib.sha256(f"org_files.{kind}:{pk}".encode()).hexdigest()[:24]


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
    #: The column that keeps ``"utf-8"`` of such texts, which ``verify --deep`` fills, if any.
    charset: str | None = None
    #: Whether the package makes bytes and row again once the row is removed.
    can_be_remade: bool = False

    def batches(self, size: int = 500) -> Iterator[list[tuple[str, int, str, str | None]]]:
        """Yield key, size, digest and charset of all rows, up to ``size`` rows at once.

        The charset is ``None`` where it is to be found out. No query stays open meanwhile, and no
        driver keeps more than one batch.
        """
        rows = self.rows().order_by("pk")
        charset = Value("") if self.charset is None else F(self.charset)
        columns = ("pk", self.key, self.size, self.sha256, charset)
        batch = list(rows.values_list(*columns)[:size])
        while batch:
            yield [row[1:] for row in batch]
            batch = list(rows.filter(pk__gt=batch[-1][0]).values_list(*columns)[:size])

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


def is_same_storage(one: Storage, other: Storage) -> bool:
    """Return whether both are of one class and keep their bytes in one folder or bucket."""
    return bool(_identity(one) == _identity(other))


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
