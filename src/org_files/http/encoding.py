"""Checks that texts of requests are UTF-8. Django replaces bytes that are not."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from django.http import HttpRequest, HttpResponseBadRequest

from org_files.exceptions import InvalidUTF8

REPLACEMENT = "\ufffd"

#: Bytes that are not UTF-8, as Python's "surrogateescape" writes them.
UNDECODED = re.compile("[\udc80-\udcff]")

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def refuse_undecodable_query(request: HttpRequest) -> None:
    """Raise ``InvalidUTF8`` for a parameter of the URL that is not UTF-8."""
    query = request.META.get("QUERY_STRING", "")
    # PEP 3333: bytes as Latin-1. In ASGI, Django has decoded them.
    is_asgi = hasattr(request, "scope")
    refuse_undecodable_pairs(query.encode(*(("utf-8", "replace") if is_asgi else ("latin-1",))))


def refuse_undecodable_pairs(data: bytes) -> None:
    """Raise ``InvalidUTF8`` for a name or a value of a query or form that is not UTF-8."""
    # No byte of a longer sequence is "&" or "=": the whole is UTF-8 if all of its pieces are.
    if _is_utf_8(data):
        return
    for pair in data.split(b"&"):
        if not _is_utf_8(pair):
            name = pair.partition(b"=")[0].decode("utf-8", "replace")
            raise InvalidUTF8(unquote(name.replace("+", " ")))


def refuse_replaced(request: HttpRequest) -> None:
    """Raise ``InvalidUTF8`` for a replacement character in a multipart form that Django parsed.

    Its bytes are gone, so one that was typed is refused, too.
    """
    for name, values in request.POST.lists():
        if any(REPLACEMENT in text for text in (name, *values)):
            raise InvalidUTF8(name)


def has_undecodable_path(request: HttpRequest) -> bool:
    """Return whether the path is not UTF-8."""
    scope: Any = getattr(request, "scope", {})
    sent = request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or ""
    raw = scope.get("raw_path") or sent.encode("latin-1")
    if raw:  # Not all servers say it.
        return not _is_utf_8(raw.partition(b"?")[0])
    # The server has replaced other bytes in ASGI. In WSGI, Django leaves them percent-encoded.
    path = request.path_info
    return REPLACEMENT in path if scope else not _is_utf_8(path.encode())


def only_utf_8(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a view of Django: a parameter or a field of a form that is not UTF-8 is a 400."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            refuse_undecodable_query(request)
            if request.content_type == FORM:
                refuse_undecodable_pairs(request.body)
            elif request.content_type == MULTIPART:
                refuse_replaced(request)
        except InvalidUTF8 as error:
            return HttpResponseBadRequest(error.message, content_type="text/plain; charset=utf-8")
        return view(request, *args, **kwargs)

    return checked


def _is_utf_8(data: bytes) -> bool:
    """Return whether percent-encoded ``data`` is UTF-8."""
    try:
        unquote_to_bytes(data).decode()
    except UnicodeDecodeError:
        return False
    return True
