"""Interim answers (RFC 9110 §15.2) under the ASGI servers that can send them.

These are servers that announce ``http.response.informational``, gunicorn's ASGI worker, and uvicorn
over HTTP/1.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextvars import copy_context
from typing import Any

EXTENSION = "http.response.informational"

#: Seconds that a thread waits until an interim answer is sent.
TIMEOUT = 5

#: Takes status, reason phrase and headers; returns whether the answer was sent.
Sender = Callable[[int, str, Mapping[str, str]], bool]


def interim_sender(scope: Any, send: Any) -> Sender | None:
    """Return a function that sends an interim answer from another thread, ``None`` if none can."""
    if not _can_send(scope, send):
        return None
    loop, context = asyncio.get_running_loop(), copy_context()

    def send_interim(status: int, reason: str, headers: Mapping[str, str]) -> bool:
        pending = context.copy().run(
            asyncio.run_coroutine_threadsafe, _send(send, status, reason, headers), loop
        )
        try:
            return pending.result(TIMEOUT)
        except (OSError, RuntimeError, TimeoutError, CancelledError):
            return False

    return send_interim


def _can_send(scope: Any, send: Any) -> bool:
    if scope.get("http_version") == "1.0":
        return False
    is_known = getattr(send, "__module__", "") == "gunicorn.asgi.protocol"
    is_uvicorn = _cycle(send) is not None and scope.get("http_version") == "1.1"
    return is_known or is_uvicorn or EXTENSION in (scope.get("extensions") or {})


def _cycle(send: Any) -> Any:
    """Return the request cycle of uvicorn that has ``send``, which takes no such messages."""
    cycle = getattr(send, "__self__", None)
    return cycle if type(cycle).__module__.startswith("uvicorn.protocols.http.") else None


async def _send(send: Any, status: int, reason: str, headers: Mapping[str, str]) -> bool:
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    cycle = _cycle(send)
    if cycle is None:
        await send({"type": EXTENSION, "status": status, "headers": pairs})
        return True
    if cycle.response_started or cycle.disconnected:
        return False
    lines = [b"HTTP/1.1 %d %s" % (status, reason.encode("latin-1"))]
    lines += [b"%s: %s" % pair for pair in pairs]
    cycle.transport.write(b"\r\n".join([*lines, b"", b""]))
    return True
