"""Admin page of upload sessions, which can be cancelled."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from org_files.admin.base import ServicesMixin
from org_files.models import Upload
from org_files.uploads.ending import cancel_upload


@admin.register(Upload)
class UploadAdmin(ServicesMixin):
    """Upload sessions: how far they are, and whose. To delete one is to cancel it."""

    list_display = ("name", "organization", "owner", "progress", "created_at", "expires_at")
    list_filter = ("is_complete", "created_at")
    list_select_related = ("organization", "owner")
    search_fields = ("name",)
    ordering = ("-created_at", "-pk")
    # Without the id, which lets the owner append.
    fields = readonly_fields = (
        *("name", "organization", "owner", "progress", "offset", "length", "is_complete", "file"),
        *("comment", "resource", "resource_id", "is_public", "file_expires_at"),
        *("created_at", "expires_at"),
    )

    @admin.display(description=_("progress"))
    def progress(self, upload: Upload) -> str:
        """Return the bytes that have arrived, in percent where the length is known."""
        if upload.is_complete:
            return "100 %"
        if not upload.length:
            return str(upload.offset)
        return f"{100 * upload.offset // upload.length} %"

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        cancel_upload(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
