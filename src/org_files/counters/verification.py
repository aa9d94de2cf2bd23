"""Compare stored and pending totals with the ledger, and recount what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from org_files import get_file_model, get_organization_model
from org_files.counters.folding import folder
from org_files.models import Download, PendingDownload

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
    for kind, model in (("file", get_file_model()), ("organization", get_organization_model())):
        report.checked[f"{kind}s"] = model._base_manager.using(connection.alias).count()
        for raw_pk, ledger, counted in _differences(connection, model, kind):
            pk = model._meta.pk.to_python(raw_pk)
            if repair:
                _recount(connection, model, kind, pk)
            report.findings.append(Finding(kind, str(pk), int(ledger), int(counted), repair))
    return report


def _differences(
    connection: BaseDatabaseWrapper, model: type[Model], key: str
) -> list[tuple[Any, int, int]]:
    """Return (primary key, ledger, stored + pending) of what differs, in primary-key order.

    One statement: two would see two moments.
    """
    quote = connection.ops.quote_name
    meta, ledger, pending = model._meta, Download._meta, PendingDownload._meta

    def per_key(table: Any, count: str, at: str) -> str:
        column = quote(table.get_field(key).column)
        newest = f"MAX({quote(table.get_field('downloaded_at').column)})"
        counts = {"ledger": "0", "counted": "0", "ledger_at": "NULL", "counted_at": "NULL"}
        counts |= {count: "COUNT(*)", at: newest}
        columns = ", ".join(f"{value} AS {name}" for name, value in counts.items())
        return f"SELECT {column} AS pk, {columns} FROM {quote(table.db_table)} GROUP BY {column}"

    stored = (
        f"SELECT {quote(meta.pk.column)} AS pk, 0 AS ledger, "
        f"{quote(meta.get_field('folded_download_count').column)} AS counted, NULL AS ledger_at, "
        f"{quote(meta.get_field('folded_last_downloaded_at').column)} AS counted_at "
        f"FROM {quote(meta.db_table)}"
    )
    sql = (
        "SELECT pk, SUM(ledger), SUM(counted) FROM ("
        f"{per_key(ledger, 'ledger', 'ledger_at')} UNION ALL "
        f"{per_key(pending, 'counted', 'counted_at')} UNION ALL {stored}) AS totals "
        f"WHERE pk IN (SELECT {quote(meta.pk.column)} FROM {quote(meta.db_table)}) "
        "GROUP BY pk HAVING SUM(ledger) <> SUM(counted) "
        "OR MAX(ledger_at) <> MAX(counted_at) "
        "OR (MAX(ledger_at) IS NULL AND MAX(counted_at) IS NOT NULL) "
        "OR (MAX(ledger_at) IS NOT NULL AND MAX(counted_at) IS NULL) ORDER BY pk"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _recount(connection: BaseDatabaseWrapper, model: type[Model], key: str, pk: Any) -> None:
    def subquery(rows: type[Model], aggregate: Any) -> Subquery:
        of_key = rows._base_manager.filter(**{key: OuterRef("pk")}).order_by().values(key)
        return Subquery(of_key.annotate(value=aggregate).values("value"))

    def count(rows: type[Model]) -> Coalesce:
        return Coalesce(subquery(rows, Count("pk")), Value(0))

    # As the folder, with the row locked before its statement begins: nothing can move between
    # pending and stored while the statement looks, and who updates the row directly waits.
    with folder(connection, wait=True):
        rows = model._base_manager.using(connection.alias).filter(pk=pk)
        rows.select_for_update().first()
        rows.update(
            folded_download_count=count(Download) - count(PendingDownload),
            folded_last_downloaded_at=subquery(Download, Max("downloaded_at")),
        )


def _long_snapshots(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Yield a sentence for each transaction that keeps PostgreSQL from cleaning up."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, EXTRACT(EPOCH FROM now() - xact_start)::bigint FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_xmin IS NOT NULL "
            "AND xact_start < now() - %s AND pid <> pg_backend_pid() ORDER BY xact_start",
            [LONG_SNAPSHOT],
        )
        for pid, seconds in cursor.fetchall():
            yield (
                f"A transaction of server process {pid} has been open for {seconds} seconds: "
                "pending downloads that were folded cannot be cleaned up before it ends."
            )
