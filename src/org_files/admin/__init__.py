"""Admin pages. Changes go through the services and obey their rules."""

from __future__ import annotations

from django.contrib import admin

from org_files.admin.files import FileAdmin
from org_files.admin.ledger import (
    DownloadAdmin,
    PendingDownloadAdmin,
    RangeGrantAdmin,
    ReadOnlyAdmin,
    TombstoneAdmin,
)
from org_files.admin.links import ShareLinkAdmin
from org_files.admin.memberships import MembershipAdmin, MembershipInline, UserMembershipInline
from org_files.admin.organizations import OrganizationAdmin
from org_files.admin.tiers import SubscriptionAdmin, SubscriptionInline, TierAdmin
from org_files.models import (
    Download,
    File,
    Membership,
    Organization,
    PendingDownload,
    RangeGrant,
    ShareLink,
    Subscription,
    Tier,
    Tombstone,
)

__all__ = [
    "FileAdmin",
    "MembershipAdmin",
    "MembershipInline",
    "OrganizationAdmin",
    "ReadOnlyAdmin",
    "ShareLinkAdmin",
    "SubscriptionAdmin",
    "SubscriptionInline",
    "TierAdmin",
    "UserMembershipInline",
]

# A host that swaps a model registers its own; these classes are there to inherit from.
for _default, _admin in ((Organization, OrganizationAdmin), (File, FileAdmin)):
    if not _default._meta.swapped:
        admin.site.register(_default, _admin)

admin.site.register(Membership, MembershipAdmin)
admin.site.register(Download, DownloadAdmin)
admin.site.register(PendingDownload, PendingDownloadAdmin)
admin.site.register(RangeGrant, RangeGrantAdmin)
admin.site.register(Tombstone, TombstoneAdmin)
admin.site.register(ShareLink, ShareLinkAdmin)
admin.site.register(Tier, TierAdmin)
admin.site.register(Subscription, SubscriptionAdmin)
