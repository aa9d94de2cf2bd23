"""Admin page of files."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from org_files.admin.base import ServicesMixin, TotalsMixin
from org_files.exceptions import Conflict, InvalidField
from org_files.files import (
    change_file,
    clean_name,
    purge_file,
    purge_files,
    restore_files,
    trash_files,
)
from org_files.files.content import refuse_unreachable
from org_files.models import AbstractFile, live, unexpired


class FileForm(forms.ModelForm):
    """Names and links of files follow the same rules as in the API."""

    def clean_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["name"])
        except InvalidField as error:
            raise forms.ValidationError(error.message) from error

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            refuse_unreachable({name: cleaned.get(name, "") for name in self.changed_data})
        except InvalidField as error:
            self.add_error(error.field, error.message)
        return cleaned


class StateFilter(admin.SimpleListFilter):
    """Files in use, in the trash, or expired."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("live", _("In use")), ("trashed", _("In the trash")), ("expired", _("Expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        states = {"live": live(), "trashed": Q(deleted_at__isnull=False), "expired": ~unexpired()}
        return queryset.filter(states.get(self.value() or "", Q()))


class FileAdmin(ServicesMixin, TotalsMixin):
    """Files. Bytes come in by the API alone, where they are measured, and never change.

    What is deleted here is removed for good, without the trash; an action moves files there.
    """

    form = FileForm
    actions = ("move_to_trash", "restore")
    list_display = (
        *("name", "organization", "owner", "size", "content_type"),
        *("download_count", "last_downloaded_at", "created_at", "state", "deleted_at"),
    )
    list_filter = (StateFilter, "is_public", "created_at")
    list_select_related = ("organization", "owner")
    search_fields = ("name", "comment")
    readonly_fields = (
        *("public_id", "organization", "owner", "size", "content_type", "sha256", "content_link"),
        *("download_count", "last_downloaded_at", "deleted_at", "created_at", "updated_at"),
    )

    @admin.display(description=_("content"))
    def content_link(self, file: AbstractFile) -> str:
        """Return a link to the bytes, which leave through the API alone."""
        try:
            url = reverse("org_files:file-content", kwargs={"id": str(file.public_id)})
        except NoReverseMatch:
            return ""
        return format_html('<a href="{}">{}</a>', url, gettext("Download"))

    @admin.display(description=_("state"))
    def state(self, file: AbstractFile) -> str:
        """Return why users do not see the file, or an empty text."""
        marks = []
        if file.deleted_at is not None:
            marks.append(gettext("In the trash"))
        if file.expires_at is not None and file.expires_at <= timezone.now():
            marks.append(gettext("Expired"))
        return ", ".join(marks)

    @admin.action(description=_("Move to the trash"), permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Move to the trash what is neither there nor expired."""
        count = trash_files(files=self._without_joins(queryset))
        message = ngettext(
            "%(count)d file was moved to the trash.",
            "%(count)d files were moved to the trash.",
            count,
        )
        self.message_user(request, message % {"count": count})

    @admin.action(description=_("Restore"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Take out of the trash what is there."""
        count = restore_files(files=self._without_joins(queryset))
        message = ngettext("%(count)d file was restored.", "%(count)d files were restored.", count)
        self.message_user(request, message % {"count": count})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        columns = {field.name for field in self.opts.concrete_fields}
        change_file(
            file=obj,
            # Of files in the trash, too, and of expired ones, which it may bring back.
            among=self.model._base_manager.all(),
            requester=request.user,
            **{name: form.cleaned_data[name] for name in form.changed_data if name in columns},
        )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        purge_file(file=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        if purge_files(files=self._without_joins(queryset)).kept:
            raise Conflict

    def _without_joins(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of ``queryset`` without its joins and totals: such can be locked."""
        rows: QuerySet[Any] = self.model._base_manager.all()
        return rows.filter(pk__in=queryset.order_by().values("pk"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
