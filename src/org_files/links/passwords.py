"""Passwords of share links, and the limit on wrong ones from one address."""

import hashlib
import time
import unicodedata
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from org_files.db.rows import conflicts, upsert, writing
from org_files.exceptions import Conflict, LinkOver, TooManyAttempts
from org_files.models import PasswordAttempts, ShareLink
from org_files.validators import UNCOMPOSED

#: Characters of a password: hashing takes the longer the more there are.
MAX_PASSWORD_LENGTH = 128
#: Wrong passwords that one address may send for one link within the window.
MAX_FAILED = 10
WINDOW = timedelta(hours=1)
#: How long an unfinished try counts. Checking a password takes less than a second.
BOOKING = timedelta(minutes=1)
#: Seconds between two attempts to book a try while others from the address are checked.
INTERVAL = 0.05
#: Seconds after which the attempts end.
PATIENCE = 10.0


def normal_password(password: str) -> str:
    """Return the form of a link's password that is hashed: NFKC, whatever the keyboard sends.

    A text too long for a password is returned unchanged: sorting a long run of combining characters
    takes quadratic time.
    """
    if len(password) > UNCOMPOSED * MAX_PASSWORD_LENGTH:
        return password
    return unicodedata.normalize("NFKC", password)


def opens(link: ShareLink, password: str, *, address: str) -> bool:
    """Return whether ``password``, sent from ``address``, opens ``link``.

    Raises ``TooManyAttempts`` after ten wrong passwords from that address within an hour, and
    ``LinkOver`` if the link was removed meanwhile. A try is booked before the password is checked,
    so that at most ten of any number of concurrent wrong ones are checked. A booking expires after
    a minute.
    """
    key = hashlib.sha256(f"{link.pk}|{address}".encode()).hexdigest()
    try:
        _wait_for_try(link, key)
    except Conflict as error:
        raise LinkOver from error
    is_right = False
    try:
        is_right = check_password(normal_password(password), link.password)
    finally:
        # A new hour may have begun, which resets the number of tries under way.
        fewer = Case(When(trying__gt=0, then=F("trying") - 1), default=Value(0))
        failed = F("failed") if is_right else F("failed") + 1
        PasswordAttempts.objects.filter(pk=key).update(trying=fewer, failed=failed)
    return is_right


def forget_attempts(now: datetime, *, dry_run: bool = False) -> int:
    """Remove counts whose hour is over; return how many. With ``dry_run`` only count them."""
    over = PasswordAttempts.objects.filter(began_at__lte=now - WINDOW)
    return over.count() if dry_run else over.delete()[0]


def _wait_for_try(link: ShareLink, key: str) -> None:
    """Book a try. Raises ``TooManyAttempts`` if ten failed, or ten are checked for too long."""
    until = time.monotonic() + PATIENCE
    while not _book(link, key):
        now = timezone.now()
        attempts = PasswordAttempts.objects.filter(pk=key).first()
        if attempts is not None and attempts.failed >= MAX_FAILED:
            left = (attempts.began_at + WINDOW - now).total_seconds()
            raise TooManyAttempts(wait=max(1, round(left)))
        # The passwords that are being checked may all be right.
        if time.monotonic() >= until:
            raise TooManyAttempts(wait=1)
        time.sleep(INTERVAL)


def _book(link: ShareLink, key: str) -> bool:
    now = timezone.now()
    rows = PasswordAttempts.objects.filter(pk=key)
    counts = Q(booked_at__gt=now - BOOKING)
    under_way = Case(When(counts, then=F("trying")), default=Value(0))
    booked = rows.annotate(taken=F("failed") + under_way).filter(taken__lt=MAX_FAILED)
    # MariaDB assigns from left to right: the time comes last.
    booking = {"trying": under_way + 1, "booked_at": now}
    with conflicts(), writing(PasswordAttempts):
        over = rows.filter(began_at__lte=now - WINDOW)
        if over.update(failed=0, trying=1, began_at=now, booked_at=now):
            return True
        if booked.update(**booking):
            return True
        if rows.exists():
            return False
        upsert(PasswordAttempts(key=key, link=link, began_at=now), update="link")
        return bool(booked.update(**booking))
