"""Bodies that are bytes of a file: read as they arrive, by no parser."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.request import UnreadablePostError
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request

from org_files.uploads.appending import Body

#: Bytes that are asked for at once: few from a slow client, so that few are lost with it.
MIN_BLOCK_SIZE = 16 * 1024
MAX_BLOCK_SIZE = 1024 * 1024

#: Seconds that a block may take to arrive, if the next one is to be larger.
QUICK = 0.2


def leave_body(request: HttpRequest) -> None:
    """Let no form be read from the body of ``request``, as the CSRF check would."""
    if not hasattr(request, "_post"):
        request._post = QueryDict(encoding="utf-8")  # type: ignore[attr-defined]
        request._files = MultiValueDict()  # type: ignore[attr-defined]


def leave_data(request: Request) -> None:
    """Let no parser read the body of ``request``, as the CSRF check of sessions would."""
    request._data = request._full_data = request._request.POST  # type: ignore[attr-defined]
    request._files = request._request.FILES  # type: ignore[attr-defined]


def length_of(request: HttpRequest) -> int | None:
    """Return the length of the body, or ``None`` where only its end tells it.

    That is a body in chunks, and one of HTTP/2 and HTTP/3 without Content-Length.
    """
    length, scope = request.META.get("CONTENT_LENGTH"), getattr(request, "scope", {})
    is_framed = not length and not scope.get("http_version", "1.1").startswith("1")
    if request.META.get("HTTP_TRANSFER_ENCODING") or is_framed:
        return None
    try:
        return max(int(length or 0), 0)
    except ValueError:
        return 0


def body_of(
    request: HttpRequest,
    *,
    digests: Mapping[str, bytes] | None = None,
    on_offset: Callable[[int], None] = lambda _offset: None,
) -> Body:
    """Return the body of ``request``."""
    length = length_of(request)
    read: Any = request.read
    if length is None and not hasattr(request, "scope"):
        # Django reads nothing of a body in chunks.
        read = request.META["wsgi.input"].read
    body = Body((), length, _stop_of(request), digests, on_offset)
    body.blocks = _blocks(read, body)
    return body


def _blocks(read: Callable[[int], bytes], body: Body) -> Iterator[bytes]:
    size = MIN_BLOCK_SIZE
    while True:
        began = monotonic()
        try:
            block = read(size)
        except (OSError, UnreadablePostError):
            body.is_cut = True
            return
        if not block:
            return
        yield block
        is_quick = len(block) == size and monotonic() - began < QUICK
        size = min(2 * size, MAX_BLOCK_SIZE) if is_quick else max(size // 2, MIN_BLOCK_SIZE)


def _stop_of(request: HttpRequest) -> Callable[[], None] | None:
    """Return a function that makes a read which waits end, where the server has one."""
    connection = request.META.get("gunicorn.socket")
    # Requests of HTTP/2 share a connection.
    if connection is not None and request.META.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
        return partial(_end_reads, connection)
    stop: Callable[[], None] | None = getattr(getattr(request, "_stream", None), "stop", None)
    return stop


def _end_reads(connection: socket.socket) -> None:
    # Not the method of a TLS connection, which would send the answer in clear.
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RD)
