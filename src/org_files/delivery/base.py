"""Contents to deliver, the base class of delivery backends, and the default backend."""

import asyncio
import os
import re
from abc import abstractmethod
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import IO, Any, ClassVar

from django.core.files.storage import Storage
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase, JsonResponse
from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.backends import Backend
from org_files.delivery.conditional import Plan, plan
from org_files.delivery.names import content_disposition
from org_files.exceptions import ContentUnavailable, StorageUnavailable
from org_files.storage.blobs import local_descriptor, open_blob

#: Kept by the browser alone, and asked for again each time: rights change.
CACHE_CONTROL = "private, no-cache"

#: Headers of every answer. The URL may be one that opens the file.
PROTECTION = {
    "Vary": "Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

#: A page shows nothing but itself, and runs no script.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
)

#: The page that a browser makes around a video or an audio file loads it by its URL. A sandbox
#: forbids that: the origin of a page in a sandbox is not the site's.
WITHOUT_SANDBOX = ("audio/*", "video/*")

#: Ends of content types that can hold scripts. They are never shown inline.
SCRIPTABLE = (
    *("text/html", "/xml", "+xml"),
    *("/javascript", "/x-javascript", "/ecmascript", "/x-ecmascript"),
)

REFUSALS = {
    412: ("precondition_failed", _("The content is not the one that the request names.")),
    416: ("range_not_satisfiable", _("The range begins behind the end of the content.")),
}

BLOCK_SIZE = 256 * 1024

SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Deliverable:
    """A content to deliver: an original, a rendition or an avatar."""

    storage: Storage
    #: The key in the storage.
    key: str
    #: The name under which a browser saves it.
    name: str
    #: Bytes.
    size: int
    #: The SHA-256 of the bytes, in hexadecimal. Any other text only makes the entity tag strong.
    digest: str
    last_modified: datetime
    content_type: str
    #: The charset of a text, where it is known (RFC 6838 §4.2.1).
    charset: str | None = None
    #: Whether a browser was asked to show it in place, which only INLINE_TYPES may be.
    inline: bool = False

    @property
    def media_type(self) -> str:
        """The content type without parameters, which rows of the host's own may have."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def content_type_header(self) -> str:
        """The value of Content-Type, with the charset of a text where it is known."""
        is_bare_text = ";" not in self.content_type and self.media_type.startswith("text/")
        named = self.charset and is_bare_text
        return f"{self.content_type}; charset={self.charset}" if named else self.content_type

    @property
    def etag(self) -> str:
        """The strong entity tag (RFC 9110 §8.8.3), a new one after a change of name or type."""
        # Without a digest the key tells contents apart: no other bytes get it.
        parts = (self.digest or self.key, self.name, self.content_type_header)
        text = "\0".join(parts).encode(errors="replace")
        return f'"{sha256(text).hexdigest()}"'

    @property
    def repr_digest(self) -> str | None:
        """The value of Repr-Digest (RFC 9530 §3), ``None`` where ``digest`` is no SHA-256."""
        if not SHA256.fullmatch(self.digest):
            return None
        return f"sha-256=:{b64encode(bytes.fromhex(self.digest)).decode()}:"

    def plan(self, request: HttpRequest) -> Plan:
        """Return what ``request`` is to be answered with."""
        return plan(
            request.headers,
            method=request.method or "",
            etag=self.etag,
            last_modified=self.last_modified,
            size=self.size,
        )

    def open(self) -> Any:
        """Return the bytes, open for reading at the first one.

        Raises ``ContentUnavailable`` where the storage does not have exactly these bytes: they are
        missing, fewer or more than ``size``, or the key is a symbolic link. Raises
        ``StorageUnavailable`` where the storage does not answer.
        """
        return open_blob(self.storage, self.key, self.size)


class DeliveryBackend(Backend):
    """Base of delivery backends: ``respond`` answers with the bytes, or says where they are."""

    #: Whether contents may be shown in place. ``False`` makes each one an attachment.
    shows_inline: ClassVar[bool] = True

    @abstractmethod
    def respond(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        """Return the answer to a GET whose plan has the status 200 or 206.

        One of these:

        * the bytes of the plan, with its status;
        * status 200 without a body, and a header by which a front server sends the bytes;
        * a redirect to the bytes.

        Raises ``StorageUnavailable`` where the store cannot give the bytes; nothing was sent then.
        """

    def deliver(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        """Return the whole answer that ``plan`` describes.

        Headers of the content are added to answers with content alone, and its length where the
        answer has the bytes itself. Raises ``StorageUnavailable`` as ``respond`` does.
        """
        if plan.status in REFUSALS:
            return _refusal(item, plan)
        is_sent = plan.has_content and request.method == "GET"
        empty = HttpResponse(status=plan.status)
        response = self.respond(request, item, plan) if is_sent else empty
        inline = (
            item.inline
            and self.shows_inline
            and is_listed(item.media_type, conf.inline_types())
            and not item.media_type.endswith(SCRIPTABLE)
        )
        headers = response.headers
        has_content = response.status_code in (200, 206)
        if has_content:
            headers["Content-Type"] = item.content_type_header
            headers["Content-Disposition"] = content_disposition(item.name, inline=inline)
            if item.repr_digest:
                headers["Repr-Digest"] = item.repr_digest
            forbid_compression(response)
            length = plan.range.length if plan.range else item.size
            has_body = not isinstance(response, HttpResponse) or response.content
            if has_body or not is_sent or not length:
                headers["Content-Length"] = str(length)
                if plan.range:
                    headers["Content-Range"] = plan.range.content_range
        elif response.status_code == 304:
            del headers["Content-Type"]
        if has_content or response.status_code == 304:
            headers["ETag"] = item.etag
            headers["Last-Modified"] = http_date(item.last_modified.timestamp())
            headers["Accept-Ranges"] = "bytes"
        headers["Cache-Control"] = CACHE_CONTROL
        for name, value in PROTECTION.items():
            headers[name] = value
        # Also with 304, which renews the headers that a browser has stored.
        plays = inline and is_listed(item.media_type, WITHOUT_SANDBOX)
        headers["Content-Security-Policy"] = (
            CONTENT_SECURITY_POLICY if plays else f"{CONTENT_SECURITY_POLICY}; sandbox"
        )
        return response


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
            part = _Part(content, length)
            response = StreamingHttpResponse(_blocks(part), status=plan.status)
            # Closed with the response, also when the client is gone before the first block.
            response._resource_closers.append(part.close)  # type: ignore[attr-defined]
            return response
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
        self.close = content.close

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


class _Whole(_Part):
    """A file of this machine, all of it: a server may hand its descriptor to sendfile(2)."""

    def __init__(self, content: IO[bytes], length: int) -> None:
        super().__init__(content, length)
        self.fileno = content.fileno
        self.tell = content.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset: ``socket.sendfile`` does so after it has sent something."""
        end = self.left + self.content.tell()
        position = self.content.seek(offset, whence)
        self.left = max(end - position, 0)
        return position


def is_listed(content_type: str, types: Sequence[str]) -> bool:
    """Return whether ``types`` has ``content_type``, or its family as in ``image/*``."""
    return content_type in types or f"{content_type.partition('/')[0]}/*" in types


def _refusal(item: Deliverable, plan: Plan) -> HttpResponseBase:
    code, detail = REFUSALS[plan.status]
    response = JsonResponse({"detail": detail, "code": code}, status=plan.status)
    if plan.status == 416:
        response.headers["Content-Range"] = f"bytes */{item.size}"
    return response


def forbid_compression(response: HttpResponseBase) -> None:
    """Make ``GZipMiddleware`` and its like take ``response`` for one that is encoded already.

    A compressed part cannot be joined with others, and has no length. A Content-Encoding of
    ``identity`` would do the same, but must not be sent (RFC 9110 §8.4.1).
    """
    has_header = response.has_header

    def has_header_or_encoding(header: str) -> bool:
        return header.lower() == "content-encoding" or has_header(header)

    response.has_header = has_header_or_encoding  # type: ignore[method-assign]


async def _blocks(part: _Part) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(part.read, BLOCK_SIZE):
        yield block
