"""The table of errors, as the schema shows it. ``tests/rest/openapi`` provokes them."""

from __future__ import annotations

from org_files import exceptions
from org_files.rest.openapi.responses import ErrorResponse, header

__all__ = [
    "BODY_CODES",
    "CHALLENGE",
    "CHANGE_FORBIDDEN",
    "CONFLICT",
    "CONFLICT_CODES",
    "CONTENT_UNAVAILABLE",
    "CSRF_FAILED",
    "DATABASE_CODES",
    "FORBIDDEN",
    "FORM_CODES",
    "INVALID_BODY",
    "INVALID_CALL",
    "INVALID_CHANGE",
    "INVALID_DAYS",
    "INVALID_DISPOSITION",
    "INVALID_EXPAND",
    "INVALID_MEMBER",
    "INVALID_ORGANIZATION",
    "INVALID_PARAMETERS",
    "INVALID_ROLE",
    "INVALID_UPLOAD",
    "LAST_ADMIN",
    "LAST_ADMIN_CODES",
    "LENGTH_REQUIRED",
    "MALFORMED_BODY",
    "NOT_ACCEPTABLE",
    "NOT_FOUND",
    "ORGANIZATION_IN_USE",
    "PRECONDITION_FAILED",
    "RANGE_NOT_SATISFIABLE",
    "REPEATED_PARAMETER",
    "REQUEST_TOO_LARGE",
    "RETRY_AFTER",
    "STORAGE_CODES",
    "STORAGE_FULL",
    "STORAGE_UNAVAILABLE",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNAVAILABLE",
    "UNSUPPORTED_MEDIA_TYPE",
    "UPLOAD_FORBIDDEN",
    "UPLOAD_NOT_ALLOWED",
    "UPLOAD_TOO_LARGE",
]

CHALLENGE = {"WWW-Authenticate": header("How to log in (RFC 9110 §11.6.1).")}
RETRY_AFTER = {"Retry-After": header("Seconds until it may work again.", {"type": "integer"})}

FORM_CODES = {
    "malformed_multipart": "The closing boundary is missing.",
    "incomplete_body": "The request ended before its body did.",
    "bad_request": "The request is malformed.",
}
UPLOAD_CODES = {"parse_error": "The body is not valid JSON.", **FORM_CODES}
BODY_CODES = {
    **UPLOAD_CODES,
    exceptions.UnexpectedFile.code: exceptions.UnexpectedFile.message,
}
DATABASE_CODES = {"database_unavailable": "The database cannot be reached at the moment."}
STORAGE_CODES = {
    exceptions.StorageUnavailable.code: exceptions.StorageUnavailable.message,
}
CONFLICT_CODES = {exceptions.Conflict.code: exceptions.Conflict.message}
LAST_ADMIN_CODES = {exceptions.LastAdmin.code: exceptions.LastAdmin.message}
_DENIED = {"permission_denied": "You do not have permission to perform this action."}
_ENCODED = {"unsupported_media_type": 'Unsupported media type "Content-Encoding: gzip" in request.'}
_TOO_LARGE = {"request_too_large": "The request is too large."}

# What every view can answer.

UNAUTHORIZED = ErrorResponse(
    "Unauthorized",
    401,
    "Nobody is logged in, or the credentials sent are not valid.",
    {
        "not_authenticated": "Authentication credentials were not provided.",
        "authentication_failed": "Invalid token.",
        "token_not_valid": "Given token not valid for any token type",
        "bad_authorization_header": "Authorization header must contain two space-delimited values",
        "user_not_found": "User not found",
        "user_inactive": "User is inactive",
    },
    headers=CHALLENGE,
)
NOT_ACCEPTABLE = ErrorResponse(
    "NotAcceptable",
    406,
    "`Accept` names nothing that this can be shown as.",
    {"not_acceptable": "Could not satisfy the request Accept header."},
)
UNSUPPORTED_MEDIA_TYPE = ErrorResponse(
    "UnsupportedMediaType",
    415,
    "A body that is compressed, not in UTF-8, or of a media type that is not taken here.",
    _ENCODED,
)
LENGTH_REQUIRED = ErrorResponse(
    "LengthRequired",
    411,
    "A body that comes in chunks, without its length.",
    {"length_required": "The request needs a Content-Length."},
)
THROTTLED = ErrorResponse(
    "Throttled",
    429,
    "Too many requests, or too many that were refused.",
    {"throttled": "Request was throttled. Expected available in 30 seconds."},
    headers=RETRY_AFTER,
)
UNAVAILABLE = ErrorResponse(
    "Unavailable",
    503,
    "The database cannot be reached, or is busy for too long.",
    DATABASE_CODES,
    headers=RETRY_AFTER,
)

# What every view can answer that changes something, in a session.

CSRF_FAILED = ErrorResponse(
    "CSRFFailed",
    403,
    "In a session: the CSRF token is missing or wrong.",
    {"permission_denied": "CSRF Failed: CSRF token missing."},
)

# What some can.

INVALID_PARAMETERS = ErrorResponse(
    "InvalidParameters",
    400,
    "A parameter that there is not, or a value that it does not take.",
    fields={"page_size": ["Takes a number from 1 to 200."]},
)
REPEATED_PARAMETER = ErrorResponse(
    "RepeatedParameter",
    400,
    "A parameter is given twice.",
    fields={"format": ["Given more than once."]},
)
INVALID_DISPOSITION = ErrorResponse(
    "InvalidDisposition",
    400,
    "`disposition` is neither of the two.",
    fields={"disposition": ["Takes attachment or inline."]},
)
INVALID_EXPAND = ErrorResponse(
    "InvalidExpand",
    400,
    "`expand` names nothing that can be shown beside.",
    fields={"expand": ["Takes members."]},
)
INVALID_DAYS = ErrorResponse(
    "InvalidDays",
    400,
    "`days` is no number, or too large.",
    fields={"days": ["Takes a number from 1 to 366."]},
)
INVALID_CALL = ErrorResponse(
    "InvalidCall",
    400,
    "A parameter that there is not, or one given twice, or a value that it does not take; or a "
    "body that cannot be read.",
    BODY_CODES,
    {"permanent": ["This is neither true nor false."]},
)
INVALID_BODY = ErrorResponse(
    "InvalidBody",
    400,
    "The body cannot be read, or a field of it is not valid.",
    BODY_CODES,
    {"password": ["This field is required."]},
)
INVALID_UPLOAD = ErrorResponse(
    "InvalidUpload",
    400,
    "The body cannot be read, or a field of it is not valid: no file, a name that is none, an "
    "organization that one does not see, none named by somebody who belongs to several.",
    UPLOAD_CODES,
    {"file": ["No file was submitted."]},
)
INVALID_CHANGE = ErrorResponse(
    "InvalidChange",
    400,
    "The body cannot be read, or a field of it is not valid: a name that is none, a moment that "
    "does not lie ahead, a `resource` that no path can hold; or there is no such parameter.",
    BODY_CODES,
    {"expires_at": ["The time must lie in the future."]},
)
INVALID_ORGANIZATION = ErrorResponse(
    "InvalidOrganization",
    400,
    "The body cannot be read, a field of it is not valid, or `expand` is not.",
    BODY_CODES,
    {"name": ["This field is required."]},
)
INVALID_MEMBER = ErrorResponse(
    "InvalidMember",
    400,
    "The body cannot be read, or a field of it is not valid: no such role, a user that one does "
    "not see, or who is a member already.",
    BODY_CODES,
    {"user": ["There is no such user."]},
)
INVALID_ROLE = ErrorResponse(
    "InvalidRole",
    400,
    "The body cannot be read, or there is no such role.",
    BODY_CODES,
    {"role": ['"owner" is not a valid choice.']},
)
MALFORMED_BODY = ErrorResponse(
    "MalformedBody",
    400,
    "The body cannot be read, or a parameter is given twice.",
    BODY_CODES,
    {"format": ["Given more than once."]},
)
FORBIDDEN = ErrorResponse("Forbidden", 403, "Seen, but not for this requester to do.", _DENIED)
CHANGE_FORBIDDEN = ErrorResponse(
    "ChangeForbidden",
    403,
    "Seen, but not for this requester to do; or, in a session, the CSRF token is missing.",
    _DENIED,
)
UPLOAD_FORBIDDEN = ErrorResponse(
    "UploadForbidden",
    403,
    "The requester belongs to no organization, or may not upload to this one; or, in a session, "
    "the CSRF token is missing.",
    {"no_organization": "You belong to no organization.", **_DENIED},
)
NOT_FOUND = ErrorResponse(
    "NotFound",
    404,
    "There is no such thing, or none that the requester may see: the same answer for both. In a "
    "list, also a page that there is not.",
    {"not_found": "Not found."},
)
CONFLICT = ErrorResponse(
    "Conflict",
    409,
    "Rows of the site stand against it, or a change at the same time.",
    CONFLICT_CODES,
)
LAST_ADMIN = ErrorResponse(
    "LastAdmin",
    409,
    "The organization would be left without an admin.",
    LAST_ADMIN_CODES,
)
ORGANIZATION_IN_USE = ErrorResponse(
    "OrganizationInUse",
    409,
    "The organization holds files, in the trash too, or rows of the site refer to it.",
    {exceptions.OrganizationNotEmpty.code: exceptions.OrganizationNotEmpty.message}
    | CONFLICT_CODES,
)
PRECONDITION_FAILED = ErrorResponse(
    "PreconditionFailed",
    412,
    "`If-Match` or `If-Unmodified-Since` does not hold.",
    {"precondition_failed": "The content is not the one that the request names."},
)
REQUEST_TOO_LARGE = ErrorResponse(
    "RequestTooLarge",
    413,
    "The body is too large.",
    _TOO_LARGE,
)
UPLOAD_TOO_LARGE = ErrorResponse(
    "UploadTooLarge",
    413,
    "The file, or what is sent beside it, is too large; or its organization has no room left.",
    _TOO_LARGE
    | {exceptions.FileTooLarge.code: exceptions.FileTooLarge.message}
    | {exceptions.QuotaExceeded.code: exceptions.QuotaExceeded.message},
)
UPLOAD_NOT_ALLOWED = ErrorResponse(
    "UploadNotAllowed",
    415,
    "A file of a type that is not accepted here; or a body that is compressed or not in UTF-8.",
    {exceptions.TypeNotAllowed.code: exceptions.TypeNotAllowed.message, **_ENCODED},
)
RANGE_NOT_SATISFIABLE = ErrorResponse(
    "RangeNotSatisfiable",
    416,
    "The range begins behind the end of the content.",
    {"range_not_satisfiable": "The range begins behind the end of the content."},
    headers={"Content-Range": header("The size, such as `bytes */48213`.")},
)
STORAGE_UNAVAILABLE = ErrorResponse(
    "StorageUnavailable",
    503,
    "The file store or the database cannot be reached; nothing was stored.",
    STORAGE_CODES | DATABASE_CODES,
    headers=RETRY_AFTER,
)
CONTENT_UNAVAILABLE = ErrorResponse(
    "ContentUnavailable",
    503,
    "The file store cannot give the bytes, or the database cannot be reached.",
    {exceptions.ContentUnavailable.code: exceptions.ContentUnavailable.message}
    | STORAGE_CODES
    | DATABASE_CODES,
    headers=RETRY_AFTER,
)
STORAGE_FULL = ErrorResponse(
    "StorageFull",
    507,
    "The file store is full; nothing was stored.",
    {exceptions.StorageFull.code: exceptions.StorageFull.message},
)
