"""Share-link services: create, change, redeem, revoke. Callers ask the policy first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When
from django.db.models.signals import ModelSignal
from django.utils import timezone
from django.utils.translation import gettext as _

from org_files import counters
from org_files.db.rows import after_deadlocks, change_row, conflicts, writing
from org_files.events import record_on_commit
from org_files.exceptions import (
    HeightNotInTier,
    InvalidField,
    LinkOver,
    LinksNotInTier,
    OriginalNotInTier,
)
from org_files.links.tokens import digest_of, new_token
from org_files.models import AbstractFile, Download, LinkState, ShareLink, in_state
from org_files.signals import link_created, link_revoked, link_used
from org_files.tiers import allows_original, heights_of, tier_of_file

BATCH_SIZE = 500


@dataclass(frozen=True)
class LinkBounds:
    """Limits on the duration of links."""

    #: Seconds.
    shortest: int = 1
    #: Seconds; ``None`` is no limit.
    longest: int | None = None
    #: Whether a link may last without end.
    allow_permanent: bool = True


def bounds_of(file: AbstractFile) -> LinkBounds:
    """Return the limits on links to ``file``. Raises ``LinksNotInTier``."""
    tier = tier_of_file(file)
    if tier is None:
        return LinkBounds()
    if not tier.allow_links:
        raise LinksNotInTier
    return LinkBounds(
        tier.link_min_seconds, tier.link_max_seconds, allow_permanent=tier.allow_permanent_links
    )


def check_shared(file: AbstractFile, rendition: int | None) -> None:
    """Check that the tier of ``file`` allows to share this height of it, or the original.

    Raises ``InvalidField`` for a height of a file that is no picture, ``LinksNotInTier``,
    ``HeightNotInTier`` or ``OriginalNotInTier``.
    """
    if rendition is not None and not file.is_picture:
        raise InvalidField("rendition", _("This file is no picture."))
    bounds_of(file)
    if rendition is None:
        if not allows_original(file):
            raise OriginalNotInTier
    elif rendition not in heights_of(file):
        raise HeightNotInTier


def create_link(
    *,
    file: AbstractFile,
    user: Any,
    expires_in: int | None,
    max_downloads: int | None = None,
    password: str = "",
    label: str = "",
    rendition: int | None = None,
) -> ShareLink:
    """Create a link of ``user`` to ``file``, or to one height of it.

    It lasts ``expires_in`` seconds (``None``: without end) and for ``max_downloads``. Raises
    ``InvalidField`` if that is out of bounds, the errors of ``check_shared``, and ``Conflict`` if
    the file or the user was deleted meanwhile.
    """
    check_shared(file, rendition)
    model: Any = ShareLink
    link: ShareLink = model(
        file=file,
        created_by=user,
        rendition=rendition,
        label=label,
        password=make_password(password) if password else "",
        max_downloads=max_downloads,
        expires_at=_end_of(file, expires_in),
    )
    link.token_digest = digest_of(new_token(link))
    with conflicts(), writing(ShareLink):
        link.save(force_insert=True)
    _announce(link_created, "link.created", link, user=user)
    return link


def change_link(*, link: ShareLink, **values: Any) -> None:
    """Change ``label``, ``max_downloads`` or, counted from now, ``expires_in`` of a link.

    Raises the errors of ``create_link``, and ``DoesNotExist`` if the link is gone.
    """
    if "expires_in" in values:
        values["expires_at"] = _end_of(link.file, values.pop("expires_in"))
    if "max_downloads" in values:
        # When the new limit is reached, the last use sets it again.
        values["exhausted_at"] = timezone.now()
    change_row(link, values)


def revoke_link(*, link: ShareLink) -> None:
    """End ``link`` at once. A link that is revoked already stays as it is."""
    now = timezone.now()
    if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
        link.revoked_at = now
        _announce(link_revoked, "link.revoked", link)


def has_begun(link: ShareLink, *, address: str, user_agent: str) -> bool:
    """Return whether this requester began to fetch the content of ``link`` within the hour."""
    return counters.is_under_way(
        file=link.file,
        link=link,
        height=link.rendition,
        address=address,
        user_agent=user_agent,
    )


def redeem(*, link: ShareLink, is_partial: bool, address: str, user_agent: str) -> Download | None:
    """Record a download through ``link`` and count it against its limit, both or neither.

    Returns the ledger's row, or ``None`` for a range of a download under way, and for one height
    of a picture, which counts against the limit but is no download. Raises ``LinkOver`` if the
    link is used up, revoked or expired by now.
    """
    requester = {"address": address, "user_agent": user_agent}

    def check_again() -> None:
        if _is_over(link) and not (is_partial and has_begun(link, **requester)):
            raise LinkOver

    # After a withdrawal MariaDB ends all but one of the transactions that begin again.
    return after_deadlocks(
        partial(_redeem, link, requester, is_partial=is_partial), Download, between=check_again
    )


def remove_ended_links(
    *, before: datetime, on_batch: Callable[[int], None] = lambda _: None
) -> int:
    """Remove links that ended at ``before`` or earlier; return how many."""
    ended = ended_links(before)
    removed = 0
    while keys := list(ended.values_list("pk", flat=True)[:BATCH_SIZE]):
        # Asked again: one of them may have got more time.
        _rows, by_model = ended.filter(pk__in=keys).delete()
        count = by_model.get(ShareLink._meta.label, 0)
        removed += count
        on_batch(count)
    return removed


def ended_links(before: datetime) -> QuerySet[ShareLink]:
    """Return links that ended at ``before`` or earlier."""
    is_used_up = in_state(LinkState.EXHAUSTED, before) & Q(exhausted_at__lte=before)
    return ShareLink.objects.filter(
        Q(revoked_at__lte=before) | Q(expires_at__lte=before) | is_used_up
    )


def _end_of(file: AbstractFile, seconds: int | None) -> datetime | None:
    bounds = bounds_of(file)
    if seconds is None:
        if not bounds.allow_permanent:
            raise InvalidField("expires_in", _("Links need an end here."))
        return None
    if seconds < bounds.shortest:
        message = _("At least %(number)d seconds.") % {"number": bounds.shortest}
        raise InvalidField("expires_in", message)
    if bounds.longest is not None and seconds > bounds.longest:
        message = _("At most %(number)d seconds.") % {"number": bounds.longest}
        raise InvalidField("expires_in", message)
    try:
        end = timezone.now() + timedelta(seconds=seconds)
    except OverflowError:
        end = None
    if end is None or end.year >= 9999:
        raise InvalidField("expires_in", _("The time is out of range."))
    return end


def _redeem(link: ShareLink, requester: dict[str, Any], *, is_partial: bool) -> Download | None:
    of = {"file": link.file, "link": link, **requester}
    download = None
    with writing(Download):
        if link.rendition is not None:
            counts = counters.claim_use(**of, height=link.rendition, is_partial=is_partial)
        else:
            record = counters.record_range if is_partial else counters.record_download
            download = record(**of)
            counts = download is not None
        # Last, since other uses of the link wait for the end of this transaction.
        if counts:
            _count_use(link, timezone.now())
            _announce(link_used, "link.used", link, download=download)
    return download


def _is_over(link: ShareLink) -> bool:
    active = in_state(LinkState.ACTIVE, timezone.now())
    return not ShareLink.objects.filter(active, pk=link.pk).exists()


def _count_use(link: ShareLink, now: datetime) -> None:
    """Count a use, in one statement that also decides whether it is allowed."""
    rows = ShareLink.objects.filter(in_state(LinkState.ACTIVE, now), pk=link.pk)
    # F() reads the row before the update; but MariaDB assigns from left to right.
    is_last = When(max_downloads__lte=F("used") + 1, then=Value(now))
    if not rows.update(
        exhausted_at=Case(is_last, default=None, output_field=DateTimeField()),
        used=F("used") + 1,
        last_used_at=now,
    ):
        raise LinkOver


def _announce(signal: ModelSignal, event: str, link: ShareLink, **arguments: Any) -> None:
    """Send ``signal`` and record ``event`` on commit."""
    send = partial(signal.send_robust, sender=ShareLink, link=link, **arguments)
    transaction.on_commit(send, using=link._state.db)
    record_on_commit(
        event,
        using=link._state.db,
        obj=link,
        organization=link.file.organization_id,
        file=str(link.file.public_id),
    )
