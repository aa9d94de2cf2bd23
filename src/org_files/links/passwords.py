"""Passwords of share links, and how often one address may try."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.db import connections
from django.db.models import F
from django.utils import timezone

from org_files.exceptions import TooManyAttempts
from org_files.models import PasswordAttempts, ShareLink
from org_files.rows import writing

__all__ = ["MAX_FAILED", "WINDOW", "forget_attempts", "opens"]

#: Wrong passwords that one address may send for one link within the window.
MAX_FAILED = 10

WINDOW = timedelta(hours=1)


def opens(link: ShareLink, password: str, *, address: str) -> bool:
    """Return whether ``password`` opens ``link``, which ``address`` asks.

    Raises ``TooManyAttempts`` after ten wrong ones from that address within an hour. A try is
    counted before it is looked at, so that of any number at once no more than ten are.
    """
    now = timezone.now()
    key = hashlib.sha256(f"{link.pk}|{address}".encode()).hexdigest()
    if not _begin(link, key, now):
        since = PasswordAttempts.objects.filter(pk=key).values_list("began_at", flat=True).first()
        raise TooManyAttempts(wait=max(1, round(((since or now) + WINDOW - now).total_seconds())))
    if not check_password(password, link.password):
        return False
    PasswordAttempts.objects.filter(pk=key, failed__gt=0).update(failed=F("failed") - 1)
    return True


def forget_attempts(now: datetime, *, dry_run: bool = False) -> int:
    """Remove counts whose hour is over; return how many. With ``dry_run`` only count them."""
    over = PasswordAttempts.objects.filter(began_at__lte=now - WINDOW)
    return over.count() if dry_run else over.delete()[0]


def _begin(link: ShareLink, key: str, now: datetime) -> bool:
    """Count a try as failed; return ``False`` where there were ten already."""
    rows = PasswordAttempts.objects.filter(pk=key)
    over = now - WINDOW
    with writing(PasswordAttempts):
        if rows.filter(began_at__lte=over).update(failed=1, began_at=now):
            return True
        counted = rows.filter(failed__lt=MAX_FAILED)
        if counted.update(failed=F("failed") + 1):
            return True
        # Of many who make the row at once one does, and the others wait for the row itself: on
        # MariaDB ignored conflicts end in a deadlock.
        with_target = connections[rows.db].features.supports_update_conflicts_with_target
        PasswordAttempts.objects.bulk_create(
            [PasswordAttempts(key=key, link=link, began_at=now)],
            update_conflicts=True,
            update_fields=["link"],
            unique_fields=["key"] if with_target else None,
        )
        return bool(counted.update(failed=F("failed") + 1))
