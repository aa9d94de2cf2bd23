"""Events of accounts."""

from __future__ import annotations

from org_files import events

events.register(
    "user.registered",
    "user.login",
    "user.login_failed",
    "user.logout",
    logger="org_files.accounts",
    object_type="user",
)
