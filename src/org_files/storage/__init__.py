"""Storages, storage keys, and the registry of rows that name blobs.

Migrations name ``original_storage`` and ``content_key``, of hosts with their own file model too:
neither ever moves or changes its arguments.
"""

import hashlib
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, Storage, storages
from django.db import DatabaseError
from django.db.models import F, QuerySet, Value

from org_files import conf
from org_files.exceptions import ConfigurationError, StorageUnavailable

logger = logging.getLogger("org_files.files")

__all__ = [
    "CONTENT_KEY_PARTS",
    "content_key",
    "organization_prefix",
    "original_storage",
    "owner_prefix",
    "rendition_storage",
    "storage_of",
]

#: The operations of a storage.
OPERATIONS = (
    *("open", "save", "delete", "exists", "listdir", "size", "url", "path"),
    *("get_accessed_time", "get_created_time", "get_modified_time"),
)

#: The owner part of keys of files without an owner.
NO_OWNER = "none"

#: The form of each part of a key that ``content_key`` returns.
CONTENT_KEY_PARTS = (
    re.compile(r"[0-9a-f]{24}"),
    re.compile(rf"[0-9a-f]{{24}}|{NO_OWNER}"),
    re.compile(r"[0-9a-f]{32}"),
)


def original_storage() -> Storage:
    """Return the storage of original files (``ORG_FILES["STORAGE"]``).

    If a function chooses it, that of files without an organization.
    """
    if not apps.models_ready and conf.has_storages_by_organization():
        return LateStorage()
    return storage_by(conf.storage_alias)


def rendition_storage() -> Storage:
    """Return the storage of smaller pictures, as ``original_storage`` does that of files."""
    return storage_by(conf.rendition_storage_alias)


def storage_of(row: Any, default: Callable[[], str] = conf.storage_alias) -> Storage:
    """Return the storage that has the bytes of ``row``, a file, a rendition or an avatar.

    ``default`` returns the alias of rows that were stored before they had a column for it.
    """
    return storage_by(lambda: row.storage_alias or default())


def named_storage(alias: str) -> Storage:
    """Return the storage of ``alias``, a placeholder if it cannot be used."""
    return storage_by(lambda: alias)


def storage_by(alias: Callable[[], str]) -> Storage:
    """Return the storage of the alias that ``alias`` returns, a placeholder on an error."""
    try:
        return storages[alias()]
    except (ConfigurationError, InvalidStorageError) as error:
        # Models need it while they load; an error here would keep system checks from running.
        return UnusableStorage(error)


def alias_for(organization: Any, alias: Callable[..., str] = conf.storage_alias) -> str:
    """Return the alias of the storage of new bytes of ``organization``.

    Raises ``StorageUnavailable`` if the site's function has none for it; the log names both.
    """
    try:
        return alias(organization)
    except DatabaseError:
        raise
    except Exception as error:
        logger.warning("The organization %s has no storage.", organization.pk, exc_info=True)
        raise StorageUnavailable from error


class StorageNotConfigured(ImproperlyConfigured, OSError):
    """A storage that the settings do not have, or describe wrongly, is used.

    One of an organization fails alone, as if it did not answer.
    """


class UnusableStorage(Storage):
    """Placeholder for a storage that cannot be created: every operation raises an error."""

    def __init__(self, error: ImproperlyConfigured) -> None:
        self.error = error

    def _raise(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise StorageNotConfigured(str(self.error)) from self.error

    open = save = delete = exists = listdir = size = url = path = _raise
    get_accessed_time = get_created_time = get_modified_time = _raise


def _forwarded(operation: str) -> Any:
    def call(self: Storage, *args: Any, **kwargs: Any) -> Any:
        return getattr(original_storage(), operation)(*args, **kwargs)

    return call


class LateStorage(Storage):
    """The storage of original files, found at each use: a site's function may need its models."""

    open, save, delete, exists, listdir, size, url, path = map(_forwarded, OPERATIONS[:8])
    get_accessed_time, get_created_time, get_modified_time = map(_forwarded, OPERATIONS[8:])


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
    #: Returns the alias of the storage of new rows of an organization, and without an argument
    #: that of rows whose column ``storage_alias`` is empty.
    alias: Callable[..., str]
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
    #: Whether a blob still grows: it has at least the size of the row, and no digest.
    is_partial: bool = False
    #: Compares with a storage what no list of it shows; takes the storage, the aliases by which
    #: rows name it, and whether to repair. Yields kind, key, whether it was repaired, and row.
    unlisted: Callable[[Storage, list[str], bool], Iterable[tuple[str, str, bool, str]]] | None = (
        None
    )
    #: Whether a row belongs to an organization, which a function may give a storage of its own.
    has_organization: bool = True

    def batches(
        self, aliases: Iterable[str], size: int = 500
    ) -> Iterator[list[tuple[str, int, str, str | None, str]]]:
        """Yield key, size, digest, charset and alias of rows, up to ``size`` rows at once.

        These are the rows that have one of ``aliases`` in their column. The charset is ``None``
        where it is to be found out. No query stays open meanwhile, and no driver keeps more than
        one batch.
        """
        rows = self.rows().filter(storage_alias__in=list(aliases)).order_by("pk")
        charset = Value("") if self.charset is None else F(self.charset)
        columns = ("pk", self.key, self.size, self.sha256, charset, "storage_alias")
        batch = list(rows.values_list(*columns)[:size])
        while batch:
            yield [row[1:] for row in batch]
            batch = list(rows.filter(pk__gt=batch[-1][0]).values_list(*columns)[:size])

    def named(self, keys: Iterable[str], aliases: Iterable[str] | None = None) -> set[str]:
        """Return those of ``keys`` that a row names, with one of ``aliases`` in its column."""
        rows = self.rows().filter(**{f"{self.key}__in": list(keys)})
        if aliases is not None:
            rows = rows.filter(storage_alias__in=list(aliases))
        return set(rows.values_list(self.key, flat=True))

    def aliases(self) -> set[str]:
        """Return the values that rows have in their column of the alias."""
        return set(self.rows().order_by().values_list("storage_alias", flat=True).distinct())


_registered: dict[str, StoredBytes] = {}


def register_bytes(stored: StoredBytes) -> None:
    """Have ``org_files_verify`` compare these rows with their storage."""
    _registered[stored.name] = stored


def registered_bytes() -> list[StoredBytes]:
    """Return the registered rows, in the order of registration."""
    return list(_registered.values())
