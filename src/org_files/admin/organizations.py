"""Admin page of organizations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from org_files import get_file_model
from org_files.admin.base import ServicesMixin, TotalsMixin
from org_files.admin.memberships import MembershipInline, MembershipsMixin
from org_files.admin.tiers import SubscriptionInline
from org_files.exceptions import OrganizationNotEmpty
from org_files.organizations import delete_organization


class OrganizationAdmin(ServicesMixin, TotalsMixin, MembershipsMixin):
    """Organizations with their members."""

    list_display = ("name", "download_count", "last_downloaded_at", "created_at")
    search_fields = ("name", "description")
    # Autocomplete needs an order for its pages.
    ordering = ("name", "pk")
    readonly_fields = ("memberships", "download_count", "last_downloaded_at", "created_at")
    inlines = (SubscriptionInline, MembershipInline)

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[Any, Any, set[Any], list[Any]]:
        """Return what goes with ``objs``, or those that hold files, which are not read for it."""
        files = get_file_model()._base_manager.all()
        holding = [obj for obj in objs if files.filter(organization=obj.pk).exists()]
        if holding:
            return [], {}, set(), [f"{obj}: {OrganizationNotEmpty().message}" for obj in holding]
        return super().get_deleted_objects(objs, request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete an organization."""
        delete_organization(organization=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete organizations."""
        for organization in queryset:
            delete_organization(organization=organization)
