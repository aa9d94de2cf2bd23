"""Upload sessions: bytes that arrive over any number of requests, by any protocol.

``protocols`` parses headers, ``places`` has the bytes, ``taking`` lets one request at a time write,
``appending`` writes its bytes, ``services`` begins a session and ``ending`` makes it a file.
"""

from org_files.uploads.appending import Body, append
from org_files.uploads.ending import (
    before_removal,
    cancel_upload,
    complete_upload,
    digests_of,
    expired_uploads,
    refuse_other_digest,
    remove_expired,
)
from org_files.uploads.services import (
    create_upload,
    find_upload,
    limit_for,
    limit_of,
    require_offset,
    set_length,
)
from org_files.uploads.settings import upload_settings
from org_files.uploads.taking import Taken, taken

__all__ = [
    "Body",
    "Taken",
    "append",
    "before_removal",
    "cancel_upload",
    "complete_upload",
    "create_upload",
    "digests_of",
    "expired_uploads",
    "find_upload",
    "limit_for",
    "limit_of",
    "refuse_other_digest",
    "remove_expired",
    "require_offset",
    "set_length",
    "taken",
    "upload_settings",
]
