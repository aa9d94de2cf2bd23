"""The admin pages: thin. Names obey the one rule, totals are read from the counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from org_files import counters
from org_files.exceptions import InvalidField
from org_files.files import clean_name
from org_files.models import (
    AbstractFile,
    Download,
    File,
    Membership,
    Organization,
    PendingDownload,
    RangeGrant,
)

if TYPE_CHECKING:
    AnyModelAdmin = ModelAdmin[Any]
    AnyTabularInline = admin.TabularInline[Any, Any]
    AnyModelForm = forms.ModelForm[Any]
else:  # Django's own classes take no parameters
    AnyModelAdmin, AnyTabularInline, AnyModelForm = ModelAdmin, admin.TabularInline, forms.ModelForm

__all__ = ["FileAdmin", "MembershipAdmin", "OrganizationAdmin"]


class TotalsMixin(AnyModelAdmin):
    """Shows download totals, pending ones included."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with their totals."""
        return counters.with_totals(super().get_queryset(request))

    @admin.display(description=_("downloads"), ordering="download_count")
    def download_count(self, obj: Any) -> int:
        """Return the number of downloads."""
        return int(obj.download_count)

    @admin.display(description=_("last download"), ordering="last_downloaded_at")
    def last_downloaded_at(self, obj: Any) -> str | None:
        """Return the moment of the last download, in the site's zone and form."""
        at = obj.last_downloaded_at
        return None if at is None else str(localize(localtime(at)))


class MembershipInline(AnyTabularInline):
    """The members of an organization."""

    model = Membership
    extra = 0
    raw_id_fields = ("user",)


class OrganizationAdmin(TotalsMixin):
    """Organizations with their members."""

    list_display = ("name", "download_count", "last_downloaded_at", "created_at")
    search_fields = ("name", "description")
    readonly_fields = ("download_count", "last_downloaded_at", "created_at")
    inlines = (MembershipInline,)


class FileForm(AnyModelForm):
    """What may be changed of a file."""

    def clean_name(self) -> str:
        """Hold the name to the rule for all names."""
        try:
            return clean_name(self.cleaned_data["name"])
        except InvalidField as error:
            raise forms.ValidationError(error.message) from error


class FileAdmin(TotalsMixin):
    """Files. Bytes come in by the API alone, where they are measured, and never change."""

    form = FileForm
    list_display = (
        "name",
        "organization",
        "owner",
        "size",
        "content_type",
        "download_count",
        "last_downloaded_at",
        "created_at",
    )
    list_filter = ("is_public", "created_at")
    list_select_related = ("organization", "owner")
    search_fields = ("name", "comment")
    readonly_fields = (
        "public_id",
        "organization",
        "owner",
        "size",
        "content_type",
        "sha256",
        "content_link",
        "download_count",
        "last_downloaded_at",
        "deleted_at",
        "created_at",
        "updated_at",
    )

    @admin.display(description=_("content"))
    def content_link(self, file: AbstractFile) -> str:
        """Return a link to the bytes, which leave through the API alone."""
        try:
            url = reverse("org_files:file-content", kwargs={"id": str(file.public_id)})
        except NoReverseMatch:
            return ""
        return format_html('<a href="{}">{}</a>', url, _("download"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: bytes go with their row, which a form does not see to."""
        return False


class MembershipAdmin(AnyModelAdmin):
    """Memberships."""

    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organization")
    # Not autocomplete: that needs the host to have registered both, with search.
    raw_id_fields = ("user", "organization")
    readonly_fields = ("created_at",)


class ReadOnlyAdmin(AnyModelAdmin):
    """What the counters alone write."""

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


class PendingDownloadAdmin(ReadOnlyAdmin):
    """What is not folded yet."""

    list_display = ("download_id", "file", "organization", "downloaded_at")
    list_select_related = ("file", "organization")
    ordering = ("-pk",)


class RangeGrantAdmin(ReadOnlyAdmin):
    """Marks of partial downloads."""

    list_display = ("requester_key", "began_at")
    ordering = ("-began_at",)


# A host that swaps a model registers its own; these classes are there to inherit from.
for _default, _admin in ((Organization, OrganizationAdmin), (File, FileAdmin)):
    if not _default._meta.swapped:
        admin.site.register(_default, _admin)

admin.site.register(Membership, MembershipAdmin)
admin.site.register(Download, DownloadAdmin)
admin.site.register(PendingDownload, PendingDownloadAdmin)
admin.site.register(RangeGrant, RangeGrantAdmin)
