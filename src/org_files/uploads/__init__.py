"""Upload sessions: bytes that arrive over any number of requests, by any protocol.

``protocols`` parses headers, ``places`` has the bytes, ``taking`` lets one request at a time write,
``appending`` writes its bytes, ``services`` begins a session and ``ending`` makes it a file. The
bytes of ``direct`` uploads go to the store.

The modules are imported when they are used: ``asgi`` is imported before apps are loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from org_files.uploads.appending import Body, append
    from org_files.uploads.direct import (
        arrived_parts,
        assemble,
        hash_file,
        is_direct,
        part_urls,
        unhashed_files,
    )
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
    "arrived_parts",
    "assemble",
    "before_removal",
    "cancel_upload",
    "complete_upload",
    "create_upload",
    "digests_of",
    "expired_uploads",
    "find_upload",
    "hash_file",
    "is_direct",
    "limit_for",
    "limit_of",
    "part_urls",
    "refuse_other_digest",
    "remove_expired",
    "require_offset",
    "set_length",
    "taken",
    "unhashed_files",
    "upload_settings",
]

#: The module of each name.
_MODULES = {
    name: module
    for module, names in {
        "appending": (
            "Body",
            "append",
        ),
        "direct": (
            "arrived_parts",
            "assemble",
            "hash_file",
            "is_direct",
            "part_urls",
            "unhashed_files",
        ),
        "ending": (
            "before_removal",
            "cancel_upload",
            "complete_upload",
            "digests_of",
            "expired_uploads",
            "refuse_other_digest",
            "remove_expired",
        ),
        "services": (
            "create_upload",
            "find_upload",
            "limit_for",
            "limit_of",
            "require_offset",
            "set_length",
        ),
        "settings": ("upload_settings",),
        "taking": (
            "Taken",
            "taken",
        ),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
