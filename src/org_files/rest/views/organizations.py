"""Organizations, their usage, files and downloads."""

import re
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import conf, counters, get_organization_model
from org_files.access import Action, whole_organizations
from org_files.backends import load_class
from org_files.db.keys import parse_pk
from org_files.files import count_live_files, quota_of, with_usage
from org_files.models import AbstractOrganization, Download
from org_files.organizations import delete_organization
from org_files.rest.base import BaseView
from org_files.rest.serializers import OrganizationSerializer, UsageSerializer
from org_files.rest.views.files import FileListMixin
from org_files.rest.views.lists import LedgerView, ListView

MAX_DAYS = 366
CACHE_SECONDS = 60


def with_totals(queryset: QuerySet[AbstractOrganization]) -> QuerySet[AbstractOrganization]:
    """Annotate organizations with downloads, files, and bytes, those of the trash included."""
    joined: Any = queryset  # the type checker knows no such join of a swapped model
    return with_usage(counters.with_totals(joined.select_related("org_files_subscription")))


def get_with_usage(organization: AbstractOrganization) -> Any:
    """Return the organization as it is now, with the values of ``with_totals``."""
    return with_totals(type(organization)._base_manager.filter(pk=organization.pk)).get()


class OrganizationShape(BaseView):
    """Views that answer with organizations."""

    tag = "Organizations"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check ``?expand=`` here, because error pages for browsers need the context."""
        super().initial(request, *args, **kwargs)
        if request.query_params.get("expand") not in (None, "members"):
            raise exceptions.ValidationError({"expand": [_("Takes members.")]})

    def get_serializer_context(self) -> dict[str, Any]:
        asked = self.request.query_params.get("expand") == "members"
        return {**super().get_serializer_context(), "expand": ["members"] if asked else []}

    def complete(self, rows: Sequence[Any]) -> None:
        """Add the members that the requester sees to all rows, if requested."""
        if "members" not in self.get_serializer_context()["expand"]:
            return
        members = defaultdict(list)
        visible = self.policy.visible_memberships(self.user)
        found = visible.filter(organization__in=[row.pk for row in rows])
        for membership in found.select_related("user").order_by("created_at", "pk"):
            members[membership.organization_id].append(membership)
        for row in rows:
            row.shown_members = members[row.pk]

    def shown(self, organization: AbstractOrganization) -> Any:
        """Return the JSON of one organization."""
        found = get_with_usage(organization)
        self.complete([found])
        return self.get_serializer(found).data

    def get_serializer_class(self) -> type[OrganizationSerializer]:
        return load_class("ORGANIZATION_SERIALIZER", OrganizationSerializer)


class OrganizationMixin(BaseView):
    """Views under one organization."""

    tag = "Organizations"

    def get_organization(self, action: Action | None = None) -> AbstractOrganization:
        """Return the organization of the URL, to which the requester may do ``action``.

        Raises ``NotFound``, also for an invisible one, and ``PermissionDenied``.
        """
        pk = parse_pk(get_organization_model(), self.kwargs["id"])
        organization = self.get_or_404(self.policy.visible_organizations(self.user), pk=pk)
        if action is not None:
            self.require(action, organization)
        return organization


class OrganizationListView(OrganizationShape, ListView):
    """List organizations.

    The organizations that the requester may see, with exact totals of downloads, files and bytes.
    """

    operation_ids = {"GET": "organizations_list", "POST": "organizations_create"}
    errors = {"POST": ("conflict",)}
    search_fields = ("name", "description")
    ordering_fields = ("name", "download_count", "created_at")
    ordering = "name"
    extra_parameters = ("expand",)

    def get_queryset(self) -> QuerySet[Any]:
        return with_totals(self.policy.visible_organizations(self.user))

    def check_permissions(self, request: Request) -> None:
        """Refuse to create an organization before the body is read."""
        super().check_permissions(request)
        is_open = conf.organization_creation() == conf.ANYONE
        if request.method == "POST" and not (is_open or self.policy.is_operator(self.user)):
            self.deny(None)

    def post(self, request: Request) -> Response:
        """Create an organization.

        The requester becomes its first admin. It gets the site's default tier. Some sites allow
        only operators to create organizations.
        """
        created = self.save(self.validated())
        return Response(self.shown(created), status=status.HTTP_201_CREATED)


class OrganizationView(OrganizationShape, OrganizationMixin):
    """One organization."""

    operation_ids = {
        "GET": "organizations_retrieve",
        "PATCH": "organizations_update",
        "DELETE": "organizations_delete",
    }
    errors = {"PATCH": ("conflict",), "DELETE": ("organization_not_empty", "conflict")}

    def get(self, request: Request, id: str) -> Response:
        """Show an organization.

        One organization, with exact totals of downloads, files and bytes.
        """
        return Response(self.shown(self.get_organization()))

    def patch(self, request: Request, id: str) -> Response:
        """Change an organization.

        Changes the fields that are sent. For its admins and operators.
        """
        organization = self.get_organization(Action.MANAGE)
        return Response(self.shown(self.save(self.validated(organization, partial=True))))

    def delete(self, request: Request, id: str) -> Response:
        """Delete an organization.

        Deletes an organization without files, and its memberships. For its admins and operators.
        """
        delete_organization(organization=self.get_organization(Action.MANAGE))
        return Response(status=status.HTTP_204_NO_CONTENT)


class UsageView(OrganizationMixin):
    """The usage of an organization, cached for a minute."""

    operation_ids = {"GET": "organizations_usage"}
    serializer_class = UsageSerializer

    def get(self, request: Request, id: str) -> Response:
        """Show the usage of an organization.

        Bytes and files stored, and downloads per day. The figures are at most a minute old.
        """
        text = request.query_params.get("days", "30")
        if not re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) or not 1 <= int(text) <= MAX_DAYS:
            message = _("Takes a number from 1 to %(number)d.") % {"number": MAX_DAYS}
            raise exceptions.ValidationError({"days": [message]})
        organization = self.get_organization()
        name = sha256(f"{organization.pk}:{int(text)}".encode()).hexdigest()
        name = f"org_files:usage:{name}"
        usage: Any = cache.get(name)
        if usage is None:
            found = get_with_usage(organization)
            per_day = counters.downloads_per_day(organization=organization, days=int(text))
            usage = {
                "bytes_stored": found.bytes_stored,
                "file_count": found.file_count,
                "download_count": found.download_count,
                "downloads_per_day": [{"date": day.isoformat(), "count": n} for day, n in per_day],
            }
            cache.set(name, usage, timeout=CACHE_SECONDS)
        # Not cached: a new tier holds from the next request on.
        return Response({**usage, "quota_bytes": quota_of(organization.pk).max_bytes})


class OrganizationFilesView(FileListMixin, OrganizationMixin, ListView):
    """List the files of an organization.

    The files of one organization that the requester may read, with the filters of `files/`.
    """

    tag = "Organizations"
    operation_ids = {"GET": "organizations_files"}

    def get_queryset(self) -> QuerySet[Any]:
        pk = self.get_organization().pk
        if self.asks_for("trashed"):
            files = self.policy.listed_files(self.user, is_public=True, by_owner=True, trashed=True)
        else:
            files = self.policy.visible_files(self.user)
        return self.prepare(files.filter(organization=pk))

    def stored_count(self) -> int | None:
        if self.is_filtered or whole_organizations(self.policy, self.user) is None:
            return None
        return count_live_files([parse_pk(get_organization_model(), self.kwargs["id"])])


class OrganizationDownloadsView(LedgerView, OrganizationMixin):
    """List the downloads from an organization.

    Every download of a file that belonged to the organization at the time, newest first. For its
    admins and operators.
    """

    operation_ids = {"GET": "organizations_downloads"}

    def get_queryset(self) -> QuerySet[Download]:
        organization = self.get_organization(Action.VIEW_DOWNLOADS)
        return self.policy.visible_downloads(self.user).filter(organization=organization.pk)

    def stored_count(self) -> int | None:
        organizations = whole_organizations(self.policy, self.user)
        if organizations is None:
            return None
        pk = parse_pk(get_organization_model(), self.kwargs["id"])
        return self.count_by_totals(organizations.filter(pk=pk))
