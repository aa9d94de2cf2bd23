"""Services, tokens and passwords of share links."""

from org_files.links.opening import check_use, find_link, has_begun, open_link, redeem
from org_files.links.passwords import forget_attempts, opens
from org_files.links.services import (
    LinkBounds,
    bounds_of,
    change_link,
    check_shared,
    create_link,
    ended_links,
    remove_ended_links,
    revoke_link,
    token_of,
)

__all__ = [
    "LinkBounds",
    "bounds_of",
    "change_link",
    "check_shared",
    "check_use",
    "create_link",
    "ended_links",
    "find_link",
    "forget_attempts",
    "has_begun",
    "open_link",
    "opens",
    "redeem",
    "remove_ended_links",
    "revoke_link",
    "token_of",
]
