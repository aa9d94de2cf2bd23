"""Lists of downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from org_files import get_file_model
from org_files.models import Download, Tombstone
from org_files.rest.errors import NotFound
from org_files.rest.fields import parse_pk
from org_files.rest.filters import DownloadFilterSet
from org_files.rest.serializers import DownloadSerializer
from org_files.rest.views.lists import ListView

__all__ = ["DownloadListView", "LedgerView", "UserDownloadsView"]


class LedgerView(ListView):
    """Base of lists of downloads, newest first."""

    errors = {"GET": ("permission_denied",)}

    serializer_class = DownloadSerializer
    ordering_fields = ("downloaded_at",)
    ordering = "-downloaded_at"
    cursor_fields = ("downloaded_at",)

    def shown(self, rows: QuerySet[Download]) -> QuerySet[Download]:
        """Add what the JSON of a row shows."""
        return rows.select_related("organization", "user")

    def complete(self, rows: Sequence[Any]) -> None:
        """Add the names of files and organizations that the reader may see now.

        Files by their public id: their primary key may be that of another file by now.
        """
        user, organizations = self.user, self.policy.visible_organizations(self.user)
        files = {row.file_public_id for row in rows}
        readable = get_file_model()._default_manager.filter(
            self.policy.readable_files(user), public_id__in=files
        )
        names = dict(readable.values_list("public_id", "name"))
        removed = Tombstone.objects.filter(file_public_id__in=files - names.keys())
        if not self.policy.is_operator(user):
            removed = removed.filter(organization__in=organizations.values("pk"))
        names |= dict(removed.values_list("file_public_id", "name"))
        keys = {row.organization_id for row in rows}
        visible = set(organizations.filter(pk__in=keys).values_list("pk", flat=True))
        for row in rows:
            # The name is empty where the tombstone was made from the ledger.
            row.file_name = names.get(row.file_public_id) or None
            if row.organization_id in visible and row.organization is not None:
                row.organization.shown_name = row.organization.name

    def rows_of(self, pk: Any) -> QuerySet[Download]:
        """Return one user's rows. Raises ``PermissionDenied`` where the reader may not see them."""
        user = self.user
        if not self.policy.sees_downloads_of(user, pk):
            self.deny(pk)
        return self.shown(self.policy.visible_downloads(user).filter(user=pk))


class DownloadListView(LedgerView):
    """List one's own downloads.

    The downloads of the requester, newest first. `user` selects another user, where the site's
    policy allows it.
    """

    tag = "Downloads"
    operation_ids = {"GET": "downloads_list"}

    filterset_class = DownloadFilterSet

    def get_queryset(self) -> QuerySet[Download]:
        """Return one's own rows, unless another user is asked for."""
        asked = self.request.query_params.get("user")
        # What is no key at all is left to the filter set, which refuses it by name.
        pk = parse_pk(get_user_model(), asked) if asked else None
        return self.rows_of(self.user.pk if pk is None else pk)


class UserDownloadsView(LedgerView):
    """List the downloads of a user.

    The downloads of one user that the requester may see, newest first.
    """

    tag = "Downloads"
    operation_ids = {"GET": "users_downloads"}

    def get_queryset(self) -> QuerySet[Download]:
        """Return the user's rows. Raises ``NotFound`` for a user that one does not see."""
        pk = parse_pk(get_user_model(), self.kwargs["id"])
        visible = self.policy.visible_users(self.user)
        if pk is None or not visible.filter(pk=pk).exists():
            raise NotFound
        return self.rows_of(pk)
