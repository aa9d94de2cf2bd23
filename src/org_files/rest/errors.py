"""One table of errors: every answer is ``{"detail", "code"}``, or the fields at fault."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from org_files.exceptions import (
    FileTooLarge,
    InvalidField,
    OrgFilesError,
    StorageFull,
    StorageUnavailable,
    TypeNotAllowed,
)
from org_files.rest.multipart import RefusedUpload

__all__ = ["LengthRequired", "NoOrganization", "NotFound", "RequestTooLarge", "exception_handler"]

#: Seconds after which a client may try again what failed for reasons of ours.
RETRY_AFTER = 5

STATUS: dict[type[OrgFilesError], int] = {
    FileTooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    TypeNotAllowed: status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    StorageUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    StorageFull: status.HTTP_507_INSUFFICIENT_STORAGE,
}


class NotFound(exceptions.NotFound):
    """There is no such thing, or none that the requester may see: the same answer for both."""


class NoOrganization(exceptions.PermissionDenied):
    """The requester belongs to no organization."""

    default_code = "no_organization"
    default_detail = "You belong to no organization."


class RequestTooLarge(exceptions.APIException):
    """The body, without files, is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "request_too_large"
    default_detail = "The request is too large."


class LengthRequired(exceptions.APIException):
    """The body comes in chunks, without its length (RFC 9110 §15.5.12)."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "The request needs a Content-Length."


class _Malformed(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_request"
    default_detail = "The request is malformed."


class _DatabaseUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_unavailable"
    default_detail = "The database cannot be reached at the moment."


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the JSON answer to ``error``, or ``None`` for what is a bug of the site."""
    if isinstance(error, RefusedUpload):
        error = error.reason
    if isinstance(error, InvalidField):
        error = exceptions.ValidationError({error.field: [error.message]})
    elif isinstance(error, OrgFilesError):
        error = _from_table(error)
    elif not isinstance(error, exceptions.APIException):
        translated = _translate(error)
        if translated is None:
            return None
        error = translated
    return Response(_body(error), status=error.status_code, headers=_headers(error))


def _from_table(error: OrgFilesError) -> exceptions.APIException:
    answer = exceptions.APIException(error.message, error.code)
    answer.status_code = next(code for cls, code in STATUS.items() if isinstance(error, cls))
    return answer


def _translate(error: Exception) -> exceptions.APIException | None:
    """Return DRF's counterpart of one of Django's exceptions."""
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return RequestTooLarge()
    if isinstance(error, MultiPartParserError):
        return _Malformed(str(error), "malformed_multipart")
    if isinstance(error, UnreadablePostError):
        return _Malformed(_("The request ended before its body did."), "incomplete_body")
    if isinstance(error, (SuspiciousOperation, BadRequest)):
        return _Malformed()
    if isinstance(error, (OperationalError, InterfaceError)):
        return _DatabaseUnavailable()
    return None


def _body(error: exceptions.APIException) -> Any:
    detail = error.detail
    if isinstance(error, exceptions.ValidationError):
        return detail if isinstance(detail, dict) else {"non_field_errors": detail}
    if isinstance(detail, dict):  # of simplejwt
        return {"detail": detail["detail"], "code": detail.get("code", error.default_code)}
    return {"detail": detail, "code": error.get_codes()}


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    elif error.status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER)
    return headers
