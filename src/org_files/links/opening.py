"""Use of share links: find the link of a token, decide whether it opens, count its downloads."""

import hmac
from functools import partial
from typing import Any

from django.db.models import Case, DateTimeField, F, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from org_files import counters
from org_files.access import get_policy
from org_files.db.rows import after_deadlocks, writing
from org_files.exceptions import InvalidField, LinkOver, NotAllowed
from org_files.links.services import announce, check_shared, digest_of
from org_files.models import Download, LinkState, ShareLink, in_state
from org_files.signals import link_used
from org_files.tiers import TIER

LINKS = ShareLink.objects.select_related("file", f"file__{TIER}", "created_by")


def open_link(
    token: str, *, may_resume: bool = False, address: str = "", user_agent: str = ""
) -> ShareLink:
    """Return the link of ``token``, if it opens now. A password isn't asked for here.

    A link that is used up opens for a requester who began a download through it, where
    ``may_resume``. Raises ``ShareLink.DoesNotExist`` for a token of no link, and ``LinkOver`` for a
    link that has ended or that its creator could not make now; both after the same statements.
    """
    # Another link is looked at, so that unknown tokens take equally long.
    link = _nearest_link(token)
    is_shared = has_started = False
    if link:
        is_shared = _could_be_made(link)
        has_started = may_resume and has_begun(link, address=address, user_agent=user_agent)
    if not (link and _is_of(token, link)):
        raise ShareLink.DoesNotExist
    state = link.state_at(timezone.now())
    opens = state is LinkState.ACTIVE or (state is LinkState.EXHAUSTED and has_started)
    if not (is_shared and opens):
        raise LinkOver
    return link


def check_use(link: ShareLink, *, is_partial: bool) -> None:
    """Raise ``LinkOver`` for a link that has ended, except for a range of its content."""
    if not is_partial and link.state_at(timezone.now()) is not LinkState.ACTIVE:
        raise LinkOver


def find_link(token: str) -> ShareLink | None:
    """Return the link that ``token`` is of, over or not; ``None`` where it is of none."""
    link = _nearest_link(token)
    return link if link and _is_of(token, link) else None


def has_begun(link: ShareLink, *, address: str, user_agent: str) -> bool:
    """Return whether this requester began to fetch the content of ``link`` within the hour."""
    return counters.is_under_way(
        file=link.file, link=link, height=link.rendition, address=address, user_agent=user_agent
    )


def redeem(*, link: ShareLink, is_partial: bool, address: str, user_agent: str) -> Download | None:
    """Record a download through ``link`` and count it against its limit, both or neither.

    Returns the ledger's row, or ``None`` for a range of a download under way, and for one height
    of a picture, which counts against the limit but is no download. Raises ``LinkOver`` if the
    link is used up, revoked or expired by now.
    """
    requester = {"address": address, "user_agent": user_agent}

    def check_again() -> None:
        active = ShareLink.objects.filter(in_state(LinkState.ACTIVE, timezone.now()), pk=link.pk)
        if not active.exists() and not (is_partial and has_begun(link, **requester)):
            raise LinkOver

    # After a withdrawal MariaDB ends all but one of the transactions that begin again.
    return after_deadlocks(
        partial(_redeem, link, requester, is_partial=is_partial), Download, between=check_again
    )


def _nearest_link(token: str) -> ShareLink | None:
    """Return the link of ``token``, or by the same statement another link for an unknown token.

    Returns ``None`` if there are no links.
    """
    # By the digest, so that the time of the lookup tells nothing about other tokens.
    links = ShareLink.objects.order_by("token_digest").values("pk")
    following = links.filter(token_digest__gte=digest_of(token))
    nearest = Coalesce(Subquery(following[:1]), Subquery(links[:1]))
    return LINKS.filter(pk=nearest).first()


def _is_of(token: str, link: ShareLink) -> bool:
    return hmac.compare_digest(digest_of(token), link.token_digest)


def _could_be_made(link: ShareLink) -> bool:
    """Return whether the creator of the link could make it now."""
    creator = link.created_by
    may_share = get_policy().may_share(creator, link.file)
    try:
        check_shared(link.file, link.rendition)
    except (InvalidField, NotAllowed):
        return False
    return bool(creator.is_active and may_share)


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
            _count_use(link)
            announce(link_used, "link.used", link, download=download)
    return download


def _count_use(link: ShareLink) -> None:
    """Count a use, in one statement that also decides whether it is allowed."""
    now = timezone.now()
    rows = ShareLink.objects.filter(in_state(LinkState.ACTIVE, now), pk=link.pk)
    # F() reads the row before the update; but MariaDB assigns from left to right.
    is_last = When(max_downloads__lte=F("used") + 1, then=Value(now))
    if not rows.update(
        exhausted_at=Case(is_last, default=None, output_field=DateTimeField()),
        used=F("used") + 1,
        last_used_at=now,
    ):
        raise LinkOver
