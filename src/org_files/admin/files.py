"""The page of files."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from org_files.admin.base import AnyModelForm, TotalsMixin
from org_files.exceptions import InvalidField
from org_files.files import clean_name
from org_files.models import AbstractFile

__all__ = ["FileAdmin"]


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
        return format_html('<a href="{}">{}</a>', url, gettext("Download"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False
