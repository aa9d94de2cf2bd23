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

#: Headers of requests, by operation.
REQUEST_HEADERS: Mapping[str, Mapping[str, str]] = {
    "files_create": {**DIGESTS, **OF_DRAFT, **LENGTH},
    "uploads_create": {
        **OF_TUS,
        **LENGTH,
        "Upload-Defer-Length": "tus: `1` if the length is not known yet.",
        "Upload-Metadata": "tus: pairs such as `filename ZmlsbS5tcDQ=`, separated by commas.",
        **OF_DRAFT,
        **DIGESTS,
    },
    "uploads_append": {
        "Upload-Offset": "The offset of the body in the file.",
        **OF_TUS,
        **OF_DRAFT,
        **LENGTH,
        **DIGESTS,
    },
    "uploads_retrieve": {draft.INTEROP: OF_DRAFT[draft.INTEROP]},
    "uploads_cancel": {"Tus-Resumable": OF_TUS["Tus-Resumable"]},
}

#: Parameters of the URL, by operation.
QUERY_FIELDS: Mapping[str, Sequence[str]] = {"files_create": FIELDS, "uploads_create": FIELDS}

#: Media types of bodies that are bytes of a file, by operation.
BYTES: Mapping[str, Sequence[str]] = {
    "files_create": ("application/octet-stream",),
    "uploads_create": (tus.CONTENT_TYPE, "application/octet-stream"),
    "uploads_append": (tus.CONTENT_TYPE, draft.CONTENT_TYPE),
}

#: Headers of successes that each of them has, by operation and status.
ANSWER_HEADERS: Mapping[str, Mapping[int, Sequence[str]]] = {
    "uploads_create": {201: ("Location",)},
    "uploads_append": {201: ("Upload-Offset",), 204: ("Upload-Offset",)},
}

#: Operations whose errors may be problems of the IETF draft (RFC 9457).
WITH_PROBLEMS = ("files_create", "uploads_create", "uploads_append")
