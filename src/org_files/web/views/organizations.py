"""Pages of organizations: the list, one of them with its usage, its downloads, and its end."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException

from org_files import counters
from org_files.access import Action
from org_files.files import quota_of
from org_files.models import AbstractOrganization, Membership
from org_files.rest.views import organizations as api
from org_files.tiers import tier_of_organization
from org_files.web.charts import Chart, bar_chart, downloads
from org_files.web.forms import fields_of
from org_files.web.views.base import Page
from org_files.web.views.ledger import LedgerPage

#: Days of the charts.
DAYS = 30
#: The most downloads whose sizes are added up for a page; the chart has fewer days then.
MAX_DOWNLOADS = 20_000


class OrganizationsPage(Page):
    """The organizations that the requester sees, and the form of a new one."""

    title = gettext_lazy("Organizations")
    section = "organizations"
    template_name = "org_files_web/organizations.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows, pages = self.listed(api.OrganizationListView)
        return super().get_context_data(
            organizations=rows, pages=pages, fields=self._fields(), **kwargs
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        created = self.call(api.OrganizationListView, "POST")
        self.say(_("The organization is created."))
        return self.to("organization", created["id"])

    def _fields(self) -> Any:
        """Return the fields of a new organization, ``None`` for those who may not create one."""
        view = self.api_view(api.OrganizationListView, method="POST")
        try:
            view.check_permissions(view.request)
        except APIException:
            return None
        return fields_of(self, view.get_serializer())


class UnderOrganization(Page):
    """Base of the pages of one organization."""

    section = "organizations"
    #: What the requester must be allowed to do to the organization, to open the page.
    action: Action | None = None

    @property
    def title(self) -> str:
        """The name of the organization."""
        return self.organization.name

    @cached_property
    def organization(self) -> AbstractOrganization:
        """The organization of the URL. Raises ``NotFound`` and ``PermissionDenied``."""
        view = self.api_view(api.OrganizationView, id=self.kwargs["id"])
        found: AbstractOrganization = view.get_organization(self.action)
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"organization": self.organization} | kwargs)

    @cached_property
    def may_manage(self) -> bool:
        """Whether the requester changes the organization and its members."""
        return self.policy.allows(Action.MANAGE, self.user, self.organization)

    @cached_property
    def may_view_downloads(self) -> bool:
        """Whether the requester reads who downloaded what."""
        return self.policy.allows(Action.VIEW_DOWNLOADS, self.user, self.organization)


class OrganizationPage(UnderOrganization):
    """One organization: its usage, and the form of its name."""

    template_name = "org_files_web/organization.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organization = api.get_with_usage(self.organization)
        own = Membership.objects.filter(organization=organization.pk, user=self.user.pk)
        return super().get_context_data(
            organization=organization,
            membership=own.first(),
            tier=tier_of_organization(organization.pk),
            quota=quota_of(organization.pk),
            charts=charts_of(organization),
            fields=self._fields() if self.may_manage else None,
            **kwargs,
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.OrganizationView, "PATCH", **kwargs)
        self.say(_("The organization is saved."))
        return self.to("organization", **kwargs)

    def _fields(self) -> Any:
        view = self.api_view(api.OrganizationView, id=self.kwargs["id"])
        return fields_of(self, view.get_serializer(api.get_with_usage(self.organization)))


class OrganizationRemovalPage(UnderOrganization):
    """The question whether to delete an organization."""

    template_name = "org_files_web/organization_removal.html"
    action = Action.MANAGE

    @property
    def title(self) -> str:
        """What is asked."""
        return _("Delete %(name)s") % {"name": self.organization.name}

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        name = self.organization.name
        self.call(api.OrganizationView, "DELETE", **kwargs)
        self.say(_("%(name)s is deleted.") % {"name": name})
        return self.to("organizations")


class OrganizationDownloadsPage(LedgerPage, UnderOrganization):
    """The downloads from an organization, newest first."""

    template_name = "org_files_web/organization_downloads.html"
    action = Action.VIEW_DOWNLOADS

    @property
    def title(self) -> str:
        """The heading."""
        return _("Downloads from %(name)s") % {"name": self.organization.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows, pages = self.ledger(
            api.OrganizationDownloadsView, self.request.GET, id=self.kwargs["id"]
        )
        return super().get_context_data(downloads=rows, pages=pages, **kwargs)


def charts_of(organization: AbstractOrganization) -> list[Chart]:
    """Return the charts of the downloads from ``organization`` on each day, and of their sizes."""
    counts = counters.downloads_per_day(organization=organization, days=DAYS)
    charts = [bar_chart(counts, title=_("Downloads per day"), unit=downloads)]
    known = _latest(counts)
    if known:
        sizes = counters.bytes_per_day(organization=organization, first=known[0])
        pairs = [(day, sizes.get(day, 0)) for day in known]
        charts.append(
            bar_chart(pairs, title=_("Size of the downloads per day"), unit=filesizeformat)
        )
    return charts


def _latest(counts: list[tuple[date, int]]) -> list[date]:
    """Return the latest days that have at most ``MAX_DOWNLOADS`` together."""
    total, found = 0, list[date]()
    for day, count in reversed(counts):
        total += count
        if total > MAX_DOWNLOADS:
            break
        found.insert(0, day)
    return found
