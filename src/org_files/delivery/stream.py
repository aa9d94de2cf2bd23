"""Delivery by Django itself: right everywhere, and the reference for the other backends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from org_files.delivery.base import Deliverable, DeliveryBackend
from org_files.delivery.conditional import Plan
from org_files.exceptions import ContentUnavailable, StorageUnavailable

__all__ = ["StreamDelivery"]

BLOCK_SIZE = 256 * 1024


class StreamDelivery(DeliveryBackend):
    """Reads from the storage and streams: ``wsgi.file_wrapper`` under WSGI, an async iterator
    under ASGI. In memory there is one block at a time."""

    def respond(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        """Open the content and return a streaming response of it."""
        content = _open(item.storage, item.key, plan.range.start if plan.range else 0)
        length = plan.range.length if plan.range else item.size
        if hasattr(request, "scope"):  # ASGI
            return _AsyncFileResponse(content, length, status=plan.status)
        if plan.is_partial:
            return _FileResponse(_Part(content, length), status=plan.status)
        # Whole, and not wrapped: the server may hand the descriptor to sendfile(2).
        return _FileResponse(content, status=plan.status)


def _open(storage: Storage, key: str, start: int) -> Any:
    try:
        content = storage.open(key, "rb")
    except FileNotFoundError as error:
        raise ContentUnavailable from error
    except (OSError, SuspiciousFileOperation) as error:
        raise StorageUnavailable from error
    if start:
        try:
            content.seek(start)
        except OSError as error:
            content.close()
            raise StorageUnavailable from error
    return content


class _FileResponse(FileResponse):
    block_size = BLOCK_SIZE

    def set_headers(self, filelike: Any) -> None:
        """Leave the headers to ``DeliveryBackend``, which knows what the file only lets guess."""


class _AsyncFileResponse(StreamingHttpResponse):
    def __init__(self, content: IO[bytes], length: int, **kwargs: Any) -> None:
        super().__init__(_blocks(content, length), **kwargs)
        # Closed with the response, also when the client is gone before the first block.
        self._resource_closers.append(content.close)  # type: ignore[attr-defined]


async def _blocks(content: IO[bytes], length: int) -> AsyncIterator[bytes]:
    part = _Part(content, length)
    while block := await asyncio.to_thread(part.read, BLOCK_SIZE):
        yield block


class _Part:
    """A file that ends after ``length`` bytes. Has no ``fileno``, so that nobody sends the rest."""

    def __init__(self, content: IO[bytes], length: int) -> None:
        self.content = content
        self.left = length

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, and no more than are left."""
        block = self.content.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(block)
        return block

    def close(self) -> None:
        """Close the file."""
        self.content.close()
