"""Folding: pending rows move into the stored totals, each exactly once.

Rows are deleted as they are read, never by a watermark on ids: an id that was given out earlier
may be committed later. Rows whose file or organization this connection does not see stay pending,
since row-level security may hide what exists.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from org_files import get_file_model, get_organization_model
from org_files.counters.days import add_to_days, utc_day
from org_files.counters.pending import Batch, fill_public_ids, organizations_hidden, read_batch
from org_files.db.rows import Names, after_deadlocks
from org_files.models import PendingDownload, Tombstone

# "fold", for PostgreSQL's advisory locks, which are numbers.
LOCK_NUMBER = 0x6F72675F666F6C64
LOCK_NAME = "org_files.fold"

# How many files one DELETE names: less than any database's number of parameters.
FILES_AT_ONCE = 500

#: A key, how many downloads it has, and the time of the newest. Values are the database's own,
#: and go back to it as they came.
Group = tuple[Any, int, Any]


class TotalNotSeen(Exception):
    """No row took a download, and this connection may not see the one that has to."""


class _Busy(Exception):
    """Another process is folding."""


@dataclass
class Folded:
    """The number of pending rows that a fold added to the totals, and of those that it left."""

    rows: int = 0
    left: int = 0


@contextmanager
def fold_transaction(connection: BaseDatabaseWrapper, *, wait: bool) -> Iterator[bool]:
    """Open a transaction with the lock of folds; yield whether the lock was free.

    With ``wait`` the answer is always true. SQLite needs no lock: it has one writer at a time.
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

    With ``visible_only`` rows of organizations that this connection does not see are ignored, and
    do not count as left.
    """
    folded, after = Folded(), 0
    while True:
        batch = read_batch(connection, after, batch_size, visible_only=visible_only)
        # Rows of processes that still run the version before the public id was recorded.
        if None in batch.counts and fill_public_ids(connection):
            batch = read_batch(connection, after, batch_size, visible_only=visible_only)
        try:
            rows, missed = _fold_batch(connection, batch, wait=wait, whole=not visible_only)
        except _Busy:
            return folded
        folded.rows += rows
        folded.left += sum(n for file, n in batch.counts.items() if file not in batch.targets)
        folded.left += missed
        if on_batch and rows:
            on_batch(rows)
        if sum(batch.counts.values()) < batch_size:
            return folded
        after = batch.span[1]


def _fold_batch(
    connection: BaseDatabaseWrapper, batch: Batch, *, wait: bool, whole: bool
) -> tuple[int, int]:
    """Fold the rows of ``batch`` that have a target; return how many, and how many failed.

    ``whole`` says that the batch has all rows of its span.
    """
    known = list(batch.targets)
    named: list[list[Any] | None] = [
        known[at : at + FILES_AT_ONCE] for at in range(0, len(known), FILES_AT_ONCE)
    ]
    # None is all files: one statement without their names.
    parts = [None] if known and whole and len(known) == len(batch.counts) else named
    rows = missed = 0
    while parts:
        part = parts.pop()
        try:
            move = partial(_move, connection, batch, part, wait=wait)
            rows += after_deadlocks(move, PendingDownload)
        except TotalNotSeen:
            # Removed meanwhile, or this role may not change it: find it by halves.
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

    Raises ``TotalNotSeen``, and moves none, unless every row was added to its file or tombstone
    and to its organization.
    """
    with fold_transaction(connection, wait=wait) as has_lock:
        if not has_lock:
            raise _Busy
        groups = _delete_pending(connection, batch.span, files)
        per_file = _add_up((file, count, at) for (file, _, _), count, at in groups)
        if any(file not in batch.targets for file, _, _ in per_file):
            raise TotalNotSeen
        # Rows are locked in the order of primary keys, so that no two transactions deadlock.
        living = [group for group in per_file if batch.targets[group[0]] is not None]
        living.sort(key=lambda group: batch.targets[group[0]])
        removed = sorted(group for group in per_file if batch.targets[group[0]] is None)
        added = _add_to_totals(connection, get_file_model(), "public_id", living)
        if added < len(living):
            # Some were purged while the statement above waited.
            removed = sorted(per_file)
        added += _add_to_totals(connection, Tombstone, "file_public_id", removed)
        if added < len(per_file):
            raise TotalNotSeen
        organizations = sorted(
            _add_up((pk, count, at) for (_, pk, _), count, at in groups if pk is not None)
        )
        added = _add_to_totals(connection, get_organization_model(), "pk", organizations)
        if added < len(organizations) and organizations_hidden(connection):
            raise TotalNotSeen
        days = _add_up((key[1:], count, at) for key, count, at in groups if key[1] is not None)
        add_to_days(connection, [(*key, count) for key, count, _ in days])
        return sum(count for _, count, _ in groups)


def _delete_pending(
    connection: BaseDatabaseWrapper, span: tuple[int, int], files: list[Any] | None
) -> list[Group]:
    """Delete pending rows of ``span``, those of ``files`` or all.

    Return them in groups, whose key is a file, an organization and a day in UTC.
    """
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
                f"SELECT {file}, {organization}, ({at} AT TIME ZONE 'UTC')::date, COUNT(*), "
                f"MAX({at}) FROM taken GROUP BY 1, 2, 3",
                values,
            )
            return [(row[:3], row[3], row[4]) for row in cursor.fetchall()]
        if connection.features.can_return_columns_from_insert:
            cursor.execute(
                f"DELETE FROM {table} WHERE {where} RETURNING {file}, {organization}, {at}", values
            )
            taken = cursor.fetchall()
        else:
            # MySQL's DELETE returns no rows: those that are locked are deleted by their keys.
            locking = connection.features.has_select_for_update
            cursor.execute(
                f"SELECT {file}, {organization}, {at}, {pk} FROM {table} WHERE {where} "
                f"ORDER BY {pk} {connection.ops.for_update_sql() if locking else ''}",
                values,
            )
            taken = cursor.fetchall()
            cursor.executemany(f"DELETE FROM {table} WHERE {pk} = %s", [row[3:] for row in taken])
    return _add_up(((*row[:2], utc_day(connection, row[2])), 1, row[2]) for row in taken)


def _add_to_totals(
    connection: BaseDatabaseWrapper, model: type[Model], key: str, groups: list[Group]
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


def _add_up(groups: Iterable[Group]) -> list[Group]:
    totals: dict[Any, tuple[int, Any]] = {}
    for key, count, at in groups:
        before, newest = totals.get(key, (0, at))
        totals[key] = (before + count, max(newest, at))
    return [(key, count, at) for key, (count, at) in totals.items()]
