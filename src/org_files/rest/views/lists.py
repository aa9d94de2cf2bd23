"""Base of lists, and the lists of downloads and tiers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import counters, get_file_model
from org_files.db.keys import parse_pk
from org_files.db.rows import hidden_row_models
from org_files.models import Download, PendingDownload, Tier
from org_files.rest.base import BaseView
from org_files.rest.filters import LIST_FILTERS, DownloadFilterSet
from org_files.rest.pagination import CursorPagination, Pagination
from org_files.rest.parameters import ALWAYS, PAGING, refuse_unknown_of_list
from org_files.rest.serializers import DownloadSerializer, TierSerializer


class ListView(BaseView):
    """A list of ``get_queryset``, with filters, search, ordering and paging."""

    filter_backends = LIST_FILTERS
    pagination_class = Pagination
    filterset_class: Any = None
    search_fields: Sequence[str] = ()
    ordering_fields: Sequence[str] = ()
    #: The default ordering.
    ordering: str
    #: Columns behind names of the contract, where they differ.
    ordering_sources: Mapping[str, str] = {}
    #: Annotations that can be null. Columns need not be named: their fields tell.
    nullable_ordering: frozenset[str] = frozenset()
    extra_parameters: Sequence[str] = ()

    @cached_property
    def paginator(self) -> Any:
        """The pages of the request: by cursor where it has one, else by number."""
        by_cursor = "cursor" in self.request.query_params
        return CursorPagination() if by_cursor else self.pagination_class()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown_of_list(request, self)
        page: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        self.complete(page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def stored_count(self) -> int | None:
        """Return the number of rows of the list by stored totals, or ``None`` without any."""
        return None

    def divisions(self) -> Sequence[Q]:
        """Return conditions of disjoint parts of the list that indexes serve, or none."""
        return ()

    @property
    def is_filtered(self) -> bool:
        """Whether the request has parameters that can leave rows out."""
        return bool(self.request.query_params.keys() - PAGING - ALWAYS - {"ordering"})

    @property
    def is_sorted(self) -> bool:
        """Whether no index serves the order of the list: it is a search, or of the trash."""
        return bool(self.request.query_params.keys() & {"search", "trashed"})

    def complete(self, rows: Sequence[Any]) -> None:
        """Add values to the rows of a page that one query finds for all of them."""


class LedgerView(ListView):
    """Base of lists of downloads, newest first."""

    tag = "Downloads"
    errors = {"GET": ("permission_denied",)}
    serializer_class = DownloadSerializer
    ordering_fields = ("downloaded_at",)
    ordering = "-downloaded_at"

    def filter_queryset(self, queryset: Any) -> Any:
        return super().filter_queryset(queryset).select_related("organization", "user")

    def complete(self, rows: Sequence[Any]) -> None:
        """Add the names of files and organizations that the reader can see now.

        Files are joined by public id, because primary keys can be given out again.
        """
        user, organizations = self.user, self.policy.visible_organizations(self.user)
        files = {row.file_public_id for row in rows}
        readable = get_file_model()._default_manager.filter(
            self.policy.readable_files(user), public_id__in=files
        )
        names = dict(readable.values_list("public_id", "name"))
        tombstones = self.policy.visible_tombstones(user)
        removed = tombstones.filter(file_public_id__in=files - names.keys())
        names |= dict(removed.values_list("file_public_id", "name"))
        keys = {row.organization_id for row in rows}
        visible = set(organizations.filter(pk__in=keys).values_list("pk", flat=True))
        for row in rows:
            # The name is empty where the tombstone was made from the ledger.
            row.file_name = names.get(row.file_public_id) or None
            if row.organization_id in visible and row.organization is not None:
                row.organization.shown_name = row.organization.name

    def count_by_totals(self, rows: QuerySet[Any]) -> int | None:
        """Return the downloads of the one file or organization in ``rows`` by its totals.

        ``None`` for a filtered list, or if row-level security may hide rows.
        """
        if self.is_filtered or hidden_row_models([Download, PendingDownload, rows.model], rows.db):
            return None
        totals = counters.with_totals(rows).values_list("download_count", flat=True)
        return totals.first()

    def rows_of(self, pk: Any) -> QuerySet[Download]:
        """Return the rows of one user. Raises ``PermissionDenied``."""
        user = self.user
        if not self.policy.sees_downloads_of(user, pk):
            self.deny(pk)
        return self.policy.visible_downloads(user).filter(user=pk)


class DownloadListView(LedgerView):
    """List one's own downloads.

    The downloads of the requester, newest first. `user` selects another user, where the site's
    policy allows it.
    """

    operation_ids = {"GET": "downloads_list"}
    filterset_class = DownloadFilterSet

    def get_queryset(self) -> QuerySet[Download]:
        asked = self.request.query_params.get("user")
        # The filter set refuses a malformed key.
        pk = parse_pk(get_user_model(), asked) if asked else None
        return self.rows_of(self.user.pk if pk is None else pk)


class UserDownloadsView(LedgerView):
    """List the downloads of a user.

    The downloads of one user that the requester may see, newest first.
    """

    operation_ids = {"GET": "users_downloads"}

    def get_queryset(self) -> QuerySet[Download]:
        pk = parse_pk(get_user_model(), self.kwargs["id"])
        return self.rows_of(self.get_or_404(self.policy.visible_users(self.user), pk=pk).pk)


class TierListView(ListView):
    """List tiers.

    What each tier gives to its organizations. An organization without a tier has the defaults of
    the site.
    """

    tag = "Tiers"
    operation_ids = {"GET": "tiers_list"}
    queryset = Tier.objects.all()
    serializer_class = TierSerializer
    ordering_fields = ("id", "name")
    ordering = "id"
