"""Discarding of what a view has left unread of a request's body, within bounds.

Most clients read the answer only after they have sent the whole request. A server that closes the
connection before would reset it, and the client would never see the answer.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.http import HttpRequest

logger = logging.getLogger("org_files.rest")

#: The most bytes and seconds that are read.
MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 10

BLOCK_SIZE = 64 * 1024

# WSGI servers that answer "Expect: 100-continue" themselves, before they call the application.
ANSWERING_SERVERS = ("gunicorn", "WSGIServer", "waitress")


def drain_when_closed(request: HttpRequest) -> None:
    """Let ``request`` discard the rest of its body when it is closed: its answer is sent by then.

    Under ASGI the body has been received, or ``org_files.http.asgi`` discards it.
    """
    if hasattr(request, "scope"):
        return
    close = request.close

    def drain_and_close() -> None:
        drain(request)
        close()

    request.close = drain_and_close  # type: ignore[method-assign]


def drain(request: HttpRequest) -> None:
    """Read and discard at most ``MAX_BYTES`` of a body, for at most ``MAX_SECONDS``.

    Time is looked at between reads. A read of gunicorn, which has no timeout, is cut off; those of
    other servers end by their own timeouts.
    """
    stream = _unread(request)
    if stream is None or _awaits_continue(request):
        return
    deadline = time.monotonic() + MAX_SECONDS
    received = 0
    with _time_limit(request):
        try:
            while received < MAX_BYTES and time.monotonic() < deadline:
                block = stream.read(min(BLOCK_SIZE, MAX_BYTES - received))
                if not block:
                    return
                received += len(block)
        except Exception as error:  # noqa: BLE001 -- of any server, after the answer is sent
            logger.debug("The rest of a body cannot be read: %s.", type(error).__name__)


def _unread(request: HttpRequest) -> Any:
    """Return the stream of a body that has not been read to its end, or ``None``."""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        # Django reads nothing of a body in chunks. Not every server says where one ends.
        return request.META.get("wsgi.input_terminated") and request.META["wsgi.input"]
    stream: Any = getattr(request, "_stream", None)
    return stream if getattr(stream, "_pos", 0) < getattr(stream, "limit", 0) else None


def _awaits_continue(request: HttpRequest) -> bool:
    """Return whether the client sends its body only after a read of it, which answers 100."""
    return (
        request.META.get("HTTP_EXPECT", "").lower() == "100-continue"
        and not request._read_started  # type: ignore[attr-defined]
        and not request.META.get("SERVER_SOFTWARE", "").startswith(ANSWERING_SERVERS)
    )


@contextmanager
def _time_limit(request: HttpRequest) -> Iterator[None]:
    """End reads of gunicorn's socket after ``MAX_SECONDS``, also one that blocks."""
    connection = request.META.get("gunicorn.socket")
    # Requests of HTTP/2 share a connection.
    if connection is None or not request.META.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
        yield
        return

    def stop_reading() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    timer = threading.Timer(MAX_SECONDS, stop_reading)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        # The next request of the connection is not cut off.
        timer.join()
