"""Owners of storages: the one database whose rows name the blobs of a storage.

The database that writes the first blob becomes the owner, by an object at the root of the storage.
Every other database that writes there leaves a mark. Only an owner without such marks may remove
blobs without a row: this connection does not see rows of other databases or schemas.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from django.db import connections, router

from org_files import conf, get_file_model
from org_files.storage.listing import stored_keys
from org_files.storage.s3 import is_s3, objects, os_errors

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("org_files.files")

#: The object that names the owner.
OWNER = ".org_files_owner"

#: The prefix of marks, which databases leave that write to the storage of another.
MARK = f"{OWNER}."

#: Seconds after which a process looks again. Well below the age at which blobs without a row are
#: removed: a storage that another database has adopted meanwhile gets a mark in time.
RECHECK = 3600

#: The most bytes of an owner object that are read; a written one has a few hundred.
MAX_SIZE = 10_000

DEFAULT_PORTS = {"postgresql": "5432", "mysql": "3306"}

#: The object that stands for each database in each storage, and when it was seen.
_seen: WeakKeyDictionary[Storage, dict[str, tuple[str, float]]] = WeakKeyDictionary()


def this_owner() -> dict[str, str]:
    """Return the identity of the database of the file model.

    That is vendor, database name, schema and host; ``ORG_FILES["STORE_OWNER"]`` replaces all but
    the schema, since a setting is the same for every schema. On PostgreSQL the schema is that of
    the file model's table, by the current search path. The host of a local database is the name of
    this machine. MySQL and MariaDB servers are asked for what an options file sets.
    """
    model = get_file_model()
    connection = connections[router.db_for_write(model)]
    database, schema = str(connection.settings_dict["NAME"] or ""), ""
    if connection.vendor == "postgresql":
        database, schema = _ask(
            connection,
            "SELECT current_database(), COALESCE((SELECT nspname FROM pg_namespace JOIN pg_class "
            "ON relnamespace = pg_namespace.oid WHERE pg_class.oid = to_regclass(%s)), "
            "current_schema())",
            connection.ops.quote_name(model._meta.db_table),
        )
    elif connection.vendor == "sqlite" and not database.startswith((":memory:", "file:")):
        database = os.path.abspath(database)  # noqa: PTH100
    elif connection.vendor == "mysql" and not database:
        (database,) = _ask(connection, "SELECT DATABASE()")
    text = conf.store_owner()
    if text is not None:
        return {"store_owner": text, "schema": schema}
    host = _host(connection)
    return {"vendor": connection.vendor, "database": database, "schema": schema, "host": host}


def owner_of(storage: Storage) -> dict[str, str] | None:
    """Return the owner of ``storage``, or ``None``.

    An owner object that cannot be read is an empty dictionary, which equals no owner.
    """
    return _read(storage, OWNER)


def other_writers(storage: Storage) -> list[dict[str, str]]:
    """Return the databases, other than this one, that have left a mark in ``storage``."""
    mine = this_owner()
    found = (_read(storage, mark) for mark in _marks(storage))
    return [writer for writer in found if writer is not None and writer != mine]


def claim_store(storage: Storage) -> None:
    """Make this database the owner of ``storage`` before its first blob, or leave a mark.

    A storage with blobs and without an owner stays without one: the blobs may belong to any
    database. A process asks a remote storage once an hour. Raises ``OSError`` if the storage does
    not take the object.
    """
    mine = this_owner()
    name, at = _seen.get(storage, {}).get(_digest(mine), ("", -float("inf")))
    if time.monotonic() - at <= RECHECK and (
        # A local disk may have been replaced, and asking it costs little.
        not isinstance(storage, FileSystemStorage) or (name != OWNER and storage.exists(name))
    ):
        return
    try:
        name = _claim(storage, mine)
    except NotImplementedError:
        # Nothing is ever removed from a storage that cannot be listed.
        name = OWNER
    _seen.setdefault(storage, {})[_digest(mine)] = (name, time.monotonic())


def adopt_store(storage: Storage) -> list[dict[str, str]]:
    """Make this database the owner of ``storage``, and return the owner and writers before it."""
    mine = this_owner()
    before = other_writers(storage)
    owner = owner_of(storage)
    if owner is not None and owner not in (mine, *before):
        before.insert(0, owner)
    storage.delete(OWNER)
    _save(storage, OWNER, mine)
    for mark in _marks(storage):
        storage.delete(mark)
    return before


def describe(owner: dict[str, str]) -> str:
    """Return an owner as text."""
    schema = f", schema {owner['schema']}" if owner.get("schema") else ""
    if "store_owner" in owner:
        return f'"{owner["store_owner"]}"{schema}'
    try:
        return f"database {owner['database']} on {owner['host']} ({owner['vendor']}{schema})"
    except KeyError:
        return "an unknown database (the object cannot be read)"


def _claim(storage: Storage, mine: dict[str, str]) -> str:
    """Return the name of this database's object in the storage, after writing it if missing."""
    owner = owner_of(storage)
    is_local = isinstance(storage, FileSystemStorage)
    if owner is None and is_local and not getattr(storage, "_allow_overwrite", False):
        # Of two concurrent saves under one name, one gets another name.
        owner = _become_owner(storage, mine)
    if owner == mine:
        return OWNER
    mark = f"{MARK}{_digest(mine)}"
    if not storage.exists(mark):
        # The mark first, then another look: of two databases that overwrite each other's object,
        # at least one sees the mark of the other.
        _save(storage, mark, mine)
        owner = owner_of(storage)
    if owner is None:
        owner = _become_owner(storage, mine)
    if owner == mine and not other_writers(storage):
        storage.delete(mark)
    return OWNER if owner == mine else mark


def _become_owner(storage: Storage, mine: dict[str, str]) -> dict[str, str] | None:
    """Write the owner object, unless there are blobs, and return the owner."""
    if next(stored_keys(storage), None) is None:
        _save(storage, OWNER, mine)
    return owner_of(storage)


def _marks(storage: Storage) -> list[str]:
    if is_s3(storage):
        return [key for key, *_ in objects(storage, MARK)]
    try:
        _, names = storage.listdir("")
    except FileNotFoundError:
        return []
    return sorted(name for name in names if name.startswith(MARK))


def _read(storage: Storage, name: str) -> dict[str, str] | None:
    if not storage.exists(name):
        return None
    try:
        with storage.open(name) as content:
            owner: Any = json.loads(content.read(MAX_SIZE))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _save(storage: Storage, name: str, owner: dict[str, str]) -> None:
    """Write an owner object, or leave the one that another process wrote first."""
    content = json.dumps(owner, sort_keys=True).encode()
    saved = ""
    try:
        saved = storage.save(name, ContentFile(content))
        if storage.size(saved) != len(content):
            raise OSError("The storage did not take all bytes of the owner object.")
    except BaseException:
        if saved or _is_part(storage, name, content):
            _discard(storage, saved or name)
        raise
    if saved != name:
        _discard(storage, saved)


def _is_part(storage: Storage, name: str, content: bytes) -> bool:
    """Return whether an object is what a failed write left, and not that of another process."""
    with suppress(OSError), os_errors(), storage.open(name) as opened:
        found = opened.read(MAX_SIZE)
        return len(found) < len(content) and content.startswith(found)
    return False


def _discard(storage: Storage, name: str) -> None:
    try:
        with os_errors():
            storage.delete(name)
    except OSError:
        logger.warning("An incomplete owner object could not be removed.", exc_info=True)


def _digest(owner: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(owner, sort_keys=True).encode()).hexdigest()[:24]


def _ask(connection: BaseDatabaseWrapper, query: str, *values: str) -> tuple[str, ...]:
    """Return the texts of the one row of ``query``."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return tuple(str(value or "") for value in cursor.fetchone())


def _host(connection: BaseDatabaseWrapper) -> str:
    host = str(connection.settings_dict["HOST"] or "")
    port = str(connection.settings_dict["PORT"] or "")
    info = getattr(connection.connection, "info", None)
    if not host and connection.vendor == "postgresql" and info is not None:
        # From PGHOST, a service file, or the client library's default.
        host, port = str(info.host or ""), str(info.port or "")
    elif not host and connection.vendor == "mysql":
        # From an options file, or the client library's default. The name is that of the machine.
        host, served = _ask(connection, "SELECT @@hostname, @@port")
        port = port or served
    if _is_local(host):
        host = socket.gethostname()
    port = port or DEFAULT_PORTS.get(connection.vendor, "")
    return f"{host}:{port}" if port else host


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
