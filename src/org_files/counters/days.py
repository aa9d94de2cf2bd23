"""Downloads on each day in UTC: folded ones of organizations, and those of the ledger.

Folded days are complete where their sum is the organization's stored total: whatever changes one
changes the other in the same transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, DateField, F, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from org_files.db.rows import Names
from org_files.models import AbstractOrganization, DailyDownloads, Download, PendingDownload

#: A key of an organization, a day, and a number. Values are the database's own.
DayCount = tuple[Any, Any, int]


def utc_day(connection: BaseDatabaseWrapper, at: Any) -> Any:
    """Return the day in UTC of the time ``at``, as a value of the database."""
    moment: Any = parse_datetime(at) if isinstance(at, str) else at
    if is_naive(moment):  # as SQLite and MySQL return it
        moment = make_aware(moment, connection.timezone)
    return connection.ops.adapt_datefield_value(moment.astimezone(UTC).date())


def add_to_days(connection: BaseDatabaseWrapper, counts: Iterable[DayCount]) -> None:
    """Add to the days of organizations, in their order. Call it after their totals are changed.

    Transactions of one organization wait for its row, so that they wait in no circle here.
    """
    rows = sorted(counts)
    if not rows:
        return
    names = Names(connection, DailyDownloads)
    organization, day, count = names["organization"], names["day"], names["download_count"]
    if connection.vendor == "mysql":
        conflict = f"ON DUPLICATE KEY UPDATE {count} = {count} + VALUES({count})"
    else:
        conflict = (
            f"ON CONFLICT ({organization}, {day}) "
            f"DO UPDATE SET {count} = {names.table}.{count} + excluded.{count}"
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {names.table} ({organization}, {day}, {count}) VALUES (%s, %s, %s) "
            f"{conflict}",
            rows,
        )


def add_row(connection: BaseDatabaseWrapper, row: Download) -> None:
    """Add one row of the ledger to the day of its organization."""
    add_rows(connection, [row])


def add_rows(connection: BaseDatabaseWrapper, rows: Iterable[Download]) -> None:
    """Add rows of the ledger to the days of their organizations."""
    organization: Any = Download._meta.get_field("organization")
    counts = Counter(
        (
            organization.get_db_prep_save(row.organization_id, connection),
            utc_day(connection, row.downloaded_at),
        )
        for row in rows
        if row.organization_id is not None
    )
    add_to_days(connection, [(*key, number) for key, number in counts.items()])


def subtract_rows(connection: BaseDatabaseWrapper, rows: Iterable[Download]) -> None:
    """Subtract rows of the ledger from the days of organizations, whose rows are locked."""
    counts = Counter(
        (row.organization_id, row.downloaded_at.astimezone(UTC).date()) for row in rows
    )
    for (organization, day), number in counts.items():
        days = DailyDownloads.objects.using(connection.alias).filter(
            organization=organization, day=day, download_count__gte=number
        )
        days.update(download_count=F("download_count") - number)


def read_days(organization: AbstractOrganization, first: date) -> dict[date, int] | None:
    """Return the downloads of each day from ``first`` on, pending ones included.

    One statement, which also tells whether the days are complete; ``None`` if they are not.
    """
    days = DailyDownloads.objects.filter(organization=organization.pk).order_by()
    total = days.values("organization").annotate(total=Sum("download_count")).values("total")
    missing: Any = type(organization)._base_manager.filter(pk=organization.pk).order_by()
    missing = missing.values_list(
        Cast(Value(None), DateField()),
        F("folded_download_count") - Coalesce(Subquery(total), Value(0)),
    )
    stored = days.filter(day__gte=first).values_list("day", "download_count")
    pending = _by_day(PendingDownload, first, organization=organization.pk)
    counts: Counter[Any] = Counter()
    for day, count in stored.union(pending, missing, all=True):
        counts[day] += int(count)
    # No day has what is missing, and no row says so of an organization that this role cannot see.
    return dict(counts) if counts.pop(None, None) == 0 else None


def read_ledger(first: date, **of: Any) -> dict[date, int]:
    """Return the same by the ledger alone; ``of`` is a column of it and its value."""
    return dict(_by_day(Download, first, **of))


def bytes_per_day(*, organization: AbstractOrganization, first: date) -> dict[date, int]:
    """Return the sizes of the files downloaded on each day in UTC from ``first`` on.

    A removed file is not in them, and a download counts with the whole size. One statement, over
    the organization's rows of the ledger in these days.
    """
    began = datetime.combine(first, time.min, UTC)
    rows = Download.objects.filter(
        organization=organization.pk,
        downloaded_at__gte=began,
        # The primary key of a removed file can be given to another one.
        file__public_id=F("file_public_id"),
    )
    days = rows.order_by().values_list(TruncDate("downloaded_at", tzinfo=UTC))
    return dict(days.annotate(size=Sum("file__size")))


def each_day(first: date, days: int, counts: Mapping[date, int]) -> list[tuple[date, int]]:
    """Return ``days`` days from ``first`` on, each with its count."""
    every_day = (first + timedelta(days=number) for number in range(days))
    return [(day, counts.get(day, 0)) for day in every_day]


def first_day(days: int) -> date:
    """Return the first of the last ``days`` days in UTC; today is the last one."""
    return timezone.now().astimezone(UTC).date() - timedelta(days=days - 1)


def _by_day(model: Any, first: date, **of: Any) -> Any:
    """Return the day and the number of the downloads of each day from ``first`` on."""
    began = datetime.combine(first, time.min, UTC)
    rows = model.objects.filter(downloaded_at__gte=began, **of)
    days = rows.order_by().values_list(TruncDate("downloaded_at", tzinfo=UTC))
    return days.annotate(count=Count("pk"))


def wrong_days(connection: BaseDatabaseWrapper) -> list[tuple[Any, Any, int, int]]:
    """Return (organization, day, ledger, stored + pending) of each day that differs, in order.

    One statement, since two would see two moments.
    """
    parts, params = [], list[Any]()
    for model, column in ((Download, "ledger"), (PendingDownload, "counted")):
        select, of_select = _per_day(connection, model)
        both = {"ledger": "0", "counted": "0"} | {column: "downloads"}
        parts.append(
            f"SELECT organization, of_day, {both['ledger']} AS ledger, "
            f"{both['counted']} AS counted FROM ({select} GROUP BY 1, 2) AS {column}_days"
        )
        params += of_select
    names = Names(connection, DailyDownloads)
    parts.append(
        f"SELECT {names['organization']}, {names['day']}, 0, {names['download_count']} "
        f"FROM {names.table}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organization, of_day, SUM(ledger), SUM(counted) "
            f"FROM ({' UNION ALL '.join(parts)}) AS days GROUP BY organization, of_day "
            "HAVING SUM(ledger) <> SUM(counted) ORDER BY organization, of_day",
            params,
        )
        found: list[tuple[Any, Any, int, int]] = cursor.fetchall()
    return found


def recount_days(connection: BaseDatabaseWrapper, organization: Any) -> None:
    """Count the days of an organization by the ledger.

    Call it with the lock of folds and that of the organization's row.
    """
    field: Any = Download._meta.get_field("organization")
    DailyDownloads.objects.using(connection.alias).filter(organization=organization)._raw_delete(
        connection.alias
    )
    names, ledger = Names(connection, DailyDownloads), Names(connection, Download)
    pending = Names(connection, PendingDownload)
    select, params = _per_day(connection, Download)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {names.table} "
            f"({names['organization']}, {names['day']}, {names['download_count']}) {select} "
            f"AND {ledger['organization']} = %s AND NOT EXISTS (SELECT 1 FROM {pending.table} "
            f"WHERE {pending.table}.{pending.pk} = {ledger.table}.{ledger.pk}) GROUP BY 1, 2",
            [*params, field.get_db_prep_save(organization, connection)],
        )


def _per_day(connection: BaseDatabaseWrapper, model: Any) -> tuple[str, list[Any]]:
    """Return a SELECT of organization, day and count, which lacks its GROUP BY."""
    names = Names(connection, model)
    day, params = connection.ops.datetime_cast_date_sql(names["downloaded_at"], (), "UTC")
    organization = names["organization"]
    sql = f"SELECT {organization} AS organization, {day} AS of_day, COUNT(*) AS downloads "
    return sql + f"FROM {names.table} WHERE {organization} IS NOT NULL", list(params)
