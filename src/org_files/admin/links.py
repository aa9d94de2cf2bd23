"""The page of share links: to look at, and to revoke. What opens one is not shown here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timeuntil
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from org_files.admin.base import ServicesMixin
from org_files.admin.ledger import ReadOnlyAdmin
from org_files.links import revoke_link
from org_files.models import LinkState, ShareLink, in_state

STATES = {
    LinkState.ACTIVE: _("active"),
    LinkState.EXPIRED: _("expired"),
    LinkState.EXHAUSTED: _("used up"),
    LinkState.REVOKED: _("revoked"),
}


class StateFilter(admin.SimpleListFilter):
    """By what has become of the link."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states."""
        return [(str(state), name) for state, name in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the links in the state that was chosen."""
        value = self.value()
        if value not in [str(state) for state in STATES]:
            return queryset
        return queryset.filter(in_state(LinkState(value), timezone.now()))


class ShareLinkAdmin(ServicesMixin, ReadOnlyAdmin):
    """Share links. People make and change them by the API; here they are revoked.

    To see them takes the permission to view share links, to revoke them the one to change them.
    """

    list_display = (
        "file",
        "organization",
        "created_by",
        "label",
        "state",
        "time_left",
        "downloads",
        "last_used_at",
        "created_at",
    )
    list_filter = (StateFilter, "created_at", "expires_at")
    list_select_related = ("file__organization", "created_by")
    search_fields = ("label", "file__name", "=public_id")
    ordering = ("-created_at", "-pk")
    actions = ("revoke",)
    fields = (
        "public_id",
        "file",
        "organization",
        "created_by",
        "label",
        "rendition",
        "state",
        "time_left",
        "downloads",
        "last_used_at",
        "has_password",
        "expires_at",
        "revoked_at",
        "created_at",
    )
    readonly_fields = fields

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
