"""Pages of share links."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from org_files.access import Action
from org_files.models import ShareLink
from org_files.rest.errors import NotFound
from org_files.rest.views import links as api
from org_files.web.link_forms import form_or_reason, link_data, link_form, new_link_form
from org_files.web.qr import has_segno, qr_svg
from org_files.web.shown_links import STATES, ShownLink, shown_links
from org_files.web.views.base import Page
from org_files.web.views.files import UnderFile


class FileLinksPage(UnderFile):
    """The links to a file, and the form of a new one."""

    template_name = "org_files_web/file_links.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        links, pages = self.listed(api.FileLinksView, id=self.kwargs["id"])
        return super().get_context_data(
            file=self.file,
            links=shown_links(links, self.api_request()),
            pages=pages,
            **form_or_reason(new_link_form, self, self.file),
            **kwargs,
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        data = link_data(self.request.POST)
        created = self.call(api.FileLinksView, "POST", data=data, **kwargs)
        self.say(_("The link is made. Who has it can download the file."))
        return self.to("link", created["id"])


class LinksPage(Page):
    """The links that the requester made."""

    title = gettext_lazy("My links")
    section = "links"
    template_name = "org_files_web/links.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        links, pages = self.listed(api.LinkListView)
        asked = self.request.GET.get("state", "")
        states = [(str(state), text, str(state) == asked) for state, text in STATES.items()]
        return super().get_context_data(
            links=shown_links(links, self.api_request()),
            pages=pages,
            states=states,
            is_filtered=bool(asked or self.request.GET.get("organization")),
            **kwargs,
        )


class UnderLink(Page):
    """Base of the pages of one link, for those who manage it."""

    section = "links"

    @cached_property
    def link(self) -> ShareLink:
        """The link of the URL. Raises ``NotFound``."""
        link: ShareLink = self.api_view(api.LinkView, **self.kwargs).get_link()
        return link

    @cached_property
    def shown(self) -> ShownLink:
        """The link with its state and its URL."""
        return shown_links([self.link], self.api_request())[0]


class LinkPage(UnderLink):
    """One link: its URL to copy or to scan, how often it was used, and the form that changes it."""

    template_name = "org_files_web/link.html"

    @property
    def title(self) -> Any:
        """What the link leads to."""
        return _("Link to %(name)s") % {"name": self.link.file.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_change = self.policy.allows(Action.LINK, self.user, self.link.file)
        form = form_or_reason(link_form, self, self.link) if may_change else {}
        return super().get_context_data(shown=self.shown, has_qr=has_segno(), **form, **kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.LinkView, "PATCH", data=link_data(self.request.POST), **kwargs)
        self.say(_("The changes are saved."))
        return self.to("link", **kwargs)


class LinkRevocationPage(UnderLink):
    """The question whether to end a link for good."""

    title = gettext_lazy("Revoke this link?")
    template_name = "org_files_web/link_revocation.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(shown=self.shown, **kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.LinkView, "DELETE", **kwargs)
        self.say(_("The link is revoked. Nobody can open it any more."))
        return self.to("link", **kwargs)


class LinkQR(UnderLink):
    """The QR code of a link's URL."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        url = self.shown.url
        if url is None or not has_segno():
            raise NotFound
        return HttpResponse(
            qr_svg(url),
            content_type="image/svg+xml",
            headers={
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
            },
        )
