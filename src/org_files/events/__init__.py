"""Events: what somebody did, or was refused, each as one record of a logger below ``org_files``.

A record has, beside a message that can be read, the attributes ``event``, ``outcome``, ``actor``,
``object_type``, ``object_id``, ``organization``, ``address``, ``request_id`` (texts, empty where
there is none) and ``details`` (a dictionary). Where they go is up to the site's ``LOGGING``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import cache, partial
from typing import Any, Literal
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import empty

from org_files.events.refusals import refused

__all__ = ["EVENTS", "Outcome", "answering", "record", "record_on_commit", "wanted"]

#: What there is to record.
EVENTS = (
    "user.registered",
    "user.login",
    "user.login_failed",
    "user.logout",
    "file.stored",
    "file.changed",
    "file.trashed",
    "file.restored",
    "file.purged",
    "file.downloaded",
    "link.created",
    "link.used",
    "link.revoked",
    "member.changed",
    "access.denied",
    "quota.refused",
    "job.ran",
)

Outcome = Literal["ok", "refused", "failed"]

# By what stands before the dot: the logger below ``org_files``, and what the object of these is.
_KINDS = {
    "user": ("accounts", "user"),
    "file": ("files", "file"),
    "link": ("links", "link"),
    "member": ("organizations", "user"),
    "access": ("access", "user"),
    "quota": ("files", "organization"),
    "job": ("maintenance", "job"),
}


class answering:  # noqa: N801 -- reads as what it is: with answering(request, ...)
    """What is recorded within is of ``request``.

    ``address_of`` is asked for the client's address, and whoever is logged in looked up, where
    something is recorded. One within another of the same request, as of a view within a middleware,
    changes nothing.
    """

    __slots__ = ("_address_of", "_request", "_request_id", "_token")

    def __init__(self, request: Any, address_of: Callable[[HttpRequest], str]) -> None:
        # Django's, where the one of Django REST framework is given.
        self._request: HttpRequest = getattr(request, "_request", request)
        self._address_of = address_of
        self._request_id = ""
        self._token: Token[answering | None] | None = None

    def __enter__(self) -> None:
        current = _current.get()
        if current is None or current._request is not self._request:
            self._token = _current.set(self)

    def __exit__(self, *error: object) -> None:
        if self._token is not None:
            _current.reset(self._token)

    @property
    def actor(self) -> Any:
        """Who is logged in, as far as that is known: no query is made to find out."""
        return known_user(getattr(self._request, "user", None))

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self._address_of(self._request)

    @property
    def request_id(self) -> str:
        """An id of our own making, the same for everything that is recorded of the request."""
        if not self._request_id:
            self._request_id = uuid4().hex
        return self._request_id


_current: ContextVar[answering | None] = ContextVar("org_files_events", default=None)


def known_user(user: Any) -> Any:
    """Return ``user``, or ``None`` for one whom nobody has looked up yet: this asks nothing."""
    return None if getattr(user, "_wrapped", user) is empty else user


def wanted(event: str, level: int = logging.INFO) -> bool:
    """Return whether the site's ``LOGGING`` takes ``event`` at ``level``."""
    return _logger_of(event).isEnabledFor(level)


def record(
    event: str,
    *,
    obj: Any = None,
    organization: Any = None,
    actor: Any = None,
    object_type: str | None = None,
    outcome: Outcome = "ok",
    level: int = logging.INFO,
    **details: Any,
) -> None:
    """Record that ``event``, one of ``EVENTS``, has happened.

    ``obj``, ``organization`` and ``actor`` are rows, or their ids; who acts is by default whoever
    the request under way is of. ``object_type`` says what ``obj`` is where the event alone does
    not: what is refused may be ``"file"``, ``"organization"`` or ``"user"``. ``details`` are texts,
    numbers, and lists of these. Of what is ``refused``, the first of a minute is recorded at once,
    and the others of the same actor, address and code as one record with ``count``.
    """
    logger = _logger_of(event)
    if not logger.isEnabledFor(level):
        return
    current = _current.get()
    if actor is None and current is not None:
        actor = current.actor
    object_type = object_type or _kind_of(event)[1]
    # As the API does: files and links are known by their public ids, all else by its key.
    identity = _id_of(obj, "public_id" if object_type in ("file", "link") else "pk")
    fields = {
        "event": event,
        "outcome": outcome,
        "actor": _id_of(actor),
        "object_type": object_type if identity else "",
        "object_id": identity,
        "organization": _id_of(organization),
        "address": "" if current is None else current.address,
        "request_id": "" if current is None else current.request_id,
        "details": details,
    }
    write = partial(_write, logger, level)
    if outcome == "refused":
        refused.add(fields, write)
    else:
        write(fields)


def _write(logger: logging.Logger, level: int, fields: dict[str, Any]) -> None:
    # By hand, since logging's ``extra`` raises where the site's own records have one of the names.
    made = logger.makeRecord(logger.name, level, __file__, 0, _message(fields), (), None, "record")
    made.__dict__.update(fields)
    logger.handle(made)


def record_on_commit(
    event: str, *, using: str | None, level: int = logging.INFO, **values: Any
) -> None:
    """Record ``event`` when the transaction under way on the database ``using`` is committed.

    Takes the rest as ``record`` does. What is rolled back has not happened.
    """
    if wanted(event, level):
        transaction.on_commit(
            partial(record, event, level=level, **values), using=using, robust=True
        )


def _kind_of(event: str) -> tuple[str, str]:
    return _KINDS[event.partition(".")[0]]


@cache
def _logger_of(event: str) -> logging.Logger:
    # Not at import: a site's LOGGING may disable every logger that is there before it.
    return logging.getLogger(f"org_files.{_kind_of(event)[0]}")


def _id_of(thing: Any, name: str = "pk") -> str:
    """Return the id of a row; what is no row is an id already."""
    identity = getattr(thing, name, thing)
    return "" if identity is None else str(identity)


def _message(fields: dict[str, Any]) -> str:
    shown = {
        fields["object_type"]: fields["object_id"],
        "organization": fields["organization"],
        "actor": fields["actor"],
        "address": fields["address"],
        "request": fields["request_id"],
        **fields["details"],
    }
    pairs = [f"{name}={_shown(value)}" for name, value in shown.items() if value != ""]
    return " ".join([fields["event"], fields["outcome"], *pairs])


def _shown(value: Any) -> str:
    """Return a value so that a line stays one line, and a blank never ends a text."""
    text = str(value)
    plain = text.isprintable() and not any(mark in text for mark in " '\"=")
    return text if plain else repr(value)
