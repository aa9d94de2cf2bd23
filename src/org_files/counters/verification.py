"""Compare stored and pending totals with the ledger, and recount what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from org_files import get_file_model, get_organization_model
from org_files.counters.folding import folder
from org_files.counters.sql import Names
from org_files.models import Download, PendingDownload, Tombstone

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

__all__ = ["Finding", "Report", "verify"]

LONG_SNAPSHOT = timedelta(minutes=5)


@dataclass(frozen=True)
class Finding:
    """A total that is not what the ledger says."""

    kind: str
    pk: str
    ledger: int
    counted: int
    repaired: bool = False

    def __str__(self) -> str:
        after = " (repaired)" if self.repaired else ""
        if self.ledger == self.counted:
            return f"{self.kind} {self.pk}: the time of the last download is wrong{after}"
        return (
            f"{self.kind} {self.pk}: the ledger has {self.ledger} downloads, "
            f"the totals {self.counted}{after}"
        )


@dataclass(frozen=True)
class Report:
    """What a verification looked at and found."""

    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


def verify(connection: BaseDatabaseWrapper, *, repair: bool) -> Report:
    """Return a report of every file and organization whose totals differ from the ledger."""
    report = Report(warnings=list(_long_snapshots(connection)))
    # Files before organizations, as everywhere.
    for kind, model, key, column in (
        ("file", get_file_model(), "file", "pk"),
        ("tombstone", Tombstone, "file", "file"),
        ("organization", get_organization_model(), "organization", "pk"),
    ):
        report.checked[f"{kind}s"] = model._base_manager.using(connection.alias).count()
        keyed: Any = get_file_model() if key == "file" else get_organization_model()
        for raw_pk, ledger, counted in _differences(connection, model, key, column):
            pk = keyed._meta.pk.to_python(raw_pk)
            if repair:
                _recount(connection, model, key, column, pk)
            report.findings.append(Finding(kind, str(pk), int(ledger), int(counted), repair))
    return report


def _differences(
    connection: BaseDatabaseWrapper, model: type[Model], key: str, column: str
) -> list[tuple[Any, int, int]]:
    """Return (key, ledger, stored + pending) of what differs, in the order of keys.

    One statement: two would see two moments.
    """
    names = Names(connection, model)

    def per_key(rows: type[Model], count: str, at: str) -> str:
        table = Names(connection, rows)
        value, newest = table[key], f"MAX({table['downloaded_at']})"
        counts = {"ledger": "0", "counted": "0", "ledger_at": "NULL", "counted_at": "NULL"}
        counts |= {count: "COUNT(*)", at: newest}
        columns = ", ".join(f"{sql} AS {name}" for name, sql in counts.items())
        return f"SELECT {value} AS pk, {columns} FROM {table.table} GROUP BY {value}"

    stored = (
        f"SELECT {names[column]} AS pk, 0 AS ledger, {names['folded_download_count']} AS counted, "
        f"NULL AS ledger_at, {names['folded_last_downloaded_at']} AS counted_at "
        f"FROM {names.table}"
    )
    sql = (
        "SELECT pk, SUM(ledger), SUM(counted) FROM ("
        f"{per_key(Download, 'ledger', 'ledger_at')} UNION ALL "
        f"{per_key(PendingDownload, 'counted', 'counted_at')} UNION ALL {stored}) AS totals "
        f"WHERE pk IN (SELECT {names[column]} FROM {names.table}) "
        "GROUP BY pk HAVING SUM(ledger) <> SUM(counted) "
        "OR MAX(ledger_at) <> MAX(counted_at) "
        "OR (MAX(ledger_at) IS NULL AND MAX(counted_at) IS NOT NULL) "
        "OR (MAX(ledger_at) IS NOT NULL AND MAX(counted_at) IS NULL) ORDER BY pk"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        differences: list[tuple[Any, int, int]] = cursor.fetchall()
    return differences


def newest_folded(key: str, column: str = "pk") -> Subquery:
    """Return the time of the newest row of the ledger that is no longer pending.

    For an update of files, tombstones or organizations, of which ``column`` is what the ledger has
    as ``key``.
    """
    pending = PendingDownload.objects.filter(pk=OuterRef("pk"))
    rows = Download.objects.filter(~Exists(pending), **{key: OuterRef(column)})
    return Subquery(rows.order_by("-downloaded_at").values("downloaded_at")[:1])


def _recount(
    connection: BaseDatabaseWrapper, model: type[Model], key: str, column: str, pk: Any
) -> None:
    def count(rows: type[Model]) -> Coalesce:
        of_key = rows._base_manager.filter(**{key: OuterRef(column)}).order_by().values(key)
        return Coalesce(Subquery(of_key.annotate(value=Count("pk")).values("value")), Value(0))

    # As the folder, with the row locked before its statement begins: nothing can move between
    # pending and stored while the statement looks, and who updates the row directly waits.
    with folder(connection, wait=True):
        rows = model._base_manager.using(connection.alias).filter(**{column: pk})
        rows.select_for_update().first()
        rows.update(
            folded_download_count=count(Download) - count(PendingDownload),
            folded_last_downloaded_at=newest_folded(key, column),
        )


def _long_snapshots(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Yield a sentence for each transaction that keeps PostgreSQL from cleaning up."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, EXTRACT(EPOCH FROM now() - xact_start)::bigint FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend' "
            "AND COALESCE(backend_xmin, backend_xid) IS NOT NULL "
            "AND xact_start < now() - %s * interval '1 second' AND pid <> pg_backend_pid() "
            "ORDER BY xact_start",
            [LONG_SNAPSHOT.total_seconds()],
        )
        for pid, seconds in cursor.fetchall():
            yield (
                f"A transaction of server process {pid} has been open for {seconds} seconds: "
                "pending downloads that were folded cannot be cleaned up before it ends."
            )
