"""Events of accounts, and receivers of Django's signals of logins."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from org_files import events
from org_files.accounts.profile import login_field, with_login
from org_files.events.addresses import address_of

#: Characters of a refused login name that are recorded, at most a third of it: people type their
#: passwords there.
SHOWN = 2

events.register(
    *("user.registered", "user.login", "user.login_failed", "user.logout"),
    logger="org_files.accounts",
    object_type="user",
)


def record_login(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record that a session began, by the API, the admin site or a form of the site."""
    with _context_of(request):
        events.record("user.login", obj=user, actor=user, by="session")


def record_logout(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record that a user ended a session."""
    if user is not None:
        with _context_of(request):
            events.record("user.logout", obj=user, actor=user, by="session")


def record_failed_login(
    sender: Any, credentials: Mapping[str, Any], request: Any = None, **kwargs: Any
) -> None:
    """Record a refused login, and also the denial if the account is disabled."""
    if not events.wanted("user.login_failed", logging.WARNING):
        return
    # Forms send "username" for any login field.
    name = str(credentials.get(login_field()) or credentials.get("username") or "")
    user = with_login(name).first() if name.isprintable() else None
    refusal: Any = {"obj": user, "outcome": "refused", "level": logging.WARNING}
    with _context_of(request):
        login = f"{name[: min(SHOWN, len(name) // 3)]}***"
        events.record("user.login_failed", **refusal, login=login)
        if not getattr(user, "is_active", True):
            events.record("access.denied", **refusal, code="user_inactive")


def _context_of(request: Any) -> AbstractContextManager[None]:
    """Return the context of ``request``, if there is one: the admin site has no view of ours."""
    return nullcontext() if request is None else events.request_context(request, address_of)
