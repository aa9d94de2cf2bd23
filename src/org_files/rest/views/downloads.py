"""The ledger of downloads, as its readers see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from org_files.models import Download, Tombstone
from org_files.rest.errors import NotFound
from org_files.rest.fields import parse_pk
from org_files.rest.filters import DownloadFilterSet
from org_files.rest.serializers import DownloadSerializer
from org_files.rest.views.lists import ListView

__all__ = ["DownloadListView", "LedgerView", "UserDownloadsView"]


class LedgerView(ListView):
    """Base of lists of downloads, newest first."""

    serializer_class = DownloadSerializer
    ordering_fields = ("downloaded_at",)
    ordering = "-downloaded_at"
    cursor_fields = ("downloaded_at",)

    def shown(self, rows: QuerySet[Download]) -> QuerySet[Download]:
        """Add what the JSON of a row shows."""
        return rows.select_related("file", "organization", "user")

    def complete(self, rows: Sequence[Any]) -> None:
        """Add the names of files that are gone."""
        gone = [row.file_public_id for row in rows if row.file is None]
        names = dict(
            Tombstone.objects.filter(file_public_id__in=gone).values_list("file_public_id", "name")
        )
        for row in rows:
            row.buried_name = names.get(row.file_public_id)

    def rows_of(self, pk: Any) -> QuerySet[Download]:
        """Return one user's rows. Raises ``PermissionDenied`` where they are not to be seen."""
        user = self.user
        if not self.policy.sees_downloads_of(user, pk):
            self.deny(pk)
        return self.shown(self.policy.visible_downloads(user).filter(user=pk))


class DownloadListView(LedgerView):
    """One's own downloads, or those of another user."""

    filterset_class = DownloadFilterSet

    def get_queryset(self) -> QuerySet[Download]:
        """Return one's own rows, unless another user is asked for."""
        asked = self.request.query_params.get("user")
        # What is no key at all is left to the filter set, which refuses it by name.
        pk = parse_pk(get_user_model(), asked) if asked else None
        return self.rows_of(self.user.pk if pk is None else pk)


class UserDownloadsView(LedgerView):
    """The downloads of one user."""

    def get_queryset(self) -> QuerySet[Download]:
        """Return the user's rows. Raises ``NotFound`` for a user that one does not see."""
        pk = parse_pk(get_user_model(), self.kwargs["id"])
        visible = self.policy.visible_users(self.user)
        if pk is None or not visible.filter(pk=pk).exists():
            raise NotFound
        return self.rows_of(pk)
