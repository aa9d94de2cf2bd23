"""Storages of the package, and storage keys.

Migrations name ``original_storage`` and ``content_key``, of hosts with their own file model too:
neither ever moves or changes its arguments.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, Storage, storages

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
