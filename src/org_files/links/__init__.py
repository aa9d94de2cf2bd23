"""Services, tokens and passwords of share links."""

from org_files.links.passwords import forget_attempts, opens
from org_files.links.services import (
    LinkBounds,
    bounds_of,
    change_link,
    check_shared,
    create_link,
    decoy_link,
    ended_links,
    find_link,
    has_begun,
    redeem,
    remove_ended_links,
    revoke_link,
)
from org_files.links.tokens import token_of

__all__ = [
    "LinkBounds",
    "bounds_of",
    "change_link",
    "check_shared",
    "create_link",
    "decoy_link",
    "ended_links",
    "find_link",
    "forget_attempts",
    "has_begun",
    "opens",
    "redeem",
    "remove_ended_links",
    "revoke_link",
    "token_of",
]
