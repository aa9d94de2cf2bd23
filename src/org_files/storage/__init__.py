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

NOBODY = "none"

#: The form of each part of a key that ``content_key`` returns.
CONTENT_KEY_PARTS = (
    re.compile(r"[0-9a-f]{24}"),
    re.compile(rf"[0-9a-f]{{24}}|{NOBODY}"),
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
        # Models ask while they load: if they could not, no system check could say what is wrong.
        return UnusableStorage(error)


class UnusableStorage(Storage):
    """Stands where STORAGES names none that can be made; whatever is asked of it says so.

    Args:
        error: what to raise.
    """

    def __init__(self, error: ImproperlyConfigured) -> None:
        self.error = error

    def _raise(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self.error

    open = save = delete = exists = listdir = size = url = path = _raise
    get_accessed_time = get_created_time = get_modified_time = _raise


def content_key(instance: Any, filename: str) -> str:
    """Return a new storage key for a file: ``<organization part>/<owner part>/<uuid>``.

    ``filename`` is ignored: nothing that a client sends becomes part of a key.
    """
    return f"{owner_prefix(instance.organization_id, instance.owner_id)}{uuid.uuid4().hex}"


def organization_prefix(organization_pk: Any) -> str:
    """Return what the keys of all files of an organization begin with."""
    return f"{_opaque('organization', organization_pk)}/"


def owner_prefix(organization_pk: Any, owner_pk: Any | None) -> str:
    """Return what the keys of an owner's files in an organization begin with."""
    owner = NOBODY if owner_pk is None else _opaque("owner", owner_pk)
    return f"{organization_prefix(organization_pk)}{owner}/"


def _opaque(kind: str, pk: Any) -> str:
    # Not keyed with SECRET_KEY: a prefix must outlive a change of that key.
    return hashlib.sha256(f"org_files.{kind}:{pk}".encode()).hexdigest()[:24]
