"""What whoever holds the URL of a share link is given, without a login."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db import Error as DatabaseFailure
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.reverse import reverse

from org_files import conf
from org_files.delivery import Plan
from org_files.events.refusals import network_of
from org_files.exceptions import (
    ContentUnavailable,
    HeightNotInTier,
    InvalidField,
    LinkOver,
    LinksNotInTier,
    OriginalNotInTier,
)
from org_files.links import check_shared, decoy_link, find_link, has_begun, opens, redeem
from org_files.models import LinkState, ShareLink
from org_files.rest.base import IgnoreAccept, PublicView
from org_files.rest.errors import NotFound, UnknownLink
from org_files.rest.link_serializers import LinkPasswordSerializer
from org_files.rest.throttles import address_of
from org_files.rest.views.deliverables import deliver, disposition_of

__all__ = ["SharedView"]

SALT = "org_files.links.access"

#: Seconds that the URL lives which the right password leads to.
ACCESS_SECONDS = 60

PARAMETER = "access"

#: What browsers say when nobody has asked for the content yet.
LOOKING_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


class PasswordRequired(exceptions.NotAuthenticated):
    """The link asks for a password."""

    default_code = "password_required"
    default_detail = _("This link asks for a password.")


class PasswordWrong(exceptions.PermissionDenied):
    """It is not the password of the link."""

    default_code = "password_wrong"
    default_detail = _("The password is wrong.")


class SeeOther(HttpResponseRedirect):
    """Where the answer to a POST is found by GET (RFC 9110 §15.4.4)."""

    status_code = status.HTTP_303_SEE_OTHER


class SharedView(PublicView):
    """The bytes behind a share link."""

    tag = "Share links"
    operation_ids = {"GET": "shared_content", "POST": "shared_open"}
    errors = {
        "GET": ("password_required", "not_a_picture", "renditions_busy", "storage_full"),
        "POST": ("password_wrong",),
    }

    content_negotiation_class = IgnoreAccept
    renderer_classes = (JSONRenderer,)  # for errors
    serializer_class = LinkPasswordSerializer
    # Neither shared nor private caches may keep what a URL without a login opens.
    cache_control = "no-store"
    # Whoever holds no link is told the same whatever they send.
    reads_body_first = False

    def get(self, request: Request, token: str) -> HttpResponseBase:
        """Download through a link.

        The content under its original name, for all who have the URL. `HEAD` answers with the same
        headers and no content. Links that are unknown, expired, revoked or used up, and links to
        deleted files, are answered alike: 404.

        Each download counts once towards `max_downloads`, before its first byte is sent. `HEAD`,
        304 and errors do not count, and the ranges that one requester fetches within an hour count
        as one download. After the last download, its requester can still fetch ranges for that
        hour.

        A link to one height of a picture works the same way. A height or original that the
        organization's tier no longer allows is 404.

        Browsers that accept `text/html` get a page that asks for the password. Browsers that only
        prefetch, and messengers that want a preview, get 204.
        """
        # Who has begun may fetch what is left of it, of a link that is used up.
        may_resume = request.method == "GET" and "Range" in request.headers
        link = self._link(token, may_resume=may_resume)
        if link.password and not self._has_access(link):
            raise PasswordRequired
        inline = disposition_of(request) == "inline"
        if request.method == "GET" and _looks_ahead(request):
            return HttpResponse(status=status.HTTP_204_NO_CONTENT)
        try:
            response, plan = deliver(
                request._request,
                link.file,
                link.rendition,
                inline=inline,
                admit=partial(self._admit, link),
            )
        except ContentUnavailable:
            # Removed for good at this moment, the bytes with it; or lost.
            self._link(token, may_resume=may_resume)
            raise
        if request.method == "GET" and plan.has_content:
            # The store has answered, so that there will be nothing to take back.
            try:
                redeem(link=link, is_partial=plan.is_partial, **self._requester())
            except (LinkOver, DatabaseFailure):
                response.close()
                raise
        return response

    def post(self, request: Request, token: str) -> HttpResponseBase:
        """Open a link by its password.

        Redirects to the content if the password is right, or if the link has none.
        """
        # Who began a download may go on with it, of a link that is used up since.
        link = self._link(token, may_resume=True)
        url = reverse("org_files:shared", kwargs={"token": token}, request=request)
        if not link.password:
            return SeeOther(url)
        serializer = LinkPasswordSerializer(data=request.data)
        # Again: the body may have taken longer than the link lasts.
        link = self._link(token, may_resume=True)
        serializer.is_valid(raise_exception=True)
        password = serializer.validated_data["password"]
        if not opens(link, password, address=network_of(address_of(request))):
            raise PasswordWrong
        access = signing.TimestampSigner(salt=SALT).sign(str(link.public_id))
        return SeeOther(f"{url}?{urlencode({PARAMETER: access})}")

    def refusals_in(self, error: Exception) -> int | None:
        """Count unknown tokens. Those of links that are over answer alike, but do not count."""
        if isinstance(error, UnknownLink):
            return 1
        return 0 if isinstance(error, (NotFound, LinkOver)) else super().refusals_in(error)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer with the error; browsers get a page that asks for the password."""
        response = super().handle_exception(exc)
        asks = isinstance(exc, PasswordRequired) or (
            self.request.method == "POST"
            and response.status_code in (400, 403, 429)
            and not isinstance(exc, (NotFound, LinkOver))
        )
        if not asks or "text/html" not in self.request.headers.get("Accept", ""):
            return response
        told = ""
        if response.status_code != status.HTTP_401_UNAUTHORIZED:
            told = response.data.get("detail") or " ".join(response.data.get("password", ()))
        page = render(
            self.request._request,
            "org_files/password.html",
            {"error": told},
            status=response.status_code,
        )
        for name in ("WWW-Authenticate", "Retry-After"):
            if name in response.headers:
                page.headers[name] = response.headers[name]
        page.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        return page

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what keeps the URL to whoever holds it: from other sites, search engines, logs."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        # Django would log the path of what is refused, and with it the token.
        response._has_been_logged = True
        return response

    def _link(self, token: str, *, may_resume: bool = False) -> ShareLink:
        """Return the link. Raises ``NotFound`` for all that is over.

        One that is used up is not for who began a download through it, where ``may_resume``.
        """
        link, other = find_link(token), decoy_link()
        # Asked in any case, so that refusals take the same time.
        asked = link or other
        may_share = asked is not None and self._may_share(asked)
        begun = asked is not None and may_resume and has_begun(asked, **self._requester())
        if link is None:
            raise UnknownLink
        if not may_share:
            raise NotFound
        state = link.state_at(timezone.now())
        if state is LinkState.ACTIVE or (state is LinkState.EXHAUSTED and begun):
            return link
        raise NotFound

    def _admit(self, link: ShareLink, plan: Plan) -> None:
        """Raise ``NotFound`` for all but a part of what a link gives that is used up."""
        if not plan.is_partial and link.state_at(timezone.now()) is not LinkState.ACTIVE:
            raise NotFound

    def _may_share(self, link: ShareLink) -> bool:
        """Return whether the creator of the link could make it now."""
        user = link.created_by
        allowed = self.policy.may_share(user, link.file)
        try:
            check_shared(link.file, link.rendition)
        except (InvalidField, HeightNotInTier, LinksNotInTier, OriginalNotInTier):
            return False
        return bool(user.is_active and allowed)

    def _requester(self) -> dict[str, str]:
        return {
            "address": address_of(self.request),
            "user_agent": self.request.headers.get("User-Agent", ""),
        }

    def _has_access(self, link: ShareLink) -> bool:
        signed = self.request.query_params.get(PARAMETER, "")
        try:
            value = signing.TimestampSigner(salt=SALT).unsign(signed, max_age=ACCESS_SECONDS)
        except signing.BadSignature:
            return False
        return value == str(link.public_id)


def _looks_ahead(request: Request) -> bool:
    """Return whether a browser or a messenger asks, before anybody has opened the link."""
    said = " ".join(request.headers.get(name, "").lower() for name in LOOKING_AHEAD)
    agent = request.headers.get("User-Agent", "").lower()
    return (
        "prefetch" in said
        or "preview" in said
        or any(name.lower() in agent for name in conf.link_preview_agents())
    )
