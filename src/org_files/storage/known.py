"""The storages of a site: of its settings, of organizations, and of rows."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import (
    FileSystemStorage,
    InvalidStorageError,
    Storage,
    storages,
)
from django.db import router
from django.db.models import QuerySet
from django.utils.text import get_text_list

from org_files import conf, get_organization_model
from org_files.exceptions import ConfigurationError, StorageUnavailable
from org_files.storage import (
    StoredBytes,
    UnusableStorage,
    alias_for,
    named_storage,
    registered_bytes,
    storage_by,
)


@dataclass
class KnownStorage:
    """A storage, under all its aliases, with the rows whose bytes it has or may get."""

    storage: Storage
    #: Two aliases of one folder or bucket are one storage.
    aliases: list[str]
    #: The names of kinds of rows.
    names: list[str]
    #: Whether the settings name it, not rows or the function for an organization alone.
    is_of_site: bool = False

    def columns(self, stored: StoredBytes) -> list[str]:
        """Return the values by which rows of a kind name this storage."""
        return [*self.aliases, *([""] if _of_site(stored) in self.aliases else [])]

    def __str__(self) -> str:
        alias = "" if self.is_of_site else f' "{self.aliases[0]}"'
        return f"The storage{alias} of {get_text_list(self.names, 'and')}"


def registered_storages() -> list[KnownStorage]:
    """Return each storage once: of the settings, of organizations, and of rows."""
    found: dict[Any, KnownStorage] = {}
    for stored in registered_bytes():
        of_site = _of_site(stored)
        of_rows = (alias or of_site for alias in sorted(stored.aliases()))
        for alias in dict.fromkeys([of_site, *_by_organization(stored), *of_rows]):
            storage = named_storage(alias) if alias else storage_by(stored.alias)
            # Unusable ones differ by their alias.
            same = alias if isinstance(storage, UnusableStorage) else _identity(storage)
            known = found.setdefault(same, KnownStorage(storage, [], []))
            known.is_of_site |= alias == of_site
            for value, values in ((alias, known.aliases), (stored.name, known.names)):
                if value not in values:
                    values.append(value)
    return list(found.values())


def _of_site(stored: StoredBytes) -> str:
    """Return the alias of the settings, an empty text if these are wrong."""
    try:
        return stored.alias()
    except ConfigurationError:
        return ""


def site_storages() -> list[Storage]:
    """Return each storage of the settings once, without asking the database."""
    found = [storage_by(stored.alias) for stored in registered_bytes()]
    return list({_identity(storage): storage for storage in found}.values())


def possible_storages() -> dict[str, Storage]:
    """Return the storages that a row may name, by alias, without asking the database.

    If a function chooses, that is every alias of ``STORAGES`` but Django's own two.
    """
    aliases = []
    with suppress(ConfigurationError):
        aliases = [conf.storage_alias(), conf.rendition_storage_alias()]
    if conf.has_storages_by_organization():
        aliases += [each for each in settings.STORAGES if each not in ("default", "staticfiles")]
    return {alias: named_storage(alias) for alias in aliases}


def site_folders() -> list[Path]:
    """Return the local folders of the site's storages, without asking the database."""
    found = [*site_storages(), *possible_storages().values()]
    with suppress(InvalidStorageError):  # a site without it
        found.append(storages["default"])
    # Without a folder, a storage writes to that of the process, where anything may be.
    named = [each for each in found if isinstance(each, FileSystemStorage) and each.base_location]
    return list({Path(each.location).resolve(): None for each in named})


def _by_organization(stored: StoredBytes) -> Iterator[str]:
    if stored.has_organization and conf.has_storages_by_organization():
        model = get_organization_model()
        # Past managers and replicas.
        rows: QuerySet[Any] = QuerySet(model, using=router.db_for_write(model))
        for row in rows.iterator(chunk_size=500):
            # One without a storage gets no files; those that it has name theirs themselves.
            with suppress(StorageUnavailable):
                yield alias_for(row, stored.alias)


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
