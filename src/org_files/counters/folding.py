"""Folding: what is pending moves into the stored totals, exactly once.

Rows are taken by ``DELETE ... RETURNING``, never by a watermark on ids: an id that was given out
earlier may be committed later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import transaction

from org_files import get_file_model, get_organization_model
from org_files.counters.sql import Names
from org_files.models import PendingDownload, Tombstone

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

__all__ = ["fold_batch", "folder"]

# "fold", for PostgreSQL's advisory locks, which are numbers.
LOCK_NUMBER = 0x6F72675F666F6C64
LOCK_NAME = "org_files.fold"

#: One group of pending rows: file, organization, how many, the newest. Values are the database's
#: own, and go back to it as they came.
Group = tuple[Any, Any, int, Any]


@contextmanager
def folder(connection: BaseDatabaseWrapper, *, wait: bool) -> Iterator[bool]:
    """Open a transaction as the one folder; yield whether there is no other.

    With ``wait`` the answer is always true. SQLite has one writer anyway.
    """
    alias = connection.alias
    if connection.vendor == "postgresql":
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
            cursor.execute(f"SELECT {lock}(%s)", [LOCK_NUMBER])
            yield wait or cursor.fetchone()[0]
    elif connection.vendor == "mysql":
        # A lock of the server, not of one database of it.
        name = f"{LOCK_NAME}.{connection.settings_dict['NAME']}"[:64]
        with connection.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK(%s, %s)", [name, 3600 if wait else 0])
            if not cursor.fetchone()[0]:
                yield False
                return
            try:
                with transaction.atomic(using=alias):
                    yield True
            finally:
                cursor.execute("SELECT RELEASE_LOCK(%s)", [name])
    else:
        with transaction.atomic(using=alias):
            yield True


def fold_batch(connection: BaseDatabaseWrapper, size: int, *, wait: bool) -> int:
    """Fold up to ``size`` rows in one transaction; return how many."""
    with folder(connection, wait=wait) as alone:
        if not alone:
            return 0
        groups = _take(connection, size)
        files = _sum((g[0], g[2], g[3]) for g in groups)
        if _add(connection, get_file_model(), "pk", files) < len(files):
            # Of files that are gone, also of those that went while the statement above waited.
            _add(connection, Tombstone, "file", files)
        organizations = _sum((g[1], g[2], g[3]) for g in groups)
        _add(connection, get_organization_model(), "pk", organizations)
        return sum(group[2] for group in groups)


def _take(connection: BaseDatabaseWrapper, size: int) -> list[Group]:
    names = Names(connection, PendingDownload)
    table, pk = names.table, names.pk
    file_id, organization_id, at = names["file"], names["organization"], names["downloaded_at"]
    returning = f"RETURNING {file_id}, {organization_id}, {at}"
    oldest = f"SELECT {pk} FROM {table} ORDER BY {pk} LIMIT %s"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # As a part of its own, which runs once: a subquery with a limit may run for each row.
            cursor.execute(
                f"WITH oldest AS ({oldest} FOR UPDATE SKIP LOCKED), "
                f"taken AS (DELETE FROM {table} USING oldest "
                f"WHERE {table}.{pk} = oldest.{pk} {returning}) "
                f"SELECT {file_id}, {organization_id}, COUNT(*), MAX({at}) FROM taken "
                f"GROUP BY {file_id}, {organization_id}",
                [size],
            )
            groups: list[Group] = cursor.fetchall()
            return groups
        if connection.vendor == "mysql":
            cursor.execute(f"DELETE FROM {table} ORDER BY {pk} LIMIT %s {returning}", [size])
        else:
            cursor.execute(f"DELETE FROM {table} WHERE {pk} IN ({oldest}) {returning}", [size])
        totals = _sum(((file, organization), 1, at) for file, organization, at in cursor.fetchall())
    return [(*keys, count, at) for keys, count, at in totals]


def _add(
    connection: BaseDatabaseWrapper,
    model: type[Model],
    key: str,
    groups: list[tuple[Any, int, Any]],
) -> int:
    """Add to the totals of the rows that ``groups`` name by ``key``; return how many there are."""
    names = Names(connection, model)
    count, last = names["folded_download_count"], names["folded_last_downloaded_at"]
    # In the order of keys, so that two who hold several of these rows never wait in a circle.
    rows = [(n, at, at, value) for value, n, at in sorted(groups, key=lambda group: group[0])]
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {names.table} SET {count} = {count} + %s, "
            f"{last} = CASE WHEN {last} IS NULL OR {last} < %s THEN %s ELSE {last} END "
            f"WHERE {names[key]} = %s",
            rows,
        )
        return int(cursor.rowcount)


def _sum(groups: Iterable[tuple[Any, int, Any]]) -> list[tuple[Any, int, Any]]:
    totals: dict[Any, tuple[int, Any]] = {}
    for key, count, at in groups:
        before, newest = totals.get(key, (0, at))
        totals[key] = (before + count, max(newest, at))
    return [(key, count, at) for key, (count, at) in totals.items()]
