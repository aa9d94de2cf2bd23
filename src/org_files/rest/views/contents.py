"""Views of the bytes of files and of their renditions, and of tickets for them."""

import re
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions, permissions
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.access.claims import Claim
from org_files.db.rows import lazy_user
from org_files.delivery import is_conditional
from org_files.exceptions import HeightNotInTier, InvalidField, OriginalNotInTier
from org_files.http.encoding import has_undecodable_path
from org_files.ids import parse_public_id
from org_files.models import AbstractFile
from org_files.rest.base import BaseView, IgnoreAccept
from org_files.rest.claims import claim_of
from org_files.rest.errors import NotFound
from org_files.rest.fields import content_url, rendition_url
from org_files.rest.link_serializers import TicketRequestSerializer, TicketSerializer
from org_files.rest.tickets import PARAMETER as TICKET
from org_files.rest.tickets import TicketAuthentication, new_ticket
from org_files.rest.views.files import FileMixin
from org_files.serving import serve_file, serve_visible_file
from org_files.serving.responses import can_grant_claimed, grant_claimed, serve_granted
from org_files.tiers import allows_original, heights_of

HEIGHT = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
BODY_HEADERS = (
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_CONTENT_ENCODING",
)
PLAIN_QUERIES = ("", "disposition=attachment", "disposition=inline")


class ByteView(BaseView):
    """Base of views that answer with bytes, also to the holder of a ticket."""

    tag = "Files"
    content_negotiation_class = IgnoreAccept
    renderer_classes = (JSONRenderer,)  # for errors

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return the host's authenticators, or that of tickets where the URL has one."""
        # Without a request where the view is described, not called.
        request = self.request
        if request is not None and TICKET in request.GET and request.method in ("GET", "HEAD"):
            return [TicketAuthentication()]
        return super().get_authenticators()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep the URL, which may have a ticket, from other sites."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


class FileContentView(ByteView, FileMixin):
    """The bytes of one file."""

    operation_ids = {"GET": "files_content"}
    errors = {"GET": ("original_not_in_tier",)}
    #: The claim of a token, whose user is not read yet, and the token.
    claimed: tuple[Claim, Any] | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Leave the user to the statement of the download, where that can decide alone."""
        self.claimed = claim_of(request) if self._is_plain(request._request) else None
        if self.claimed is None:
            super().initial(request, *args, **kwargs)

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Download a file.

        The content under its original name, whatever `Accept` says. `HEAD` answers with the same
        headers and no content. Conditional and range requests follow RFC 9110; a request for
        several ranges is answered with the whole content.

        Each download counts once, before its first byte is sent. `HEAD`, 304 and errors do not
        count, and the ranges that one requester fetches within an hour count as one download.

        The original of a picture is available only if the organization's tier allows it.
        """
        inline = asks_inline(request)
        if self.claimed is not None:
            claim, token = self.claimed
            granted = grant_claimed(self.public_id(), claim)
            if granted is not None:
                file, download = granted
                request.user, request.auth = lazy_user(download.user_id), token
                return serve_granted(request, file, download, inline=inline)
            # Anything else than a download is answered to an authenticated requester.
            super().initial(request, id=id)
        return serve_visible_file(request, self.public_id(), user=self.user, inline=inline)

    def _is_plain(self, request: HttpRequest) -> bool:
        """Return whether the user and the file alone decide the answer, in one statement.

        Nothing of the site's does, such as a throttle, and there is no condition, parameter or body
        that could be refused.
        """
        return (
            type(self) is FileContentView
            and self.permission_classes == (permissions.IsAuthenticated,)
            and not self.get_throttles()
            and request.method == "GET"
            and request.META.get("QUERY_STRING", "") in PLAIN_QUERIES
            and not any(map(request.META.get, BODY_HEADERS))
            and not is_conditional(request.headers)
            and not has_undecodable_path(request)
            and parse_public_id(self.kwargs["id"]) is not None
            and can_grant_claimed()
        )


class RenditionView(ByteView, FileMixin):
    """One height of a picture, made when it is first asked for."""

    operation_ids = {"GET": "files_rendition"}
    errors = {"GET": ("height_not_in_tier", "not_a_picture", "renditions_busy", "storage_full")}

    def get(self, request: Request, id: str, height: str) -> HttpResponseBase:
        """Download a picture in one height.

        The picture in that height, upright and without metadata. It is made on the first request
        and kept. A smaller picture keeps its own height. The file name ends in the suffix of the
        rendition's format, JPEG or PNG. `HEAD` answers with the same headers and no content.

        Available to all who see the file, in the heights of the organization's tier, or in the
        site's heights without a tier. It does not count as a download.
        """
        inline = asks_inline(request)
        file, pixels = self.get_picture()
        return serve_file(request, file, height=pixels, inline=inline)

    def get_picture(self) -> tuple[AbstractFile, int]:
        """Return the picture and the height in pixels that the URL names. Raises ``NotFound``."""
        file, height = self.get_file(), self.kwargs["height"]
        if not file.is_picture or not HEIGHT.fullmatch(height):
            raise NotFound
        return file, int(height)


class TicketView(FileMixin):
    """A URL that a browser fetches without a header."""

    tag = "Files"
    operation_ids = {"POST": "files_ticket"}
    errors = {"POST": ("height_not_in_tier", "original_not_in_tier")}
    serializer_class = TicketRequestSerializer

    def post(self, request: Request, id: str) -> Response:
        """Create a ticket for a file.

        A signed URL of the content, or with `height` of one height of the picture, that `<a>`,
        `<img>` or `<video>` can fetch without a header. It is valid for a few minutes, for this
        content only, and with the requester's access, which is checked on each use.
        """
        file = self.get_file()
        height = self.validated().validated_data.get("height")
        if height is None:
            if not allows_original(file):
                raise OriginalNotInTier
            url = content_url(file, request)
        elif not file.is_picture:
            raise InvalidField("height", _("This file is no picture."))
        elif height not in heights_of(file):
            raise HeightNotInTier
        else:
            url = rendition_url(file, height, request)
        query, until = new_ticket(user=request.user, file=file, height=height)
        return Response(TicketSerializer({"url": f"{url}?{query}", "expires_at": until}).data)


def asks_inline(request: Request) -> bool:
    """Return whether ``?disposition=`` asks for a content shown in place.

    Raises ``ValidationError`` for a value that is neither ``attachment`` nor ``inline``.
    """
    disposition = request.query_params.get("disposition", "attachment")
    if disposition not in ("attachment", "inline"):
        raise exceptions.ValidationError({"disposition": [_("Takes attachment or inline.")]})
    return bool(disposition == "inline")
