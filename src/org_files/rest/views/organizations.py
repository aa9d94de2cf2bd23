"""Organizations, and what belongs to them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import counters, get_file_model, get_organization_model
from org_files.access import Action
from org_files.backends import load_class
from org_files.models import AbstractOrganization, live
from org_files.rest.base import BaseView
from org_files.rest.errors import NotFound
from org_files.rest.fields import parse_pk
from org_files.rest.serializers import OrganizationSerializer
from org_files.rest.views.downloads import LedgerView
from org_files.rest.views.files import FileListMixin
from org_files.rest.views.lists import ListView

__all__ = [
    "OrganizationDownloadsView",
    "OrganizationFilesView",
    "OrganizationListView",
    "OrganizationView",
]


def with_usage(queryset: QuerySet[AbstractOrganization]) -> QuerySet[AbstractOrganization]:
    """Annotate organizations with downloads, files, and bytes; what is in the trash takes room."""
    files = get_file_model()._default_manager.order_by().values("organization")
    files = files.filter(organization=OuterRef("pk"))
    counted = files.filter(live()).annotate(value=Count("pk")).values("value")
    stored = files.annotate(value=Sum("size")).values("value")
    return counters.with_totals(queryset).annotate(
        file_count=Coalesce(Subquery(counted), Value(0)),
        bytes_stored=Coalesce(Subquery(stored), Value(0)),
    )


class OrganizationShape(BaseView):
    """Views that answer with organizations."""

    def get_serializer_class(self) -> type[OrganizationSerializer]:
        """Return the site's serializer of organizations."""
        return load_class("ORGANIZATION_SERIALIZER", OrganizationSerializer)


class OrganizationMixin(BaseView):
    """Views under one organization."""

    def get_organization(self) -> AbstractOrganization:
        """Return the organization of the URL. Raises ``NotFound``, also for what is not seen."""
        pk = parse_pk(get_organization_model(), self.kwargs["id"])
        visible = self.policy.visible_organizations(self.user)
        organization = visible.filter(pk=pk).first() if pk is not None else None
        if organization is None:
            raise NotFound
        return organization


class OrganizationListView(OrganizationShape, ListView):
    """The organizations that one sees."""

    search_fields = ("name", "description")
    ordering_fields = ("name", "download_count", "created_at")
    ordering = "name"
    cursor_fields = ("name", "created_at")

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the policy lets be seen."""
        return with_usage(self.policy.visible_organizations(self.user))


class OrganizationView(OrganizationShape, OrganizationMixin):
    """One organization."""

    def get(self, request: Request, id: str) -> Response:
        """Answer with the organization."""
        pk = self.get_organization().pk
        organization = with_usage(get_organization_model()._default_manager.filter(pk=pk)).get()
        return Response(self.get_serializer(organization).data)


class OrganizationFilesView(FileListMixin, OrganizationMixin, ListView):
    """The files of one organization."""

    def get_queryset(self) -> QuerySet[Any]:
        """Return the organization's files that one may read."""
        organization = self.get_organization()
        files = self.policy.visible_files(self.user)
        return self.prepare(files.filter(organization=organization.pk))


class OrganizationDownloadsView(OrganizationMixin, LedgerView):
    """Every download from one organization."""

    def get_queryset(self) -> QuerySet[Any]:
        """Return the organization's rows that the policy shows to those who manage it."""
        organization = self.get_organization()
        self.require(Action.VIEW_DOWNLOADS, organization)
        rows = self.policy.visible_downloads(self.user).filter(organization=organization.pk)
        return self.shown(rows)
