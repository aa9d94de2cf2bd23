"""Tiers, as everybody who is logged in sees them."""

from __future__ import annotations

from django.db.models import QuerySet

from org_files.models import Tier
from org_files.rest.serializers import TierSerializer
from org_files.rest.views.lists import ListView

__all__ = ["TierListView"]


class TierListView(ListView):
    """List tiers.

    What each tier gives to its organizations. An organization without a tier has the defaults of
    the site.
    """

    tag = "Tiers"
    operation_ids = {"GET": "tiers_list"}

    serializer_class = TierSerializer
    ordering_fields = ("id", "name")
    ordering = "id"
    cursor_fields = ("id", "name")

    def get_queryset(self) -> QuerySet[Tier]:
        """Return all of them."""
        return Tier.objects.all()
