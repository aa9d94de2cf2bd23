"""Admin pages. Changes go through the services and obey their rules."""

from django.contrib import admin

from org_files.admin.base import ReadOnlyAdmin
from org_files.admin.downloads import ShareLinkAdmin
from org_files.admin.files import FileAdmin
from org_files.admin.organizations import (
    MembershipAdmin,
    MembershipInline,
    OrganizationAdmin,
    SubscriptionAdmin,
    SubscriptionInline,
    TierAdmin,
    UserMembershipInline,
)
from org_files.admin.uploads import UploadAdmin
from org_files.models import File, Organization

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
    "UploadAdmin",
    "UserMembershipInline",
]

# A host that swaps a model registers its own; these classes are there to inherit from.
for _default, _admin in ((Organization, OrganizationAdmin), (File, FileAdmin)):
    if not _default._meta.swapped:
        admin.site.register(_default, _admin)
