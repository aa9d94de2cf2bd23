"""Checks that texts of requests are UTF-8. Django replaces bytes that are not, or reads Latin-1."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from django.http import HttpRequest

from org_files.exceptions import InvalidUTF8

REPLACEMENT = "\ufffd"


def refuse_undecodable_query(request: HttpRequest) -> None:
    """Raise ``InvalidUTF8`` for a parameter of the URL that is not UTF-8."""
    query = request.META.get("QUERY_STRING", "")
    # PEP 3333: bytes as Latin-1. In ASGI, Django has decoded them.
    is_asgi = hasattr(request, "scope")
    refuse_undecodable_pairs(query.encode(*(("utf-8", "replace") if is_asgi else ("latin-1",))))


def refuse_undecodable_pairs(data: bytes) -> None:
    """Raise ``InvalidUTF8`` for a name or a value of a query or form that is not UTF-8."""
    # No byte of a longer sequence is "&" or "=": the whole is UTF-8 if all of its pieces are.
    if is_utf_8(data):
        return
    for pair in data.split(b"&"):
        if not is_utf_8(pair):
            name = pair.partition(b"=")[0].decode("utf-8", "replace")
            raise InvalidUTF8(unquote(name.replace("+", " ")))


def refuse_replaced(request: HttpRequest) -> None:
    """Raise ``InvalidUTF8`` for a replacement character in a multipart form that Django parsed.

    A middleware of the site read it before ``org_files.rest.multipart`` could.
    """
    was_read = hasattr(request, "_files") and "parse_file_upload" not in vars(request)
    if not was_read or request.content_type != "multipart/form-data":
        return
    for name, values in request.POST.lists():
        if any(REPLACEMENT in text for text in (name, *values)):
            raise InvalidUTF8(name)


def is_undecoded(path: Mapping[str, Any]) -> bool:
    """Return whether a part of a path is not UTF-8. Django leaves such bytes percent-encoded."""
    return any(
        REPLACEMENT in str(text) or not is_utf_8(str(text).encode()) for text in path.values()
    )


def is_utf_8(data: bytes) -> bool:
    """Return whether percent-encoded ``data`` is UTF-8."""
    try:
        unquote_to_bytes(data).decode()
    except UnicodeDecodeError:
        return False
    return True
