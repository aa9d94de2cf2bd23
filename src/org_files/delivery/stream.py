"""StreamDelivery: the default delivery backend."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import IO, Any

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from org_files.delivery.base import Deliverable, DeliveryBackend
from org_files.delivery.conditional import Plan
from org_files.exceptions import ContentUnavailable, StorageUnavailable
from org_files.storage.blobs import local_descriptor

BLOCK_SIZE = 256 * 1024


class StreamDelivery(DeliveryBackend):
    """Delivery of the bytes by Django, out of any storage, with one block at a time in memory.

    It uses ``wsgi.file_wrapper`` under WSGI and an asynchronous iterator under ASGI.
    """

    def respond(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        """Open the content and return a streaming response of it."""
        content = item.open()
        if plan.range and plan.range.start:
            try:
                content.seek(plan.range.start)
            except OSError as error:
                content.close()
                raise StorageUnavailable from error
        length = plan.range.length if plan.range else item.size
        if hasattr(request, "scope"):  # ASGI
            return _AsyncFileResponse(_Part(content, length), status=plan.status)
        # A server sends from the position of a descriptor to the end of the file.
        kind = _Part if plan.is_partial or local_descriptor(content) is None else _Whole
        return _FileResponse(kind(content, length), status=plan.status)


class _FileResponse(FileResponse):
    block_size = BLOCK_SIZE

    def set_headers(self, filelike: Any) -> None:
        """Do nothing: ``DeliveryBackend`` writes the headers."""


class _Part:
    """``length`` bytes of an open file. Has no ``fileno``, so that a server reads them here."""

    def __init__(self, content: IO[bytes], length: int) -> None:
        self.content = content
        self.left = length

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, and no more than are left.

        Raises ``ContentUnavailable`` where the file ends before ``length`` bytes. A server then
        closes the connection, and the client sees that the content is not complete.
        """
        wanted = self.left if size < 0 else min(size, self.left)
        block = self.content.read(wanted)
        if wanted and not block:
            raise ContentUnavailable
        self.left -= len(block)
        return block

    def close(self) -> None:
        """Close the file."""
        self.content.close()


class _Whole(_Part):
    """A file of this machine, all of it: a server may hand its descriptor to sendfile(2)."""

    def fileno(self) -> int:
        """Return the descriptor, whose position is the beginning of the file."""
        return self.content.fileno()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset: ``socket.sendfile`` does so after it has sent something."""
        end = self.left + self.content.tell()
        position = self.content.seek(offset, whence)
        self.left = max(end - position, 0)
        return position

    def tell(self) -> int:
        """Return the offset in the file."""
        return self.content.tell()


class _AsyncFileResponse(StreamingHttpResponse):
    def __init__(self, part: _Part, **kwargs: Any) -> None:
        super().__init__(_blocks(part), **kwargs)
        # Closed with the response, also when the client is gone before the first block.
        self._resource_closers.append(part.close)  # type: ignore[attr-defined]


async def _blocks(part: _Part) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(part.read, BLOCK_SIZE):
        yield block
