"""Read-only admin pages of the ledger of downloads."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from org_files import get_file_model
from org_files.admin.base import AllowedLookupsMixin
from org_files.models import Download, Tombstone


class ReadOnlyAdmin(AllowedLookupsMixin):
    """Base of pages of rows that only services write: they can be read here and not changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False."""
        return False


class DownloadAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = ("downloaded_at", "file_name", "organization", "user", "share_link")
    list_select_related = ("organization", "user")
    fields = ("downloaded_at", "file_name", "file_public_id", "organization", "user", "share_link")
    readonly_fields = ("file_name", "share_link")
    ordering = ("-downloaded_at", "-pk")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with their links and the names of their files."""
        # By the public id: the primary key may be that of another file by now.
        file = get_file_model()._base_manager.filter(public_id=OuterRef("file_public_id"))
        removed = Tombstone.objects.filter(file_public_id=OuterRef("file_public_id"))
        rows: QuerySet[Any] = super().get_queryset(request)
        rows = rows.annotate(
            name_of_file=Subquery(file.values("name")[:1]),
            name_of_removed=Subquery(removed.values("name")[:1]),
        )
        # By a join, by which a link that has been removed is none.
        return rows.select_related("link")

    @admin.display(description=_("file"))
    def file_name(self, download: Any) -> str:
        """Return the name of the file, its public id where the name is not known."""
        return download.name_of_file or download.name_of_removed or str(download.file_public_id)

    @admin.display(description=_("share link"), ordering="link_id")
    def share_link(self, download: Download) -> Any:
        """Return the link that the download came through, its id where it has been removed."""
        return download.link or download.link_id


class TombstoneAdmin(ReadOnlyAdmin):
    """Files that were removed for good."""

    list_display = ("name", "organization", "file_public_id", "purged_at")
    list_select_related = ("organization",)
    # Not the primary key of the file, which may be another file's, nor totals without the pending.
    fields = ("name", "organization", "file_public_id", "purged_at")
    search_fields = ("name",)
    ordering = ("-purged_at", "-pk")
    show_full_result_count = False


class PendingDownloadAdmin(ReadOnlyAdmin):
    """What is not folded yet."""

    list_display = ("download_id", "file_public_id", "organization", "downloaded_at")
    list_select_related = ("organization",)
    fields = list_display
    ordering = ("-pk",)


class RangeGrantAdmin(ReadOnlyAdmin):
    """Marks of partial downloads."""

    list_display = ("requester_key", "began_at")
    ordering = ("-began_at",)
