"""The schema. It knows nothing of URLs, policies and requests."""

from org_files.models.downloads import Download, PendingDownload, RangeGrant
from org_files.models.files import PICTURE_TYPES, AbstractFile, File, live
from org_files.models.memberships import Membership, Role
from org_files.models.organizations import AbstractOrganization, Organization

__all__ = [
    "PICTURE_TYPES",
    "AbstractFile",
    "AbstractOrganization",
    "Download",
    "File",
    "Membership",
    "Organization",
    "PendingDownload",
    "RangeGrant",
    "Role",
    "live",
]
