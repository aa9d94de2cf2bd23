"""Tiers."""

from __future__ import annotations

from org_files.models import Tier
from org_files.rest.serializers import TierSerializer
from org_files.rest.views.lists import ListView

__all__ = ["TierListView"]


class TierListView(ListView):
    """The tiers."""

    queryset = Tier.objects.all()
    serializer_class = TierSerializer
    ordering_fields = ("id", "name")
    ordering = "id"
    cursor_fields = ("id", "name")
