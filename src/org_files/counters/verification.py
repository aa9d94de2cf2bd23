"""Comparison of stored and pending totals with the ledger, and the repair of what differs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, DateTimeField, Exists, F, Model, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from org_files import get_file_model, get_organization_model
from org_files.counters.days import recount_days, wrong_days
from org_files.counters.folding import fold_transaction
from org_files.counters.pending import fill_public_ids, unfoldable_rows
from org_files.counters.totals import newest_folded
from org_files.db.reports import RepairRefused, Report
from org_files.db.rows import Names, all_rows, row_security
from org_files.models import DailyDownloads, Download, PendingDownload, Tombstone

LONG_SNAPSHOT = timedelta(minutes=5)

#: How many keys a warning names.
SHOWN = 10

#: The kind of a finding: the ledger has a file without a row and without a tombstone.
NO_TOMBSTONE = "missing tombstone"


@dataclass(frozen=True)
class Finding:
    """A total that differs from the ledger, or a file that only the ledger knows.

    ``kind`` is ``file``, ``tombstone``, ``organization``, ``day`` or ``missing tombstone``; ``pk``
    is the primary key of a file or an organization, that of the organization and the date of a day
    (``7/2025-12-31``), else the public id of the removed file.
    """

    kind: str
    pk: str
    ledger: int
    counted: int
    repaired: bool = False

    def __str__(self) -> str:
        after = " (repaired)" if self.repaired else ""
        if self.kind == NO_TOMBSTONE:
            return (
                f"file {self.pk}: its row was removed and left no tombstone; "
                f"the ledger has {self.ledger} downloads{after}"
            )
        if self.ledger == self.counted:
            return f"{self.kind} {self.pk}: the time of the last download is wrong{after}"
        return (
            f"{self.kind} {self.pk}: the ledger has {self.ledger} downloads, "
            f"the totals {self.counted}{after}"
        )


def verify(connection: BaseDatabaseWrapper, *, repair: bool) -> Report:
    """Return a report of every file, organization and day whose totals differ from the ledger.

    With ``repair`` they are recounted, and removed files without a tombstone get one. If row-level
    security may hide rows, they could be taken for rows that do not exist: removed files are not
    looked for, and a repair raises ``RepairRefused``.
    """
    refusals = row_security("counters", counted_models())
    if refusals and repair:
        raise RepairRefused(refusals)
    report = Report(warnings=list(_long_snapshots(connection)))
    if not refusals:
        report.findings.extend(_missing_tombstones(connection, repair=repair))
    if repair:
        fill_public_ids(connection)
    # Files before organizations, as everywhere.
    for kind, model, key, column, label in (
        ("file", get_file_model(), "file_public_id", "public_id", "pk"),
        ("tombstone", Tombstone, "file_public_id", "file_public_id", "file_public_id"),
        ("organization", get_organization_model(), "organization", "pk", "pk"),
    ):
        report.checked[f"{kind}s"] = all_rows(model).using(connection.alias).count()
        shown: Any = model._meta.pk if label == "pk" else model._meta.get_field(label)
        for raw_label, ledger, total in _differences(connection, model, key, column, label):
            value = shown.to_python(raw_label)
            if repair:
                rows = all_rows(model).using(connection.alias).filter(**{label: value})
                _recount(connection, rows, key, column)
            report.findings.append(Finding(kind, str(value), int(ledger), int(total), repair))
    report.findings.extend(_check_days(connection, repair=repair))
    report.warnings.extend(_unfoldable(connection))
    report.warnings.extend(rows_older_than_their_keys(connection.alias))
    return report


def counted_models() -> list[type[Model]]:
    """Return the models of the ledger and of all totals."""
    swapped = [get_file_model(), get_organization_model()]
    return [*swapped, Tombstone, Download, PendingDownload, DailyDownloads]


def _check_days(connection: BaseDatabaseWrapper, *, repair: bool) -> list[Finding]:
    """Return a finding for each day that differs; with ``repair`` recount its organization's."""
    findings: list[Finding] = []
    key: Any = get_organization_model()._meta.pk
    day: Any = DailyDownloads._meta.get_field("day")
    wrong: dict[Any, None] = {}
    for organization, date, ledger, counted in wrong_days(connection):
        pk = key.to_python(organization)
        wrong[pk] = None
        label = f"{pk}/{day.to_python(date)}"
        findings.append(Finding("day", label, int(ledger), int(counted), repair))
    for pk in wrong if repair else ():
        with fold_transaction(connection, wait=True):
            rows = all_rows(get_organization_model()).using(connection.alias).filter(pk=pk)
            rows.select_for_update().first()
            recount_days(connection, pk)
    return findings


def _missing_tombstones(connection: BaseDatabaseWrapper, *, repair: bool) -> list[Finding]:
    """Return a finding for each file in the ledger without a row and without a tombstone."""
    alias, public_id = connection.alias, OuterRef("file_public_id")
    ledger = Download.objects.using(alias)
    removed = (
        ledger.filter(
            ~Exists(all_rows(get_file_model()).filter(public_id=public_id)),
            ~Exists(Tombstone.objects.filter(file_public_id=public_id)),
        )
        .order_by("file_public_id")
        .values_list("file_public_id")
        .annotate(downloads=Count("pk"))
    )
    findings = []
    for file, downloads in removed:
        newest = ledger.filter(file_public_id=file).order_by("-downloaded_at").first()
        if newest is None:  # withdrawn meanwhile
            continue
        if repair:
            of_file = {"file_id": newest.file_id, "organization_id": newest.organization_id}
            rows = Tombstone.objects.using(alias).filter(file_public_id=file)
            rows.get_or_create(file_public_id=file, defaults=of_file)
            _recount(connection, rows, "file_public_id", "file_public_id")
        findings.append(Finding(NO_TOMBSTONE, str(file), downloads, 0, repair))
    return findings


def _unfoldable(connection: BaseDatabaseWrapper) -> Iterator[str]:
    files = dict(
        unfoldable_rows(connection)
        .order_by("file_public_id")
        .values_list("file_public_id")
        .annotate(downloads=Count("pk"))
    )
    if files:
        yield (
            f"{sum(files.values())} pending downloads are not folded: this connection sees no file "
            f"or tombstone, or no organization, to add them to ({_shorten(files)})."
        )


def _differences(
    connection: BaseDatabaseWrapper, model: type[Model], key: str, column: str, label: str
) -> list[tuple[Any, int, int]]:
    """Return (label, ledger, stored + pending) of each row of ``model`` that differs, in order.

    ``column`` of ``model`` is the ledger's ``key``. One statement, since two would see two moments.
    """
    names = Names(connection, model)

    def per_key(rows: type[Model], count: str, at: str) -> str:
        table = Names(connection, rows)
        value, newest = table[key], f"MAX({table['downloaded_at']})"
        counts = {"ledger": "0", "counted": "0", "ledger_at": "NULL", "counted_at": "NULL"}
        counts |= {count: "COUNT(*)", at: newest}
        columns = ", ".join(f"{sql} AS {name}" for name, sql in counts.items())
        return f"SELECT {value} AS ledger_key, {columns} FROM {table.table} GROUP BY {value}"

    stored = (
        f"SELECT {names[column]} AS ledger_key, 0 AS ledger, "
        f"{names['folded_download_count']} AS counted, "
        f"NULL AS ledger_at, {names['folded_last_downloaded_at']} AS counted_at "
        f"FROM {names.table}"
    )
    label = f"{names.table}.{names[label]}"
    sql = (
        f"SELECT {label}, SUM(totals.ledger), SUM(totals.counted) FROM ("
        f"{per_key(Download, 'ledger', 'ledger_at')} UNION ALL "
        f"{per_key(PendingDownload, 'counted', 'counted_at')} UNION ALL {stored}) AS totals "
        f"JOIN {names.table} ON {names.table}.{names[column]} = totals.ledger_key "
        f"GROUP BY {label} HAVING SUM(totals.ledger) <> SUM(totals.counted) "
        "OR MAX(totals.ledger_at) <> MAX(totals.counted_at) "
        "OR (MAX(totals.ledger_at) IS NULL AND MAX(totals.counted_at) IS NOT NULL) "
        "OR (MAX(totals.ledger_at) IS NOT NULL AND MAX(totals.counted_at) IS NULL) "
        f"ORDER BY {label}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        differences: list[tuple[Any, int, int]] = cursor.fetchall()
    return differences


def _recount(connection: BaseDatabaseWrapper, rows: Any, key: str, column: str) -> None:
    def count(counted: type[Model]) -> Coalesce:
        of_key = all_rows(counted).filter(**{key: OuterRef(column)}).order_by().values(key)
        return Coalesce(Subquery(of_key.annotate(value=Count("pk")).values("value")), Value(0))

    # With the lock of folds nothing moves from pending to stored meanwhile; with the lock of the
    # row direct updates of its totals wait.
    with fold_transaction(connection, wait=True):
        rows.select_for_update().first()
        rows.update(
            folded_download_count=count(Download) - count(PendingDownload),
            folded_last_downloaded_at=newest_folded(key, column),
        )


def _long_snapshots(connection: BaseDatabaseWrapper) -> Iterator[str]:
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


def rows_older_than_their_keys(using: str) -> Iterator[str]:
    """Yield a sentence for organizations, and one for users, with downloads older than they are.

    Their primary keys may have been given out again. Only models with ``created_at`` or
    ``date_joined`` tell: one statement each, which reads the oldest row of each key by an index.
    """
    for model, began, key in (
        (get_organization_model(), "created_at", "organization"),
        (get_user_model(), "date_joined", "user"),
    ):
        moments = {each.name for each in model._meta.fields if isinstance(each, DateTimeField)}
        if began not in moments:
            continue
        oldest = Download.objects.filter(**{key: OuterRef("pk")}).order_by("downloaded_at")
        rows = all_rows(model).using(using)
        rows = rows.alias(first_downloaded_at=Subquery(oldest.values("downloaded_at")[:1]))
        older = rows.filter(first_downloaded_at__lt=F(began)).order_by("pk")
        if keys := list(older.values_list("pk", flat=True)):
            yield (
                f"The ledger has downloads that are older than the {began} of their {key}: "
                f"{_shorten(keys)}. Was a primary key given out again?"
            )


def _shorten(values: Collection[Any]) -> str:
    shown = ", ".join(str(value) for value in list(values)[:SHOWN])
    more = len(values) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
