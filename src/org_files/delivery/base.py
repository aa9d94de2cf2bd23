"""What leaves, and the base of backends that let it leave."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, http_date
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.backends import Backend
from org_files.delivery.conditional import Plan, plan
from org_files.storage.blobs import open_blob

__all__ = ["Deliverable", "DeliveryBackend", "is_listed"]

#: A page shows nothing but itself, and runs no script.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
)

#: The page that a browser makes around a video or an audio file loads it by its URL. A sandbox
#: forbids that: the origin of a page in a sandbox is not the site's.
WITHOUT_SANDBOX = ("audio/*", "video/*")

#: Ends of content types that can hold scripts. They are never shown inline.
SCRIPTABLE = (
    "text/html",
    "/xml",
    "+xml",
    "/javascript",
    "/x-javascript",
    "/ecmascript",
    "/x-ecmascript",
)

REFUSALS = {
    412: ("precondition_failed", _("The content is not the one that the request names.")),
    416: ("range_not_satisfiable", _("The range begins behind the end of the content.")),
}


@dataclass(frozen=True)
class Deliverable:
    """Bytes that may leave: an original or a rendition."""

    storage: Storage
    #: The key in the storage.
    key: str
    #: The name under which a browser saves it.
    name: str
    #: Bytes.
    size: int
    #: A strong validator, without quotes.
    digest: str
    last_modified: datetime
    content_type: str
    #: Whether a browser was asked to show it in place, which only INLINE_TYPES may be.
    inline: bool = False

    @property
    def etag(self) -> str:
        """The strong entity tag (RFC 9110 §8.8.3)."""
        return f'"{self.digest}"'

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
    """Base of the ways in which bytes leave. ``respond`` says how the body goes."""

    @abstractmethod
    def respond(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        """Return the answer with content, for a GET and a plan of status 200 or 206.

        Raises ``StorageUnavailable`` where the store cannot give the bytes; nothing was sent then.
        """

    def deliver(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        """Return the whole answer that ``plan`` describes.

        Raises ``StorageUnavailable`` where the store cannot give the bytes; nothing was sent then.
        """
        if plan.status in REFUSALS:
            return self._refuse(item, plan)
        if plan.has_content and request.method == "GET":
            response = self.respond(request, item, plan)
        else:
            response = HttpResponse(status=plan.status)
        inline = (
            item.inline
            and is_listed(item.content_type, conf.inline_types())
            and not item.content_type.endswith(SCRIPTABLE)
        )
        if plan.has_content:
            self._describe_content(response, item, plan, inline=inline)
        else:
            del response.headers["Content-Type"]
        response.headers["ETag"] = item.etag
        response.headers["Last-Modified"] = http_date(item.last_modified.timestamp())
        response.headers["Accept-Ranges"] = "bytes"
        # Kept by the browser alone, and asked for again each time: rights change.
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization, Cookie"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # The URL may be one that opens the file.
        response.headers["Referrer-Policy"] = "no-referrer"
        # Also with 304, which renews the headers that a browser has stored.
        plays = inline and is_listed(item.content_type, WITHOUT_SANDBOX)
        response.headers["Content-Security-Policy"] = (
            CONTENT_SECURITY_POLICY if plays else f"{CONTENT_SECURITY_POLICY}; sandbox"
        )
        return response

    def _refuse(self, item: Deliverable, plan: Plan) -> HttpResponseBase:
        code, detail = REFUSALS[plan.status]
        response = JsonResponse({"detail": detail, "code": code}, status=plan.status)
        if plan.status == 416:
            response.headers["Content-Range"] = f"bytes */{item.size}"
        return response

    def _describe_content(
        self, response: HttpResponseBase, item: Deliverable, plan: Plan, *, inline: bool
    ) -> None:
        response.headers["Content-Type"] = item.content_type
        disposition = content_disposition_header(not inline, item.name)
        # None for an inline answer whose name is empty.
        response.headers["Content-Disposition"] = disposition or "attachment"
        response.headers["Content-Length"] = str(plan.range.length if plan.range else item.size)
        if plan.range:
            response.headers["Content-Range"] = plan.range.content_range


def is_listed(content_type: str, types: Sequence[str]) -> bool:
    """Return whether ``types`` has ``content_type``, or its family as in ``image/*``."""
    return content_type in types or f"{content_type.partition('/')[0]}/*" in types
