"""Pending downloads in batches, with the rows whose totals can take them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from org_files import get_file_model, get_organization_model
from org_files.db.rows import Names, all_rows, hidden_row_models
from org_files.models import Download, PendingDownload, Tombstone


@dataclass(frozen=True)
class Batch:
    """Pending rows in the order of their keys, by public id of the file."""

    #: The keys: above the first, up to the second.
    span: tuple[int, int]
    counts: Mapping[Any, int]
    #: The primary key of each file whose totals can take the rows, ``None`` for a tombstone.
    targets: Mapping[Any, Any]


def fill_public_ids(connection: BaseDatabaseWrapper) -> int:
    """Copy missing public ids of files from the ledger to pending rows; return how many."""
    rows = Download.objects.filter(pk=OuterRef("pk")).values("file_public_id")
    pending = PendingDownload.objects.using(connection.alias).filter(
        file_public_id=None, pk__in=Download.objects.values("pk")
    )
    return pending.update(file_public_id=Subquery(rows))


def read_batch(
    connection: BaseDatabaseWrapper, after: int, size: int, *, visible_only: bool
) -> Batch:
    """Return the next ``size`` pending rows after the key ``after``.

    Call it before the transaction that takes them, which begins with a write: SQLite cannot turn
    a reading transaction into a writing one while another process writes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_batch_statement(connection.alias, visible_only), [after, size])
        groups = cursor.fetchall()
    counts: Counter[Any] = Counter()
    targets: dict[Any, Any] = {}
    unseen: set[Any] = set()
    hidden: bool | None = None
    for file, number, _last, file_pk, has_tombstone, has_organization in groups:
        counts[file] += number
        targets[file] = file_pk
        if not has_organization and hidden is None:
            hidden = organizations_hidden(connection)
        # An organization that is not found was removed, unless the database may hide it.
        if (file_pk is None and not has_tombstone) or (not has_organization and hidden):
            unseen.add(file)
    return Batch(
        span=(after, max((group[2] for group in groups), default=after)),
        counts=counts,
        targets={file: pk for file, pk in targets.items() if file not in unseen},
    )


@cache
def _batch_statement(alias: str, visible_only: bool) -> str:
    """Return the statement that counts a batch by file and organization, and finds their rows."""
    connection = connections[alias]
    pending, tombstones = Names(connection, PendingDownload), Names(connection, Tombstone)
    files = Names(connection, get_file_model())
    organizations = Names(connection, get_organization_model())
    visible = (
        f"AND {pending['organization']} IN (SELECT {organizations.pk} FROM {organizations.table})"
        if visible_only
        else ""
    )

    def found(names: Names, column: str, value: str) -> str:
        # Not EXISTS, for which PostgreSQL may read the whole table.
        return f"(SELECT {names.pk} FROM {names.table} WHERE {names[column]} = {value})"

    return (
        f"WITH batch AS (SELECT {pending.pk} AS pk, {pending['file_public_id']} AS file, "
        f"{pending['organization']} AS organization FROM {pending.table} "
        f"WHERE {pending.pk} > %s {visible} ORDER BY {pending.pk} LIMIT %s), "
        "counted AS (SELECT file, organization, COUNT(*) AS downloads, MAX(pk) AS newest "
        "FROM batch GROUP BY file, organization) "
        f"SELECT file, downloads, newest, {found(files, 'public_id', 'counted.file')}, "
        f"{found(tombstones, 'file_public_id', 'counted.file')} IS NOT NULL, "
        "(organization IS NULL OR "
        f"{found(organizations, 'pk', 'counted.organization')} IS NOT NULL) FROM counted"
    )


def organizations_hidden(connection: BaseDatabaseWrapper) -> bool:
    """Return whether the database may hide organizations from this connection."""
    return bool(hidden_row_models([get_organization_model()], connection.alias))


def unfoldable_rows(connection: BaseDatabaseWrapper) -> QuerySet[PendingDownload]:
    """Return the pending rows that a fold leaves: this connection sees no row to add them to.

    No file and no tombstone; or no organization, if the database may hide organizations.
    """
    # Rows of an earlier version have no public id: a fold copies it from the ledger.
    ledger = Download.objects.filter(pk=OuterRef("pk")).values("file_public_id")
    public_id = OuterRef("of_file")
    files = all_rows(get_file_model()).filter(public_id=public_id)
    tombstones = Tombstone.objects.filter(file_public_id=public_id)
    unseen: Any = Q(~Exists(files), ~Exists(tombstones))
    if organizations_hidden(connection):
        organization = all_rows(get_organization_model()).filter(pk=OuterRef("organization"))
        unseen |= ~Exists(organization)
    pending = PendingDownload.objects.using(connection.alias)
    return pending.alias(of_file=Coalesce("file_public_id", Subquery(ledger))).filter(unseen)
