"""Events: actions and refusals, each one record of a logger below ``org_files``.

A record has, beside its message, the attributes ``event``, ``outcome``, ``actor``,
``object_type``, ``object_id``, ``organization``, ``address``, ``request_id`` (texts, empty where
unknown) and ``details`` (a dictionary). The site's ``LOGGING`` says where records go.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import empty

from org_files.events.addresses import address_of
from org_files.events.refusals import refused

Outcome = Literal["ok", "refused", "failed"]


class Event(NamedTuple):
    """The logger that records an event, and the type of the event's object."""

    logger: str
    object_type: str


#: Registered events, by name.
EVENTS: dict[str, Event] = {}


def register(*names: str, logger: str, object_type: str) -> None:
    """Register events for ``record``: their logger, and the usual type of their objects."""
    EVENTS.update(dict.fromkeys(names, Event(logger, object_type)))


register(
    "file.stored",
    "file.changed",
    "file.trashed",
    "file.restored",
    "file.purged",
    "file.downloaded",
    logger="org_files.files",
    object_type="file",
)
register("link.created", "link.used", "link.revoked", logger="org_files.links", object_type="link")
register(
    *("upload.started", "upload.completed", "upload.cancelled"),
    logger="org_files.files",
    object_type="upload",
)
register("member.changed", logger="org_files.organizations", object_type="user")
register("access.denied", logger="org_files.access", object_type="user")
register("quota.refused", logger="org_files.files", object_type="organization")
register("job.ran", logger="org_files.maintenance", object_type="job")


# The current request and its id.
_current: ContextVar[tuple[HttpRequest | None, str]] = ContextVar(
    "org_files_events", default=(None, "")
)


@contextmanager
def request_context(request: Any) -> Iterator[None]:
    """Record events within this context as events of ``request``.

    Has no effect without a request, or within another context of the same one, as of a view within
    a middleware.
    """
    # Django's request, also where Django REST framework's is given.
    request = getattr(request, "_request", request)
    if request is None or _current.get()[0] is request:
        yield
        return
    token = _current.set((request, uuid4().hex))
    try:
        yield
    finally:
        _current.reset(token)


def known_user(user: Any) -> Any:
    """Return ``user``, or ``None`` for a lazy one that is not loaded yet. Makes no query."""
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

    ``obj``, ``organization`` and ``actor`` are rows or ids. ``actor`` is by default the user of the
    current request. ``object_type`` is given where it differs from the event's: ``access.denied``
    may be of a ``"file"``, an ``"organization"`` or a ``"user"``. ``details`` are texts, numbers,
    and lists of these. Of events whose outcome is ``refused``, the first of a minute is recorded at
    once; later ones of the same actor, address and code are one more record, with ``count``.
    """
    logger = _logger_of(event)
    if not logger.isEnabledFor(level):
        return
    request, request_id = _current.get()
    if actor is None:
        actor = known_user(getattr(request, "user", None))
    object_type = object_type or EVENTS[event].object_type
    # As in the API: public ids of files and links, primary keys of everything else.
    object_id = _id_of(obj, "public_id" if object_type in ("file", "link") else "pk")
    fields = {
        "event": event,
        "outcome": outcome,
        "actor": _id_of(actor),
        "object_type": object_type if object_id else "",
        "object_id": object_id,
        "organization": _id_of(organization),
        "address": "" if request is None else address_of(request),
        "request_id": request_id,
        "details": details,
    }
    write = partial(_write, logger, level)
    if outcome == "refused":
        refused.add(fields, write)
    else:
        write(fields)


def record_on_commit(
    event: str, *, using: str | None, level: int = logging.INFO, **values: Any
) -> None:
    """Record ``event`` when the current transaction of the database ``using`` is committed.

    Takes the other arguments of ``record``. After a rollback nothing is recorded.
    """
    if wanted(event, level):
        transaction.on_commit(
            partial(record, event, level=level, **values), using=using, robust=True
        )


def _logger_of(event: str) -> logging.Logger:
    # Not at import: LOGGING may disable the loggers that exist before it.
    return logging.getLogger(EVENTS[event].logger)


def _write(logger: logging.Logger, level: int, fields: dict[str, Any]) -> None:
    # ``extra`` of logging raises where the site's record factory sets one of these names.
    made = logger.makeRecord(logger.name, level, __file__, 0, _message(fields), (), None, "record")
    vars(made).update(fields)
    logger.handle(made)


def _id_of(row: Any, name: str = "pk") -> str:
    """Return the id of a row; other values are ids already."""
    value = getattr(row, name, row)
    return "" if value is None else str(value)


def _message(fields: dict[str, Any]) -> str:
    shown = {
        fields["object_type"]: fields["object_id"],
        "organization": fields["organization"],
        "actor": fields["actor"],
        "address": fields["address"],
        "request": fields["request_id"],
        **fields["details"],
    }
    pairs = [f"{name}={_quoted(value)}" for name, value in shown.items() if value != ""]
    return " ".join([fields["event"], fields["outcome"], *pairs])


def _quoted(value: Any) -> str:
    """Return a value on one line, in quotes where it could be taken for another field."""
    text = str(value)
    is_plain = text.isprintable() and not any(mark in text for mark in " '\"=")
    return text if is_plain else repr(value)
