"""Headers, bodies and answers of upload sessions."""

from collections.abc import Mapping, Sequence

from org_files.rest.uploads.draft import FIELDS
from org_files.uploads.protocols import draft, tus

DIGESTS = {
    "Content-Digest": "Of the body (RFC 9530), such as `sha-256=:...:` with base64.",
    "Repr-Digest": "Of the whole file (RFC 9530).",
    "Want-Repr-Digest": "The digest of the file to answer with (RFC 9530).",
}
OF_DRAFT = {
    "Upload-Complete": "IETF draft: `?1` if the body ends with the end of the file, else `?0`.",
    "Upload-Incomplete": "The opposite, in version 3 of the draft.",
    draft.INTEROP: "The version of the IETF draft: 3, 5, 6 or 8.",
}
OF_TUS = {
    "Tus-Resumable": "tus: `1.0.0`.",
    "Upload-Checksum": "tus: `sha1` or `sha256`, a blank, and the digest of the body in base64.",
}
LENGTH = {"Upload-Length": "Bytes of the whole file."}
NAME = {"Content-Disposition": "IETF draft: its `filename` names the file, unless `name` does."}
WANTED = {"Want-Repr-Digest": DIGESTS["Want-Repr-Digest"]}
INTEROP = {draft.INTEROP: OF_DRAFT[draft.INTEROP]}
VERSION = {"Tus-Resumable": OF_TUS["Tus-Resumable"]}

#: Headers of requests, by operation.
REQUEST_HEADERS: Mapping[str, Mapping[str, str]] = {
    "files_create": {**DIGESTS, **OF_DRAFT, **LENGTH, **NAME},
    "uploads_create": {
        **OF_TUS,
        **LENGTH,
        "Upload-Defer-Length": "tus: `1` if the length is not known yet.",
        "Upload-Metadata": "tus: pairs such as `filename ZmlsbS5tcDQ=`, separated by commas.",
        **OF_DRAFT,
        **DIGESTS,
        **NAME,
    },
    "uploads_append": {
        "Upload-Offset": "The offset of the body in the file.",
        **OF_TUS,
        **OF_DRAFT,
        **LENGTH,
        **DIGESTS,
    },
    "uploads_retrieve": {**VERSION, **INTEROP, **WANTED},
    "uploads_offset": {**VERSION, **INTEROP, **WANTED},
    "uploads_cancel": VERSION,
    "uploads_complete": WANTED,
}

#: Parameters of the URL, by operation.
QUERY_FIELDS: Mapping[str, Sequence[str]] = {"files_create": FIELDS, "uploads_create": FIELDS}

#: Media types of bodies that are bytes of a file, by operation.
BYTES: Mapping[str, Sequence[str]] = {
    "files_create": ("application/octet-stream",),
    "uploads_create": (tus.CONTENT_TYPE, "application/octet-stream"),
    "uploads_append": (tus.CONTENT_TYPE, draft.CONTENT_TYPE),
}

#: Headers of answers.
HEADER_TEXTS = {
    "Accept-Patch": "IETF draft: the media type of a `PATCH`.",
    "Org-Files-Location": "The URL of the file, once the upload is complete.",
    "Repr-Digest": "Of the whole file (RFC 9530).",
    "Tus-Checksum-Algorithm": "tus: algorithms of `Upload-Checksum`.",
    "Tus-Extension": "tus: supported extensions.",
    "Tus-Max-Size": "tus: bytes of the largest file, unless there is no limit.",
    "Tus-Resumable": "tus: the version of the answer.",
    "Tus-Version": "tus: supported versions.",
    "Upload-Complete": "IETF draft: `?1` if the upload is complete, else `?0`.",
    "Upload-Defer-Length": "tus: `1` if the length is not known yet.",
    "Upload-Expires": "tus: when the session ends.",
    "Upload-Incomplete": "The opposite of `Upload-Complete`, in version 3 of the draft.",
    "Upload-Length": "Bytes of the whole file, once that is known.",
    "Upload-Limit": "IETF draft: limits such as `max-size=1000, max-age=3600`.",
    "Upload-Metadata": "tus: as it was sent.",
    "Upload-Offset": "Bytes that have arrived.",
}

OF_FILE = ("Org-Files-Location", "Repr-Digest")
TUS_STATE = ("Tus-Resumable", "Upload-Expires")
STATE = ("Upload-Complete", "Upload-Incomplete", "Upload-Limit")
SUPPORTED = (
    *("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Checksum-Algorithm"),
    "Upload-Limit",
)

#: Headers of successes, by operation and status: those of every one, and those of some.
ANSWER_HEADERS: Mapping[str, Mapping[int, tuple[Sequence[str], Sequence[str]]]] = {
    "files_create": {201: ((), ("Location", "Upload-Offset", *STATE, *OF_FILE))},
    "files_options": {200: (("Upload-Limit",), ())},
    "uploads_create": {201: (("Location",), ("Upload-Offset", *TUS_STATE, *STATE, *OF_FILE))},
    "uploads_append": {
        201: (("Upload-Offset",), (*STATE, *OF_FILE)),
        204: (("Upload-Offset",), (*TUS_STATE, *STATE, *OF_FILE)),
    },
    "uploads_retrieve": {
        200: ((), ("Upload-Offset", "Upload-Length", "Tus-Resumable", *STATE, *OF_FILE))
    },
    "uploads_offset": {
        200: (
            ("Upload-Offset", *TUS_STATE, "Cache-Control"),
            ("Upload-Length", "Upload-Defer-Length", "Upload-Metadata", *OF_FILE),
        ),
        204: (
            ("Upload-Offset", "Upload-Limit", "Cache-Control"),
            ("Upload-Complete", "Upload-Incomplete", "Upload-Length", *OF_FILE),
        ),
    },
    "uploads_cancel": {204: ((), ("Tus-Resumable",))},
    "uploads_complete": {201: (("Org-Files-Location",), ("Repr-Digest",))},
    "uploads_options": {204: (SUPPORTED, ("Tus-Max-Size",))},
    "uploads_session_options": {204: (SUPPORTED, ("Tus-Max-Size",))},
}

OF_VERSION = {412: ("Tus-Version",)}
OF_ERRORS = {
    **dict.fromkeys((400, 409), ("Upload-Offset", "Upload-Complete", "Upload-Incomplete")),
    413: ("Upload-Limit",),
}

#: Headers of some errors that clients act on, by operation and status.
ERROR_HEADERS: Mapping[str, Mapping[int, Sequence[str]]] = {
    "files_create": OF_ERRORS,
    "uploads_create": {**OF_ERRORS, **OF_VERSION},
    "uploads_append": {**OF_ERRORS, **OF_VERSION, 415: ("Accept-Patch",)},
    **dict.fromkeys(("uploads_retrieve", "uploads_offset", "uploads_cancel"), OF_VERSION),
}

#: Operations whose errors may be problems of the IETF draft (RFC 9457).
WITH_PROBLEMS = ("files_create", "uploads_create", "uploads_append")
