"""Errors of the API: ``{"detail", "code"}``, or the fields at fault."""

from __future__ import annotations

import logging
from typing import Any

from django.core import exceptions as core_exceptions
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from org_files import events, get_file_model, get_organization_model
from org_files.events.masking import mask
from org_files.exceptions import (
    Conflict,
    FileTooLarge,
    InvalidField,
    LinkOver,
    NotAllowed,
    NotAPicture,
    OrgFilesError,
    QuotaExceeded,
    RenditionsBusy,
    StorageFull,
    StorageUnavailable,
    TooManyAttempts,
    TypeNotAllowed,
)
from org_files.rest.multipart import RefusedUpload

#: Seconds after which a client may try again after a 503.
RETRY_AFTER = 5

STATUS: dict[type[OrgFilesError], int] = {
    Conflict: status.HTTP_409_CONFLICT,
    NotAPicture: status.HTTP_422_UNPROCESSABLE_ENTITY,
    RenditionsBusy: status.HTTP_503_SERVICE_UNAVAILABLE,
    NotAllowed: status.HTTP_403_FORBIDDEN,
    QuotaExceeded: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    FileTooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    TooManyAttempts: status.HTTP_429_TOO_MANY_REQUESTS,
    TypeNotAllowed: status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    StorageUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    StorageFull: status.HTTP_507_INSUFFICIENT_STORAGE,
}


#: Statuses recorded as denials.
DENIED = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)


class NotFound(exceptions.NotFound):
    """The thing does not exist, or the requester cannot see it."""

    # Some translations of Django REST framework's own message speak of a page.
    default_detail = pgettext_lazy("a file, an organization, a user", "Not found.")


class TooManyRefusals(exceptions.Throttled):
    """The address was refused too often."""


class Denied(exceptions.PermissionDenied):
    """The requester may see ``obj``, a row or the key of a user, but not do that to it."""

    def __init__(self, obj: Any = None) -> None:
        super().__init__()
        self.obj = obj


class RequestTooLarge(exceptions.APIException):
    """The body, without files, is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "request_too_large"
    default_detail = _("The request is too large.")


class LengthRequired(exceptions.APIException):
    """The body comes in chunks, without its length (RFC 9110 §15.5.12)."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = _("The request needs a Content-Length.")


class _BadRequest(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_request"
    default_detail = _("The request is malformed.")


class _DatabaseUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_unavailable"
    default_detail = _("The database cannot be reached at the moment.")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the JSON answer to ``error``, or ``None`` for an unexpected error."""
    if isinstance(error, RefusedUpload):
        error = error.reason
    if isinstance(error, LinkOver):
        error = NotFound()
    elif isinstance(error, InvalidField):
        error = exceptions.ValidationError({error.field: [error.message]})
    elif isinstance(error, OrgFilesError):
        error = _from_table(error)
    elif not isinstance(error, exceptions.APIException):
        error = _translate(error) or error
    if not isinstance(error, exceptions.APIException):
        return None
    body = _body(error)
    response = Response(
        _without_surrogates(body), status=error.status_code, headers=_headers(error)
    )
    if error.status_code in DENIED or isinstance(error, TooManyRefusals):
        _record_denial(error, body, context)
        # Recorded here; Django would log a line for each.
        response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _record_denial(error: exceptions.APIException, body: Any, context: dict[str, Any]) -> None:
    request = context["request"]
    obj = error.obj if isinstance(error, Denied) else None
    kinds = {"file": get_file_model(), "organization": get_organization_model()}
    kind = next((name for name, model in kinds.items() if isinstance(obj, model)), None)
    # A token opens a file.
    token = request.parser_context["kwargs"].get("token")
    events.record(
        "access.denied",
        obj=obj,
        object_type=kind,
        organization=obj if kind == "organization" else getattr(obj, "organization_id", None),
        actor=getattr(context["view"], "refused_user", None),
        outcome="refused",
        level=logging.WARNING,
        status=error.status_code,
        code=str(body.get("code", "")),
        method=request.method,
        path=mask(request.path.replace(token, "***") if token else request.path, 200),
    )


def _from_table(error: OrgFilesError) -> exceptions.APIException:
    answer = exceptions.APIException(error.message, error.code)
    found = (code for cls, code in STATUS.items() if isinstance(error, cls))
    answer.status_code = next(found, status.HTTP_400_BAD_REQUEST)  # one of the site's own
    if isinstance(error, TooManyAttempts):
        answer.wait = error.wait  # type: ignore[attr-defined]
    return answer


def _translate(error: Exception) -> exceptions.APIException | None:
    """Return DRF's counterpart of one of Django's exceptions."""
    if isinstance(error, (Http404, ObjectDoesNotExist)) or _is_of_missing_row(error):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return RequestTooLarge()
    if isinstance(error, MultiPartParserError):
        return _BadRequest(str(error), "malformed_multipart")
    if isinstance(error, UnreadablePostError):
        return _BadRequest(gettext("The request ended before its body did."), "incomplete_body")
    if isinstance(error, (SuspiciousOperation, BadRequest)):
        return _BadRequest()
    if isinstance(error, (OperationalError, InterfaceError)):
        return _DatabaseUnavailable()
    return None


def _is_of_missing_row(error: Exception) -> bool:
    """Return whether ``save()`` found no row to update."""
    # Since Django 6. Before, it is exactly the base class of database errors.
    not_updated = getattr(core_exceptions, "ObjectNotUpdated", None)
    return type(error) is DatabaseError if not_updated is None else isinstance(error, not_updated)


def _body(error: exceptions.APIException) -> Any:
    detail = error.detail
    if isinstance(error, exceptions.ValidationError):
        return detail if isinstance(detail, dict) else {"non_field_errors": detail}
    if isinstance(detail, dict):  # of simplejwt
        return {"detail": detail["detail"], "code": detail.get("code", error.default_code)}
    return {"detail": detail, "code": error.get_codes()}


def _without_surrogates(value: Any) -> Any:
    """Return ``value`` with lone surrogates escaped: some errors repeat input."""
    if isinstance(value, dict):
        return {key: _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    elif error.status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER)
    return headers
