"""The pages of the ledger of downloads, to look at."""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest

from org_files.admin.base import AnyModelAdmin

__all__ = [
    "DownloadAdmin",
    "PendingDownloadAdmin",
    "RangeGrantAdmin",
    "ReadOnlyAdmin",
    "TombstoneAdmin",
]


class ReadOnlyAdmin(AnyModelAdmin):
    """Rows that services alone write: to be read here, by nobody to be changed."""

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

    list_display = ("downloaded_at", "file", "organization", "user", "link_id")
    list_select_related = ("file", "organization", "user")
    ordering = ("-downloaded_at", "-pk")
    show_full_result_count = False


class TombstoneAdmin(ReadOnlyAdmin):
    """Files that were removed for good."""

    list_display = ("name", "organization", "file_public_id", "purged_at")
    list_select_related = ("organization",)
    # Not the file, which there is no more, nor totals that downloads may wait to be added to.
    fields = ("name", "organization", "file_public_id", "purged_at")
    search_fields = ("name",)
    ordering = ("-purged_at", "-pk")
    show_full_result_count = False


class PendingDownloadAdmin(ReadOnlyAdmin):
    """What is not folded yet."""

    list_display = ("download_id", "file", "organization", "downloaded_at")
    list_select_related = ("file", "organization")
    ordering = ("-pk",)


class RangeGrantAdmin(ReadOnlyAdmin):
    """Marks of partial downloads."""

    list_display = ("requester_key", "began_at")
    ordering = ("-began_at",)
