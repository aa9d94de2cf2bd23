"""Services, names, contents and quotas of files."""

from org_files.files.content import (
    Fingerprint,
    Fingerprinter,
    clean_name,
    content_type_of,
    fingerprint,
)
from org_files.files.quotas import Quota, quota_of
from org_files.files.removal import (
    Purged,
    purge_file,
    purge_files,
    restore_file,
    restore_files,
    trash_file,
    trash_files,
)
from org_files.files.services import Reservation, change_file, store_file
from org_files.files.uploads import organization_for_upload
from org_files.files.usage import count_live_files, with_usage
from org_files.storage.blobs import storage_errors

__all__ = [
    "Fingerprint",
    "Fingerprinter",
    "Purged",
    "Quota",
    "Reservation",
    "change_file",
    "clean_name",
    "content_type_of",
    "count_live_files",
    "fingerprint",
    "organization_for_upload",
    "purge_file",
    "purge_files",
    "quota_of",
    "restore_file",
    "restore_files",
    "storage_errors",
    "store_file",
    "trash_file",
    "trash_files",
    "with_usage",
]
