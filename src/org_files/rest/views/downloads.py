"""Lists of downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from org_files import get_file_model
from org_files.models import Download, Tombstone
from org_files.rest.fields import parse_pk
from org_files.rest.filters import DownloadFilterSet
from org_files.rest.serializers import DownloadSerializer
from org_files.rest.views.lists import ListView


class LedgerView(ListView):
    """Base of lists of downloads, newest first."""

    errors = {"GET": ("permission_denied",)}

    serializer_class = DownloadSerializer
    ordering_fields = ("downloaded_at",)
    ordering = "-downloaded_at"
    cursor_fields = ("downloaded_at",)

    def shown(self, rows: QuerySet[Download]) -> QuerySet[Download]:
        """Join the rows that the JSON of a download shows."""
        return rows.select_related("organization", "user")

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
        """Return the rows of one user. Raises ``PermissionDenied``."""
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
        """Return the requester's rows, or those of ``?user=``."""
        asked = self.request.query_params.get("user")
        # The filter set refuses a malformed key.
        pk = parse_pk(get_user_model(), asked) if asked else None
        return self.rows_of(self.user.pk if pk is None else pk)


class UserDownloadsView(LedgerView):
    """List the downloads of a user.

    The downloads of one user that the requester may see, newest first.
    """

    tag = "Downloads"
    operation_ids = {"GET": "users_downloads"}

    def get_queryset(self) -> QuerySet[Download]:
        """Return the user's rows. Raises ``NotFound``, also for an invisible user."""
        pk = parse_pk(get_user_model(), self.kwargs["id"])
        return self.rows_of(self.get_or_404(self.policy.visible_users(self.user), pk=pk).pk)
