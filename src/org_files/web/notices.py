"""Sentences for the next page, kept in the session: what was done, and how to undo it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

SESSION_KEY = "org_files_web_notices"

#: A client that shows no page must not make the session grow.
MAX_NOTICES = 5


def add(request: HttpRequest, text: str, *, undo: Sequence[Any] = ()) -> None:
    """Show ``text`` on the next page of ``request``'s session, with the ``MAX_NOTICES`` newest.

    ``undo`` are public ids of files that the page offers to take out of the trash.
    """
    kept = request.session.get(SESSION_KEY, [])[1 - MAX_NOTICES :]
    notice = {"text": str(text), "undo": [str(public_id) for public_id in undo]}
    request.session[SESSION_KEY] = [*kept, notice]


def take(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sentences that were not shown yet, and forget them."""
    # A session that was not read stays unread: pages for outsiders need none.
    session = getattr(request, "session", None)
    if session is None or SESSION_KEY not in session:
        return []
    found: list[dict[str, Any]] = session.pop(SESSION_KEY)
    return found
