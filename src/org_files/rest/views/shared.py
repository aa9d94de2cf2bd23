"""The view of share links, for requesters without a login."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.apps import apps
from django.conf import settings
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.reverse import reverse

from org_files import conf
from org_files.delivery import asks_range
from org_files.events.addresses import address_of, network_of
from org_files.exceptions import LinkOver
from org_files.links import open_link, opens
from org_files.models import ShareLink
from org_files.rest.base import IgnoreAccept, PublicView
from org_files.rest.link_serializers import LinkPasswordSerializer
from org_files.rest.views.contents import asks_inline
from org_files.serving import requester_of, serve_link

SALT = "org_files.links.access"
PARAMETER = "access"
#: Seconds for which the right password opens the link.
ACCESS_SECONDS = 60
#: Headers by which browsers say that they only prefetch or preview.
PREVIEW_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


class PasswordRequired(exceptions.NotAuthenticated):
    """The link asks for a password."""

    default_code = "password_required"
    default_detail = _("This link asks for a password.")


class PasswordWrong(exceptions.PermissionDenied):
    """It is not the password of the link."""

    default_code = "password_wrong"
    default_detail = _("The password is wrong.")


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
    # No cache may keep what the URL alone opens.
    cache_control = "no-store"
    # An unknown token gets the same answer whatever the body is.
    reads_body_first = False
    #: The link of the request, once it was found.
    opened: ShareLink | None = None

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

        Browsers that accept `text/html` get a page that asks for the password, and with
        `LINK_LANDING` one with a button first, or with 404 one that says that the link does not
        work. Browsers that only prefetch, and messengers that want a preview, get 204.
        """
        may_resume = request.method == "GET" and asks_range(request.headers)
        link = self._link(token, may_resume=may_resume)
        if link.password and not self._has_access(link):
            if self._asks_landing(link) and not _is_preview(request):
                return self._page("org_files/password.html", link=link)
            raise PasswordRequired
        inline = asks_inline(request)
        if request.method == "GET" and _is_preview(request):
            return HttpResponse(status=status.HTTP_204_NO_CONTENT)
        if self._asks_landing(link):
            return self._page("org_files/landing.html", link=link)
        return serve_link(request, link, inline=inline)

    def post(self, request: Request, token: str) -> HttpResponseBase:
        """Open a link by its password.

        Redirects to the content if the password is right, or if the link has none.
        """
        # A requester whose download broke off may resume it, of a link that is used up since.
        link = self._link(token, may_resume=True)
        url = reverse("org_files:shared", kwargs={"token": token}, request=request)
        if link.password:
            serializer = LinkPasswordSerializer(data=request.data)
            # Opened again: the link may have ended while the body was read.
            link = self._link(token, may_resume=True)
            serializer.is_valid(raise_exception=True)
            password = serializer.validated_data["password"]
            if not opens(link, password, address=network_of(address_of(request))):
                raise PasswordWrong
        if link.password or conf.link_landing():
            access = signing.TimestampSigner(salt=SALT).sign(str(link.public_id))
            query = {PARAMETER: access}
            if request.query_params.get("disposition") == "inline":
                query["disposition"] = "inline"
            url += "?" + urlencode(query)
        # RFC 9110 §15.4.4.
        return HttpResponseRedirect(url, status=status.HTTP_303_SEE_OTHER)

    def refusals_in(self, error: Exception) -> int | None:
        """Count unknown tokens. A link that is over answers alike, but doesn't count."""
        if isinstance(error, ShareLink.DoesNotExist):
            return 1
        return 0 if _is_gone(error) else super().refusals_in(error)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer with the error, to browsers with a page: a sentence, or the password's form."""
        response = super().handle_exception(exc)
        if _is_gone(exc) and conf.link_landing() and _prefers_html(self.request):
            page = self._page("org_files/link_over.html")
            page.status_code = response.status_code
            return page
        asks = isinstance(exc, PasswordRequired) or (
            self.request.method == "POST"
            and response.status_code in (400, 403, 429)
            and not _is_gone(exc)
        )
        if not asks or "text/html" not in self.request.headers.get("Accept", ""):
            return response
        message = ""
        if response.status_code != status.HTTP_401_UNAUTHORIZED:
            message = response.data.get("detail") or " ".join(response.data.get("password", ()))
        # Without LINK_LANDING, the password protects the name, too.
        shown = self.opened if conf.link_landing() else None
        page = self._page("org_files/password.html", error=message, link=shown)
        page.status_code = response.status_code
        for name in response.headers.keys() & {"WWW-Authenticate", "Retry-After"}:
            page.headers[name] = response.headers[name]
        return page

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep the URL from other sites, search engines and logs."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        if conf.link_landing():
            # A stored content is not the answer to a navigation, nor the page to an <img>.
            patch_vary_headers(response, ["Accept"])
        # Django would log the path of what is refused, and with it the token.
        response._has_been_logged = True
        return response

    def _link(self, token: str, *, may_resume: bool) -> ShareLink:
        self.opened = open_link(token, may_resume=may_resume, **requester_of(self.request))
        return self.opened

    def _asks_landing(self, link: ShareLink) -> bool:
        """Return whether the request gets the page that leads to the content by a form."""
        request = self.request
        return (
            conf.link_landing()
            and request.method == "GET"
            # A download that is resumed would be continued with the page.
            and not asks_range(request.headers)
            and _prefers_html(request)
            and not self._has_access(link)
        )

    def _page(self, template: str, **shown: Any) -> HttpResponse:
        page = render(self.request._request, template, shown | {"shared_base": _base_template()})
        # Static files may be on another server.
        static = urlsplit(settings.STATIC_URL or "")
        host = f" {static.scheme}://{static.netloc}" if static.scheme and static.netloc else ""
        # A form is submitted to this site, but its redirects may end at a store elsewhere, and
        # Chromium compares them with form-action, too.
        page.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self' 'unsafe-inline'{host}; img-src 'self'; "
            "form-action 'self' https: http:; base-uri 'none'; frame-ancestors 'none'"
        )
        return page

    def _has_access(self, link: ShareLink) -> bool:
        signed = self.request.query_params.get(PARAMETER, "")
        try:
            value = signing.TimestampSigner(salt=SALT).unsign(signed, max_age=ACCESS_SECONDS)
        except signing.BadSignature:
            return False
        return value == str(link.public_id)


def _base_template() -> str:
    """Return the template that the pages of links extend.

    An app can give them its own looks: the attribute ``org_files_shared_template`` of its
    configuration names a template that extends ``org_files/shared.html``.
    """
    names = (getattr(each, "org_files_shared_template", "") for each in apps.get_app_configs())
    return next(filter(None, names), "org_files/shared.html")


def _prefers_html(request: Request) -> bool:
    """Return whether Accept names ``text/html``, and no other type with a greater weight."""
    accepted = request._request.accepted_types  # the greatest weight first
    return any(
        (each.main_type, each.sub_type) == ("text", "html")
        and each.quality == accepted[0].quality > 0
        for each in accepted
    )


def _is_gone(error: Exception) -> bool:
    return isinstance(error, (LinkOver, ObjectDoesNotExist))


def _is_preview(request: Request) -> bool:
    """Return whether a browser or a messenger looks ahead, before the link is opened."""
    purposes = " ".join(request.headers.get(name, "").lower() for name in PREVIEW_HEADERS)
    agent = request.headers.get("User-Agent", "")
    return "prefetch" in purposes or "preview" in purposes or is_preview_agent(agent)


def is_preview_agent(agent: str) -> bool:
    """Return whether a part of ``LINK_PREVIEW_AGENTS`` is in ``agent``, a User-Agent."""
    agent = f"^{agent.lower()}"
    return any(part.lower() in agent for part in conf.link_preview_agents())
