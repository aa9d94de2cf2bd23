"""Folding: pending rows move into the stored totals, each exactly once.

Rows are deleted as they are read, never by a watermark on ids: an id that was given out
earlier may be committed later. Rows whose file or organization this connection does not see stay
pending, since row-level security may hide what exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from org_files import get_file_model, get_organization_model
from org_files.counters.pending import Batch, fill_public_ids, look, organizations_hidden
from org_files.counters.sql import Names
from org_files.db.rows import after_deadlocks
from org_files.models import PendingDownload, Tombstone

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

__all__ = ["Folded", "NotTaken", "fold_pending", "folder"]

# "fold", for PostgreSQL's advisory locks, which are numbers.
LOCK_NUMBER = 0x6F72675F666F6C64
LOCK_NAME = "org_files.fold"

# How many files one DELETE names: less than any database's number of parameters.
FILES_AT_ONCE = 500

#: One group of pending rows: file, organization, how many, the newest. Values are the database's
#: own, and go back to it as they came.
Group = tuple[Any, Any, int, Any]


class NotTaken(Exception):
    """No row took a download, and one that this connection does not see may have to."""


class _Busy(Exception):
    """Another process is folding."""


@dataclass
class Folded:
    """The number of pending rows that a fold added to the totals, and of those that it left."""

    rows: int = 0
    left: int = 0


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


def fold_pending(
    connection: BaseDatabaseWrapper,
    *,
    batch_size: int,
    wait: bool,
    visible_only: bool = False,
    on_batch: Callable[[int], None] | None = None,
) -> Folded:
    """Fold all pending rows, ``batch_size`` at a time and in the order of their keys.

    With ``visible_only`` rows of organizations that this connection does not see are not looked
    at, and are not among those left.
    """
    folded, after = Folded(), 0
    while True:
        batch = look(connection, after, batch_size, visible_only=visible_only)
        # Rows of processes that still run the version before the public id was recorded.
        if None in batch.counts and fill_public_ids(connection):
            batch = look(connection, after, batch_size, visible_only=visible_only)
        try:
            rows, missed = _fold_batch(connection, batch, wait=wait, whole=not visible_only)
        except _Busy:
            return folded
        folded.rows += rows
        folded.left += sum(n for file, n in batch.counts.items() if file not in batch.takers)
        folded.left += missed
        if on_batch and rows:
            on_batch(rows)
        if batch.size < batch_size:
            return folded
        after = batch.span[1]


def _fold_batch(
    connection: BaseDatabaseWrapper, batch: Batch, *, wait: bool, whole: bool
) -> tuple[int, int]:
    """Fold what this connection can add of ``batch``; return how many rows, and how many not.

    ``whole`` says that the batch has all rows of its span.
    """

    def move(files: list[Any] | None) -> int:
        return after_deadlocks(partial(_move, connection, batch, files, wait=wait), PendingDownload)

    if not batch.takers:
        return 0, 0
    known = list(batch.takers)
    named: list[list[Any] | None] = [
        known[at : at + FILES_AT_ONCE] for at in range(0, len(known), FILES_AT_ONCE)
    ]
    parts = [None] if whole and len(known) == len(batch.counts) else named
    rows = missed = 0
    while parts:
        part = parts.pop()
        try:
            rows += move(part)
        except NotTaken:
            # Something was removed meanwhile, or this role may not write it: look for it by halves.
            if part is None:
                parts = named
            elif len(part) > 1:
                parts += [part[: len(part) // 2], part[len(part) // 2 :]]
            else:
                missed += batch.counts[part[0]]
    return rows, missed


def _move(
    connection: BaseDatabaseWrapper, batch: Batch, files: list[Any] | None, *, wait: bool
) -> int:
    """Move rows of ``batch``, those of ``files`` or all, in one transaction; return how many.

    Raises ``NotTaken``, and moves none, where not every row was added to its file or tombstone and
    to its organization.
    """
    with folder(connection, wait=wait) as alone:
        if not alone:
            raise _Busy
        groups = _take(connection, batch.span, files)
        per_file = _sum((g[0], g[2], g[3]) for g in groups)
        if any(file not in batch.takers for file, _, _ in per_file):
            raise NotTaken
        # In the order of primary keys, so that two who hold several rows never wait in a circle.
        living = [group for group in per_file if batch.takers[group[0]] is not None]
        living.sort(key=lambda group: batch.takers[group[0]])
        gone = sorted(group for group in per_file if batch.takers[group[0]] is None)
        taken = _add(connection, get_file_model(), "public_id", living)
        if taken < len(living):
            # Some were purged while the statement above waited.
            gone = sorted(per_file)
        if taken + _add(connection, Tombstone, "file_public_id", gone) < len(per_file):
            raise NotTaken
        organizations = sorted(_sum((g[1], g[2], g[3]) for g in groups if g[1] is not None))
        taken = _add(connection, get_organization_model(), "pk", organizations)
        if taken < len(organizations) and organizations_hidden(connection):
            raise NotTaken
        return sum(group[2] for group in groups)


def _take(
    connection: BaseDatabaseWrapper, span: tuple[int, int], files: list[Any] | None
) -> list[Group]:
    """Delete pending rows of ``span``, those of ``files`` or all; return them in groups."""
    names = Names(connection, PendingDownload)
    table, pk = names.table, names.pk
    file, organization, at = names["file_public_id"], names["organization"], names["downloaded_at"]
    where, values = f"{pk} > %s AND {pk} <= %s", list(span)
    if files is not None:
        where += f" AND {file} IN ({', '.join(['%s'] * len(files))})"
        values += files
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Rows that a withdrawal has locked are skipped.
            cursor.execute(
                f"WITH oldest AS (SELECT {pk} FROM {table} WHERE {where} "
                f"ORDER BY {pk} FOR UPDATE SKIP LOCKED), "
                f"taken AS (DELETE FROM {table} USING oldest "
                f"WHERE {table}.{pk} = oldest.{pk} RETURNING {table}.{file}, "
                f"{table}.{organization}, {table}.{at}) "
                f"SELECT {file}, {organization}, COUNT(*), MAX({at}) FROM taken "
                f"GROUP BY {file}, {organization}",
                values,
            )
            groups: list[Group] = cursor.fetchall()
            return groups
        if connection.features.can_return_columns_from_insert:
            cursor.execute(
                f"DELETE FROM {table} WHERE {where} RETURNING {file}, {organization}, {at}", values
            )
            taken = cursor.fetchall()
        else:
            # MySQL's DELETE returns no rows: those that are locked are deleted by their keys.
            cursor.execute(
                f"SELECT {file}, {organization}, {at}, {pk} FROM {table} "
                f"WHERE {where} ORDER BY {pk} {_for_update(connection)}",
                values,
            )
            locked = cursor.fetchall()
            taken = [row[:3] for row in locked]
            cursor.executemany(f"DELETE FROM {table} WHERE {pk} = %s", [row[3:] for row in locked])
        totals = _sum(((file, organization), 1, at) for file, organization, at in taken)
    return [(*keys, count, at) for keys, count, at in totals]


def _for_update(connection: BaseDatabaseWrapper) -> str:
    return connection.ops.for_update_sql() if connection.features.has_select_for_update else ""


def _add(
    connection: BaseDatabaseWrapper,
    model: type[Model],
    key: str,
    groups: list[tuple[Any, int, Any]],
) -> int:
    """Add to the totals of the rows that ``groups`` name by ``key``; return how many there are."""
    names = Names(connection, model)
    count, last = names["folded_download_count"], names["folded_last_downloaded_at"]
    rows = [(n, at, at, value) for value, n, at in groups]
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
