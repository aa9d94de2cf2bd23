"""Django's ASGI application, in which this package's views read large bodies themselves."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any
from urllib.parse import quote

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.urls import Resolver404, resolve
from django.utils.asyncio import async_unsafe

from org_files.http import draining
from org_files.http.interim import interim_sender

ASCII = bytes(range(128))

#: A key of the scope: views read bodies as they arrive.
STREAMS = "org_files.streams"

#: A key of the scope: sends interim answers.
INTERIM = "org_files.interim"

#: Headers of requests whose body is bytes of an upload session, by the IETF draft.
OF_SESSIONS = (b"upload-complete", b"upload-incomplete")


def get_asgi_application() -> ASGIHandler:
    """Return the application of ``django.core.asgi``, which refuses large uploads early.

    Django receives a whole body before it calls a view. Here the views of this package read a large
    body as under WSGI: a refusal is sent before the rest of it is received, and with
    ``Expect: 100-continue`` before any of it. Other requests are Django's.
    """
    django.setup(set_prefix=False)
    return LateBodyHandler()


class LateBodyHandler(ASGIHandler):
    """Django's handler, except for requests with a large body to views of this package."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_http = scope["type"] == "http"
        # For views that tell how much of a body may be sent at once.
        scope = scope | {STREAMS: True}
        if is_http and not scope["query_string"].isascii() and _is_ours(scope):
            # Django would refuse other bytes than UTF-8 itself, without the name of the field.
            scope = scope | {"query_string": quote(scope["query_string"], ASCII).encode()}
        if is_http and is_late(scope):
            scope = scope | {INTERIM: interim_sender(scope, send)}
            receive = _LateBody(receive, scope)
            send = partial(receive.send, send)
        await super().__call__(scope, receive, send)

    async def read_body(self, receive: Any) -> Any:
        """Return the file of a body, in place of Django's temporary file for a large one."""
        if isinstance(receive, _LateBody):
            return receive
        return await super().read_body(receive)


class _LateBody(io.RawIOBase):
    """A body that is received while a thread reads it, one block ahead."""

    BLOCK_SIZE = 32 * 1024
    MAX_BLOCK_SIZE = 2 * 1024 * 1024
    #: Of blocks in memory, which may be of one byte each.
    MAX_BLOCKS = 256
    #: Seconds after which a thread gets what a slow client has sent.
    MAX_WAIT = 0.5

    def __init__(self, receive: Any, scope: Any) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._block_size = self.BLOCK_SIZE
        self._data: list[Any] = []
        # The blocks that are being received.
        self._next: Future[list[Any]] | None = None
        self._ended = False
        # The client is gone, or is to send no more; what it has sent before is read first.
        self._is_cut = False
        self._task: asyncio.Task[Any] | None = None
        self._is_due = False
        # The task was cancelled here, and not by the server or by a timeout.
        self._is_interrupted = False
        # HTTP/2 ends a stream, and forbids the header (RFC 9113 §8.2.2).
        self._is_http_1 = scope.get("http_version", "").startswith("1")
        # The first message that is received makes the server answer 100.
        self._awaits_continue = _expects_continue(dict(scope["headers"]))

    async def __call__(self) -> Any:
        """Wait, in place of Django's wait for a disconnect: a read tells of it here."""
        await self._loop.create_future()

    @async_unsafe("A large body of org_files.http.asgi is read in a thread.")
    def read(self, size: int | None = -1) -> bytes:
        """Return the next block, of at most ``size`` bytes, or the whole rest."""
        if size is None or size < 0:
            return self.readall()
        while not self._data and (self._next or not self._ended):
            self._data = (self._next or self._receive_blocks()).result()
            self._next = None if self._ended else self._receive_blocks()
        if not self._data:
            return b""
        block = self._data.pop(0)
        if len(block) > size:
            self._data.insert(0, memoryview(block)[size:])
        return bytes(block[:size])

    def stop(self) -> None:
        """Have a read that waits return what has arrived, and the next one raise an error."""
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        self._is_cut = True
        self._interrupt()

    def _interrupt(self) -> None:
        if self._task is not None and not self._is_interrupted:
            self._is_interrupted = self._task.cancel()

    async def send(self, send: Any, message: Any) -> None:
        """Send a message of the answer; before the last one ends it, discard the rest of the body.

        Servers give no more of a body once the answer has ended. They would read it to its end
        themselves, however large and slow, but for the header that ends the connection.
        """
        if message["type"] == "http.response.start" and not self._ended and self._is_http_1:
            message = message | {"headers": [*message["headers"], (b"Connection", b"close")]}
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if is_last and not self._ended and not self._awaits_continue:
            await send(message | {"more_body": True})
            await self._drain()
            message = {"type": "http.response.body"}
        await send(message)

    def _receive_blocks(self) -> Future[list[Any]]:
        # Not in the context of the thread that reads: where this makes the server take the
        # connection up again, the requests that follow on it begin in that context.
        context = self._context.copy()
        return context.run(asyncio.run_coroutine_threadsafe, self._blocks(), self._loop)

    async def _blocks(self) -> list[Any]:
        """Return several blocks: each wait of the reading thread costs time.

        They grow in number, so that a refusal of the first bytes does not wait for many.
        """
        self._awaits_continue = False
        wanted, size = self._block_size, 0
        self._block_size = min(2 * wanted, self.MAX_BLOCK_SIZE)
        blocks: list[Any] = []
        if self._is_cut:
            raise ConnectionResetError
        self._task, self._is_due = asyncio.current_task(), False
        timer = self._loop.call_later(self.MAX_WAIT, self._hurry, blocks)
        try:
            while not self._ended and size < wanted and len(blocks) < self.MAX_BLOCKS:
                if self._is_due and blocks:
                    break
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    self._is_cut = True
                    break
                self._ended = not message.get("more_body")
                if body := message.get("body"):
                    blocks.append(body)
                    size += len(body)
        except asyncio.CancelledError:
            is_interrupted, self._is_interrupted = self._is_interrupted, False
            # A timeout, or the server, may have cancelled the task as well.
            if not is_interrupted or (self._task and self._task.uncancel()):
                raise
        finally:
            self._task = None
            timer.cancel()
        return blocks

    def _hurry(self, blocks: list[Any]) -> None:
        self._is_due = True
        if blocks:
            self._interrupt()

    async def _drain(self) -> None:
        received = 0
        with suppress(ConnectionResetError, TimeoutError):
            async with asyncio.timeout(draining.MAX_SECONDS):
                if self._next:
                    await asyncio.wrap_future(self._next)
                while received < draining.MAX_BYTES and not self._ended:
                    received += sum(map(len, await self._blocks()))


def is_late(scope: Any) -> bool:
    """Return whether a view of this package reads the body of a request as it arrives."""
    view = _view_of(scope)
    if not getattr(view, "reads_large_bodies", False):
        return False
    names = {name for name, _value in scope["headers"]}
    is_session = getattr(view, "takes_bytes", False) or not names.isdisjoint(OF_SESSIONS)
    has_body = scope["method"] in ("POST", "PATCH") and _may_have_body(scope)
    return _is_large(scope) or (is_session and has_body)


def _may_have_body(scope: Any) -> bool:
    headers = dict(scope["headers"])
    # HTTP/2 and HTTP/3 tell the end of a body by their frames.
    is_framed = not scope.get("http_version", "1.1").startswith("1")
    usual = b"" if is_framed or b"transfer-encoding" in headers else b"0"
    return bool(headers.get(b"content-length", usual) != b"0")


def _is_large(scope: Any) -> bool:
    """Return whether Django would write the body to disk, or has no measure of it."""
    headers = dict(scope["headers"])
    try:
        length = int(headers.get(b"content-length", b"0"))
    except ValueError:
        return False
    is_large = length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    return is_large or b"transfer-encoding" in headers or _expects_continue(headers)


def _expects_continue(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"expect", b"").lower() == b"100-continue"


def _is_ours(scope: Any) -> bool:
    """Return whether a view answers the path that says so by ``reads_large_bodies``."""
    return getattr(_view_of(scope), "reads_large_bodies", False)


def _view_of(scope: Any) -> Any:
    """Return the class of the view that answers the path, ``None`` if there is none."""
    try:
        found = resolve(scope["path"].removeprefix(get_script_prefix(scope)))
    except Resolver404:
        return None
    return getattr(found.func, "cls", None)
