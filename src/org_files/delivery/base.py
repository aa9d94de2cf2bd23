"""Contents to deliver, and the base class of delivery backends."""

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

#: Statuses of answers with the content, or a part of it.
CONTENT_STATUSES = (200, 206)

REFUSALS = {
    412: ("precondition_failed", _("The content is not the one that the request names.")),
    416: ("range_not_satisfiable", _("The range begins behind the end of the content.")),
}


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
    """Base of delivery backends: ``respond`` answers with the bytes, or says where they are."""

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
            return self._refuse(item, plan)
        is_sent = plan.has_content and request.method == "GET"
        if is_sent:
            response = self.respond(request, item, plan)
        else:
            response = HttpResponse(status=plan.status)
        inline = (
            item.inline
            and is_listed(item.content_type, conf.inline_types())
            and not item.content_type.endswith(SCRIPTABLE)
        )
        headers = response.headers
        if response.status_code in CONTENT_STATUSES:
            headers["Content-Type"] = item.content_type
            disposition = content_disposition_header(not inline, item.name)
            # None for an inline answer whose name is empty.
            headers["Content-Disposition"] = disposition or "attachment"
            length = plan.range.length if plan.range else item.size
            if not (is_sent and _is_empty(response)) or not length:
                headers["Content-Length"] = str(length)
                if plan.range:
                    headers["Content-Range"] = plan.range.content_range
        elif response.status_code == 304:
            del headers["Content-Type"]
        if response.status_code in (*CONTENT_STATUSES, 304):
            headers["ETag"] = item.etag
            headers["Last-Modified"] = http_date(item.last_modified.timestamp())
            headers["Accept-Ranges"] = "bytes"
        # Kept by the browser alone, and asked for again each time: rights change.
        headers["Cache-Control"] = "private, no-cache"
        headers["Vary"] = "Authorization, Cookie"
        headers["X-Content-Type-Options"] = "nosniff"
        # The URL may be one that opens the file.
        headers["Referrer-Policy"] = "no-referrer"
        # Also with 304, which renews the headers that a browser has stored.
        plays = inline and is_listed(item.content_type, WITHOUT_SANDBOX)
        headers["Content-Security-Policy"] = (
            CONTENT_SECURITY_POLICY if plays else f"{CONTENT_SECURITY_POLICY}; sandbox"
        )
        return response

    def _refuse(self, item: Deliverable, plan: Plan) -> HttpResponseBase:
        code, detail = REFUSALS[plan.status]
        response = JsonResponse({"detail": detail, "code": code}, status=plan.status)
        if plan.status == 416:
            response.headers["Content-Range"] = f"bytes */{item.size}"
        return response


def is_listed(content_type: str, types: Sequence[str]) -> bool:
    """Return whether ``types`` has ``content_type``, or its family as in ``image/*``."""
    return content_type in types or f"{content_type.partition('/')[0]}/*" in types


def _is_empty(response: HttpResponseBase) -> bool:
    """Return whether the response has no body of its own."""
    return isinstance(response, HttpResponse) and not response.content
