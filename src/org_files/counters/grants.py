"""Range grants: which of several requests for one content begins a download."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.constants import OnConflict
from django.utils import timezone

from org_files.db.rows import Names, upsert
from org_files.models import Download, RangeGrant

#: How long ranges belong to the download that the same requester began.
GRANT_WINDOW = timedelta(hours=1)


def grant_key(row: Download, content: str, address: str, user_agent: str) -> str:
    """Return the key of the grant of the requester of ``row``."""
    if row.user_id is not None:
        requester = f"user:{row.user_id}"
    else:
        requester = f"link:{row.link_id}:{address}:{user_agent}"
    text = f"{row.file_public_id}|{content}|{requester}"
    return hashlib.sha256(text.encode()).hexdigest()


def begin(connection: BaseDatabaseWrapper, key: str, now: datetime) -> None:
    """Set the beginning of the grant for ``key`` to ``now``."""
    grant = RangeGrant(requester_key=key, began_at=now)
    upsert(grant, update="began_at", using=connection.alias)


def is_fresh(connection: BaseDatabaseWrapper, key: str, now: datetime) -> bool:
    """Return whether a grant for ``key`` began less than ``GRANT_WINDOW`` before ``now``."""
    grants = RangeGrant.objects.using(connection.alias)
    return grants.filter(pk=key, began_at__gt=now - GRANT_WINDOW).exists()


def claim(connection: BaseDatabaseWrapper, key: str, now: datetime) -> bool:
    """Begin a grant for ``key`` unless there is a fresh one; return whether this call began it.

    Two conditional writes, each of whose row counts decides: of any number of concurrent callers
    exactly one succeeds. Runs in the caller's transaction.
    """
    grants = RangeGrant.objects.using(connection.alias)
    if grants.filter(pk=key, began_at__lte=now - GRANT_WINDOW).update(began_at=now):
        return True
    # bulk_create(ignore_conflicts=True) is this statement, but does not return the row count.
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


def old_grants(connection: BaseDatabaseWrapper) -> QuerySet[RangeGrant]:
    """Return the grants that are too old for a range to belong to them."""
    grants = RangeGrant.objects.using(connection.alias)
    return grants.filter(began_at__lt=timezone.now() - GRANT_WINDOW)
