"""Read-only admin pages: the ledger of downloads, and share links, which can be revoked."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timeuntil
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from org_files import get_file_model
from org_files.admin.base import ReadOnlyAdmin, ServicesMixin
from org_files.links import revoke_link
from org_files.models import (
    Download,
    LinkState,
    PendingDownload,
    RangeGrant,
    ShareLink,
    Tombstone,
    in_state,
)

STATES = {
    LinkState.ACTIVE: _("active"),
    LinkState.EXPIRED: _("expired"),
    LinkState.EXHAUSTED: _("used up"),
    LinkState.REVOKED: _("revoked"),
}


class InternalAdmin(ReadOnlyAdmin):
    """Base of pages of internal tables: the index of the admin lists them under ``DEBUG`` only."""

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return super().get_model_perms(request) if settings.DEBUG else {}


@admin.register(Download)
class DownloadAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = ("downloaded_at", "file_name", "organization", "user", "share_link")
    list_select_related = ("organization", "user")
    fields = ("downloaded_at", "file_name", "file_public_id", "organization", "user", "share_link")
    readonly_fields = ("file_name", "share_link")
    ordering = ("-downloaded_at", "-pk")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
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


@admin.register(Tombstone)
class TombstoneAdmin(InternalAdmin):
    """Files that were removed for good."""

    # Not the primary key of the file, which may be another file's, nor totals without the pending.
    list_display = fields = ("name", "organization", "file_public_id", "purged_at")
    list_select_related = ("organization",)
    search_fields = ("name",)
    ordering = ("-purged_at", "-pk")
    show_full_result_count = False


@admin.register(PendingDownload)
class PendingDownloadAdmin(InternalAdmin):
    """Downloads that no stored total contains yet."""

    list_display = fields = ("download_id", "file_public_id", "organization", "downloaded_at")
    list_select_related = ("organization",)
    ordering = ("-pk",)


@admin.register(RangeGrant)
class RangeGrantAdmin(InternalAdmin):
    """Marks of partial downloads."""

    list_display = ("requester_key", "began_at")
    ordering = ("-began_at",)


class StateFilter(admin.SimpleListFilter):
    """Share links by state."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(state), name) for state, name in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in STATES:
            return queryset
        return queryset.filter(in_state(LinkState(value), timezone.now()))


@admin.register(ShareLink)
class ShareLinkAdmin(ServicesMixin, ReadOnlyAdmin):
    """Share links. People make and change them by the API; here they are revoked.

    To see them takes the permission to view share links, to revoke them the one to change them.
    """

    list_display = (
        *("file", "organization", "created_by", "label"),
        *("state", "time_left", "downloads", "last_used_at", "created_at"),
    )
    list_filter = (StateFilter, "created_at", "expires_at")
    list_select_related = ("file__organization", "created_by")
    search_fields = ("label", "file__name", "=public_id")
    ordering = ("-created_at", "-pk")
    actions = ("revoke",)
    fields = readonly_fields = (
        *("public_id", "file", "organization", "created_by", "label", "rendition"),
        *("state", "time_left", "downloads", "last_used_at", "has_password"),
        *("expires_at", "revoked_at", "created_at"),
    )

    @admin.display(description=_("organization"), ordering="file__organization")
    def organization(self, link: ShareLink) -> str:
        """Return the organization of the file."""
        return str(link.file.organization)

    @admin.display(description=_("state"))
    def state(self, link: ShareLink) -> Any:
        """Return what has become of the link."""
        return STATES[link.state_at(timezone.now())]

    @admin.display(description=_("time left"), ordering="expires_at")
    def time_left(self, link: ShareLink) -> str | None:
        """Return how long the link will last, nothing where it is over or has no end."""
        now = timezone.now()
        if link.expires_at is None or link.state_at(now) is not LinkState.ACTIVE:
            return None
        return timeuntil(link.expires_at, now)

    @admin.display(description=_("downloads"), ordering="used")
    def downloads(self, link: ShareLink) -> str:
        """Return how many downloads there were, and of how many."""
        return str(link.used) if link.max_downloads is None else f"{link.used}/{link.max_downloads}"

    @admin.display(description=_("has a password"), boolean=True)
    def has_password(self, link: ShareLink) -> bool:
        """Return whether a password is asked for."""
        return bool(link.password)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change share links, which here is to revoke them."""
        return super(ReadOnlyAdmin, self).has_change_permission(request)

    @admin.action(description=_("Revoke the selected share links"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        """End links at once and for good."""
        count = 0
        for link in queryset.filter(revoked_at=None):
            revoke_link(link=link)
            # Another one may have been faster.
            if link.revoked_at is not None:
                self.log_change(request, link, [{"changed": {"fields": ["revoked at"]}}])
                count += 1
        text = ngettext("%(count)d share link revoked.", "%(count)d share links revoked.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
