"""Tickets: URLs by which a browser that can send no header fetches one file for a while."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from org_files import conf
from org_files.db.keys import parse_pk
from org_files.models import AbstractFile

PARAMETER = "ticket"
SALT = "org_files.tickets"


def new_ticket(*, user: Any, file: AbstractFile, height: int | None) -> tuple[str, datetime]:
    """Return the query of a URL by which ``user`` fetches ``file`` or one height, and its end.

    Whether the user may read the file is asked again each time.
    """
    values = [str(user.pk), str(file.public_id), height, _stamp(user.get_session_auth_hash())]
    until = timezone.now() + timedelta(seconds=conf.ticket_seconds())
    return urlencode({PARAMETER: signing.dumps(values, salt=SALT)}), until


class TicketAuthentication(authentication.BaseAuthentication):
    """Authentication by a ticket of the file and the height in the URL."""

    def authenticate(self, request: Request) -> tuple[Any, str]:
        """Return the user of the ticket. Raises ``AuthenticationFailed``."""
        ticket = request.query_params.get(PARAMETER, "")
        refused = exceptions.AuthenticationFailed(_("The ticket is not valid, or not any more."))
        try:
            values = signing.loads(ticket, salt=SALT, max_age=conf.ticket_seconds())
        except (signing.BadSignature, ValueError):
            raise refused from None
        key, public_id, height, stamp = values
        kwargs = request.parser_context["kwargs"]
        asked, expected = kwargs.get("height"), None if height is None else str(height)
        is_right = public_id == kwargs["id"] and expected == asked
        model = get_user_model()
        users = model._default_manager.filter(pk=parse_pk(model, key))
        user: Any = users.first() if is_right else None
        if user is None or not user.is_active or not _has_stamp(user, stamp):
            raise refused
        return user, PARAMETER


def _stamp(session_hash: str) -> str:
    """Return a digest that changes with the password, so that a new one ends tickets."""
    return hashlib.sha256(f"{SALT}:{session_hash}".encode()).hexdigest()[:32]


def _has_stamp(user: Any, stamp: str) -> bool:
    """Return whether ``stamp`` is the user's, by ``SECRET_KEY`` or one of its fallbacks."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(stamp, _stamp(each)) for each in hashes)
