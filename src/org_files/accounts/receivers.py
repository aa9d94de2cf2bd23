"""Events of accounts, and receivers of Django's signals of logins."""

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from org_files import events
from org_files.accounts.profile import login_field, with_login

#: Characters of a refused login name that are recorded, at most a third of it: people type their
#: passwords there.
SHOWN = 2

events.register(
    *("user.registered", "user.login", "user.login_failed", "user.logout"),
    logger="org_files.accounts",
    object_type="user",
)


# Without a sender: a site's backends may return users of any class.
@receiver([user_logged_in, user_logged_out])
def record_session(sender: Any, signal: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record that a session began or ended, by the API, the admin site or a form of the site."""
    if user is not None:
        event = "user.login" if signal is user_logged_in else "user.logout"
        with events.request_context(request):
            events.record(event, obj=user, actor=user, by="session")


@receiver(user_login_failed)
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
    with events.request_context(request):
        login = f"{name[: min(SHOWN, len(name) // 3)]}***"
        events.record("user.login_failed", **refusal, login=login)
        if not getattr(user, "is_active", True):
            events.record("access.denied", **refusal, code="user_inactive")
