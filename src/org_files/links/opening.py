"""Opening share links: find the link of a token, and decide whether it opens."""

from __future__ import annotations

import hmac

from django.db.models import QuerySet
from django.utils import timezone

from org_files.access import get_policy
from org_files.exceptions import (
    HeightNotInTier,
    InvalidField,
    LinkOver,
    LinksNotInTier,
    OriginalNotInTier,
)
from org_files.links.services import check_shared, has_begun
from org_files.links.tokens import digest_of
from org_files.models import LinkState, ShareLink
from org_files.tiers import TIER


def open_link(
    token: str, *, may_resume: bool = False, address: str = "", user_agent: str = ""
) -> ShareLink:
    """Return the link of ``token``, if it opens now. A password isn't asked for here.

    A link that is used up opens for a requester who began a download through it, where
    ``may_resume``. Raises ``ShareLink.DoesNotExist`` for a token of no link, and ``LinkOver`` for a
    link that has ended or that its creator could not make now; both after the same statements.
    """
    link, decoy = find_link(token), decoy_link()
    asked = link or decoy
    is_shared = asked is not None and _could_be_made(asked)
    has_started = (
        asked is not None
        and may_resume
        and has_begun(asked, address=address, user_agent=user_agent)
    )
    if link is None:
        raise ShareLink.DoesNotExist
    state = link.state_at(timezone.now())
    opens = state is LinkState.ACTIVE or (state is LinkState.EXHAUSTED and has_started)
    if not (is_shared and opens):
        raise LinkOver
    return link


def check_use(link: ShareLink, *, is_partial: bool) -> None:
    """Raise ``LinkOver`` for a link that has ended, except for a part of its content."""
    if not is_partial and link.state_at(timezone.now()) is not LinkState.ACTIVE:
        raise LinkOver


def find_link(token: str) -> ShareLink | None:
    """Return the link that ``token`` is of, over or not; ``None`` where it is of none."""
    # By the digest, so that the time of the lookup tells nothing about other tokens.
    digest = digest_of(token)
    link = _links().filter(token_digest=digest).first()
    return link if link is not None and hmac.compare_digest(digest, link.token_digest) else None


def decoy_link() -> ShareLink | None:
    """Return the first link: looked at so that unknown tokens take equally long."""
    return _links().order_by("pk").first()


def _links() -> QuerySet[ShareLink]:
    return ShareLink.objects.select_related("file", f"file__{TIER}", "created_by")


def _could_be_made(link: ShareLink) -> bool:
    """Return whether the creator of the link could make it now."""
    creator = link.created_by
    may_share = get_policy().may_share(creator, link.file)
    try:
        check_shared(link.file, link.rendition)
    except (InvalidField, HeightNotInTier, LinksNotInTier, OriginalNotInTier):
        return False
    return bool(creator.is_active and may_share)
