"""Receivers of signals: deleted avatars, and logins."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from org_files.accounts.profile import login_field, with_login
from org_files.db.rows import all_rows
from org_files.events import record, request_context, wanted
from org_files.storage import original_storage
from org_files.storage.blobs import discard_with_row

#: Characters of a refused login name that are recorded, at most a third of it: people type their
#: passwords there.
SHOWN = 2


def discard_picture(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Remove the bytes of an avatar after its row, also if the account is deleted."""
    row = all_rows(sender).using(using).filter(pk=instance.pk)
    discard_with_row(original_storage(), instance.key, row)


def record_login(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record that a session began, by the API, the admin site or a form of the site."""
    with request_context(request):
        record("user.login", obj=user, actor=user, by="session")


def record_logout(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Record that a user ended a session."""
    if user is not None:
        with request_context(request):
            record("user.logout", obj=user, actor=user, by="session")


def record_failed_login(
    sender: Any, credentials: Mapping[str, Any], request: Any = None, **kwargs: Any
) -> None:
    """Record a refused login, and also the denial if the account is disabled."""
    if not wanted("user.login_failed", logging.WARNING):
        return
    # Forms send "username" for any login field.
    name = str(credentials.get(login_field()) or credentials.get("username") or "")
    user = with_login(name).first() if name.isprintable() else None
    with request_context(request):
        record(
            "user.login_failed",
            obj=user,
            outcome="refused",
            level=logging.WARNING,
            login=f"{name[: min(SHOWN, len(name) // 3)]}***",
        )
        if not getattr(user, "is_active", True):
            record(
                "access.denied",
                obj=user,
                outcome="refused",
                level=logging.WARNING,
                code="user_inactive",
            )
