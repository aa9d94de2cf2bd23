"""Tiers."""

from __future__ import annotations

from org_files.models import Tier
from org_files.rest.serializers import TierSerializer
from org_files.rest.views.lists import ListView


class TierListView(ListView):
    """List tiers.

    What each tier gives to its organizations. An organization without a tier has the defaults of
    the site.
    """

    tag = "Tiers"
    operation_ids = {"GET": "tiers_list"}

    queryset = Tier.objects.all()
    serializer_class = TierSerializer
    ordering_fields = ("id", "name")
    ordering = "id"
    cursor_fields = ("id", "name")
