"""Models of the package."""

from org_files.models.downloads import (
    DailyDownloads,
    Download,
    PendingDownload,
    RangeGrant,
    Tombstone,
)
from org_files.models.files import (
    AbstractFile,
    Decoding,
    File,
    FileRendition,
    Rendition,
    is_live,
    live,
    unexpired,
)
from org_files.models.links import LinkState, PasswordAttempts, ShareLink, in_state
from org_files.models.organizations import AbstractOrganization, Membership, Organization, Role
from org_files.models.tiers import Subscription, Tier, Usage
from org_files.models.uploads import Upload, open_uploads
from org_files.picture_types import PICTURE_TYPES

__all__ = [
    "PICTURE_TYPES",
    "AbstractFile",
    "AbstractOrganization",
    "DailyDownloads",
    "Decoding",
    "Download",
    "File",
    "FileRendition",
    "LinkState",
    "Membership",
    "Organization",
    "PasswordAttempts",
    "PendingDownload",
    "RangeGrant",
    "Rendition",
    "Role",
    "ShareLink",
    "Subscription",
    "Tier",
    "Tombstone",
    "Upload",
    "Usage",
    "in_state",
    "is_live",
    "live",
    "open_uploads",
    "unexpired",
]
