"""The table of errors, as the schema shows it. ``tests/rest/test_openapi.py`` provokes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.plumbing import ComponentRegistry

from org_files import exceptions
from org_files.rest.openapi.components import (
    STRING,
    Schema,
    array_of,
    register,
    register_response,
)

__all__ = [
    "CONTENT_UNAVAILABLE",
    "FORBIDDEN",
    "INVALID_BODY",
    "INVALID_DISPOSITION",
    "INVALID_PARAMETERS",
    "INVALID_UPLOAD",
    "LENGTH_REQUIRED",
    "MALFORMED_BODY",
    "NOT_ACCEPTABLE",
    "NOT_FOUND",
    "PRECONDITION_FAILED",
    "RANGE_NOT_SATISFIABLE",
    "REQUEST_TOO_LARGE",
    "STORAGE_FULL",
    "STORAGE_UNAVAILABLE",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNAVAILABLE",
    "UNSUPPORTED_MEDIA_TYPE",
    "UPLOAD_FORBIDDEN",
    "UPLOAD_NOT_ALLOWED",
    "UPLOAD_TOO_LARGE",
    "ErrorResponse",
    "header",
]

ERROR: Schema = {
    "type": "object",
    "description": "What went wrong.",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "string", "description": "The same for every such error, for programs."},
    },
}

VALIDATION_ERROR: Schema = {
    "type": "object",
    "description": "What is wrong with which field; `non_field_errors` with none in particular.",
    "additionalProperties": array_of(STRING),
    "minProperties": 1,
}


def header(description: str, schema: Schema = STRING) -> Schema:
    """Return a header of a response."""
    return {"description": description, "schema": dict(schema)}


@dataclass(frozen=True)
class ErrorResponse:
    """A response with an error, in the schema's components under ``name``."""

    name: str
    status: int
    description: str
    #: The codes that it can carry, each with the sentence that goes with it.
    codes: Mapping[str, str] = field(default_factory=dict)
    #: An example of fields at fault, where there can be such.
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)

    def ref(self, registry: ComponentRegistry) -> Schema:
        """Register the response and return the reference to it."""
        schemas = []
        examples: dict[str, Any] = {}
        if self.codes:
            schemas.append(register(registry, "Error", ERROR))
            for code, detail in self.codes.items():
                examples[code] = {"value": {"detail": detail, "code": code}}
        if self.fields:
            schemas.append(register(registry, "ValidationError", VALIDATION_ERROR))
            examples["fields"] = {"value": {key: [*value] for key, value in self.fields.items()}}
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        response: Schema = {
            "description": self.description,
            "content": {"application/json": {"schema": schema, "examples": examples}},
        }
        if self.headers:
            response["headers"] = dict(self.headers)
        return register_response(registry, self.name, response)


RETRY_AFTER = {"Retry-After": header("Seconds until it may work again.", {"type": "integer"})}

_FORM_CODES = {
    "malformed_multipart": "The closing boundary is missing.",
    "incomplete_body": "The request ended before its body did.",
    "bad_request": "The request is malformed.",
}
_BODY_CODES = {"parse_error": "The body is not valid JSON.", **_FORM_CODES}
_DATABASE = {"database_unavailable": "The database cannot be reached at the moment."}
_STORAGE = {
    exceptions.StorageUnavailable.code: exceptions.StorageUnavailable.message,
}
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
    headers={"WWW-Authenticate": header("How to log in (RFC 9110 §11.6.1).")},
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
    "Too many requests.",
    {"throttled": "Request was throttled. Expected available in 30 seconds."},
    headers=RETRY_AFTER,
)
UNAVAILABLE = ErrorResponse(
    "Unavailable",
    503,
    "The database cannot be reached, or is busy for too long.",
    _DATABASE,
    headers=RETRY_AFTER,
)

# What some can.

INVALID_PARAMETERS = ErrorResponse(
    "InvalidParameters",
    400,
    "A parameter that there is not, or a value that it does not take.",
    fields={"page_size": ["Takes a number from 1 to 200."]},
)
INVALID_DISPOSITION = ErrorResponse(
    "InvalidDisposition",
    400,
    "`disposition` is neither of the two.",
    fields={"disposition": ["Takes attachment or inline."]},
)
INVALID_BODY = ErrorResponse(
    "InvalidBody",
    400,
    "The body cannot be read, or a field of it is not valid.",
    _BODY_CODES,
    {"password": ["This field is required."]},
)
INVALID_UPLOAD = ErrorResponse(
    "InvalidUpload",
    400,
    "The body cannot be read, or a field of it is not valid: no file, a name that is none, an "
    "organization that one does not see, none named by somebody who belongs to several.",
    _BODY_CODES,
    {"file": ["No file was submitted."]},
)
MALFORMED_BODY = ErrorResponse("MalformedBody", 400, "The body cannot be read.", _FORM_CODES)
FORBIDDEN = ErrorResponse("Forbidden", 403, "Seen, but not for this requester to do.", _DENIED)
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
PRECONDITION_FAILED = ErrorResponse(
    "PreconditionFailed",
    412,
    "`If-Match` or `If-Unmodified-Since` does not hold.",
    {"precondition_failed": "The content is not the one that the request names."},
)
REQUEST_TOO_LARGE = ErrorResponse("RequestTooLarge", 413, "The body is too large.", _TOO_LARGE)
UPLOAD_TOO_LARGE = ErrorResponse(
    "UploadTooLarge",
    413,
    "The file, or what is sent beside it, is too large.",
    {exceptions.FileTooLarge.code: exceptions.FileTooLarge.message, **_TOO_LARGE},
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
    _STORAGE | _DATABASE,
    headers=RETRY_AFTER,
)
CONTENT_UNAVAILABLE = ErrorResponse(
    "ContentUnavailable",
    503,
    "The file store cannot give the bytes, or the database cannot be reached.",
    {exceptions.ContentUnavailable.code: exceptions.ContentUnavailable.message}
    | _STORAGE
    | _DATABASE,
    headers=RETRY_AFTER,
)
STORAGE_FULL = ErrorResponse(
    "StorageFull",
    507,
    "The file store is full; nothing was stored.",
    {exceptions.StorageFull.code: exceptions.StorageFull.message},
)
