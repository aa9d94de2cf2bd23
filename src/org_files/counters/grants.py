"""Who of many that ask for parts of one content at once begins the download."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.db.models.constants import OnConflict

from org_files.counters.sql import Names
from org_files.db.rows import upsert
from org_files.models import RangeGrant

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["began_before", "begin", "claim", "is_fresh"]


def begin(connection: BaseDatabaseWrapper, key: str, *, now: datetime) -> None:
    """Let a grant for ``key`` begin now, whenever the last one did."""
    grant = RangeGrant(requester_key=key, began_at=now)
    upsert(grant, update="began_at", using=connection.alias)


def is_fresh(connection: BaseDatabaseWrapper, key: str, *, since: datetime) -> bool:
    """Return whether a grant for ``key`` began after ``since``."""
    grants = RangeGrant.objects.using(connection.alias)
    return grants.filter(pk=key, began_at__gt=since).exists()


def claim(connection: BaseDatabaseWrapper, key: str, *, now: datetime, since: datetime) -> bool:
    """Return whether this call began a grant for ``key``: nobody else did after ``since``.

    Two conditional writes, each of whose row counts decides, so that of any number of callers
    at once exactly one is told so. Runs in the caller's transaction.
    """
    grants = RangeGrant.objects.using(connection.alias)
    if grants.filter(pk=key, began_at__lte=since).update(began_at=now):
        return True
    # bulk_create(ignore_conflicts=True) is this statement, but does not tell the row count.
    names, operations = Names(connection, RangeGrant), connection.ops
    began_at: Any = RangeGrant._meta.get_field("began_at")
    sql = " ".join(
        (
            operations.insert_statement(on_conflict=OnConflict.IGNORE),
            f"{names.table} ({names.pk}, {names['began_at']}) VALUES (%s, %s)",
            operations.on_conflict_suffix_sql([], OnConflict.IGNORE, [], []),
        )
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [key, began_at.get_db_prep_value(now, connection)])
        return bool(cursor.rowcount)


def began_before(connection: BaseDatabaseWrapper, moment: datetime) -> QuerySet[RangeGrant]:
    """Return the grants that began before ``moment``."""
    return RangeGrant.objects.using(connection.alias).filter(began_at__lt=moment)
