"""Errors of the API: ``{"detail", "code"}``, or the fields at fault."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core import exceptions as django_errors
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from org_files import events, get_file_model, get_organization_model
from org_files import exceptions as domain_errors
from org_files.delivery.base import REFUSALS
from org_files.events.masking import mask
from org_files.exceptions import InvalidField, LinkOver, OrgFilesError, TooManyAttempts
from org_files.uploads import exceptions as upload_errors

#: Seconds after which a client may try again after a 503, or a 429 that names no time.
RETRY_AFTER = 5

STATUS: dict[type[OrgFilesError], int] = {
    domain_errors.Conflict: 409,
    domain_errors.NotAPicture: 422,
    domain_errors.RenditionsBusy: 503,
    domain_errors.NotAllowed: 403,
    domain_errors.QuotaExceeded: 413,
    domain_errors.FileTooLarge: 413,
    domain_errors.TooManyAttempts: 429,
    domain_errors.TypeNotAllowed: 415,
    upload_errors.UploadLost: 410,
    upload_errors.UploadTooSlow: 408,
    upload_errors.TooManyUploads: 429,
    **dict.fromkeys(
        (
            *(upload_errors.OffsetMismatch, upload_errors.UploadSuperseded),
            *(upload_errors.NoDirectUpload, upload_errors.PartsMissing),
        ),
        409,
    ),
    domain_errors.StorageUnavailable: 503,
    domain_errors.StorageFull: 507,
}

#: Errors of requests that no class of DRF stands for: status and message, by code.
REQUEST_ERRORS: dict[str, tuple[int, Any]] = {
    "bad_request": (400, _("The request is malformed.")),
    "incomplete_body": (400, _("The request ended before its body did.")),
    "malformed_multipart": (400, "The multipart body is malformed."),
    "length_required": (411, _("The request needs a Content-Length.")),
    "tus_version": (412, _("This version of tus is not supported.")),
    "checksum_mismatch": (460, _("The bytes do not have the checksum that was sent.")),
    "request_too_large": (413, _("The request is too large.")),
    "database_unavailable": (503, _("The database cannot be reached at the moment.")),
}

#: Answered where a login is needed. Those of simplejwt come from no class that is always there.
LOGIN_CODES: dict[str, Any] = {
    "not_authenticated": exceptions.NotAuthenticated.default_detail,
    "authentication_failed": exceptions.AuthenticationFailed.default_detail,
    "token_not_valid": "The token is not valid.",
    "bad_authorization_header": "Authorization header must contain two space-delimited values",
    "user_not_found": "User not found",
    "user_inactive": "User is inactive",
}

#: Codes of operations that attach a file to an object of the site.
ATTACHING = ("resource_not_yours", "too_many_attachments")

#: Statuses recorded as denials.
DENIED = (401, 403)


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


class RefusedUpload(MultiPartParserError):
    """An error of the package, as one of Django's parser."""

    def __init__(self, reason: OrgFilesError) -> None:
        self.reason = reason
        super().__init__(reason.message)


def request_error(code: str, message: str | None = None) -> exceptions.APIException:
    """Return the error ``code`` of ``REQUEST_ERRORS``, with its own message or ``message``."""
    status, usual_message = REQUEST_ERRORS[code]
    return _with_status(status, message or usual_message, code)


def all_codes() -> dict[str, tuple[int, Any]]:
    """Return the status and the message of each code."""
    found = {
        **REQUEST_ERRORS,
        **{code: (401, message) for code, message in LOGIN_CODES.items()},
        **{code: (status, message) for status, (code, message) in REFUSALS.items()},
        "unsupported_media_type": (415, "The media type or encoding of the body is not supported."),
    }
    # Classes of the package come before those of a site, which may inherit a code.
    for answer in _subclasses(exceptions.APIException):
        found.setdefault(answer.default_code, (answer.status_code, answer.default_detail))
    for error in _subclasses(OrgFilesError):
        found.setdefault(error.code, (_status_of(error), error.message))
    return found


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield the subclasses of ``kind``, the nearest first."""
    level = kind.__subclasses__()
    while level:
        yield from level
        level = [child for parent in level for child in parent.__subclasses__()]


def _status_of(kind: type[OrgFilesError]) -> int:
    return next((status for known, status in STATUS.items() if issubclass(kind, known)), 400)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the JSON answer to ``error``, or ``None`` for an unexpected error."""
    answer = answer_to(error)
    if answer is None:
        return None
    body = error_body(answer)
    response = Response(body, status=answer.status_code, headers=_headers(answer))
    view, request = context["view"], context["request"]
    is_denial = record_denial(
        answer, body, view=view, request=request, kwargs=request.parser_context["kwargs"]
    )
    # Denials are recorded here. Django would log a line for each, with the path.
    is_logged = is_denial or hasattr(view, "masked_parameter")
    response._has_been_logged = is_logged  # type: ignore[attr-defined]
    return response


def answer_to(error: Exception) -> exceptions.APIException | None:
    """Return the error of the API that stands for ``error``, ``None`` for an unexpected one."""
    return error if isinstance(error, exceptions.APIException) else _translate(error)


def error_body(error: exceptions.APIException) -> dict[str, Any]:
    """Return ``{"detail", "code"}``, or the messages by field."""
    body: dict[str, Any] = _without_surrogates(_body(error))
    return body


def record_denial(
    error: exceptions.APIException, body: Any, *, view: Any, request: Any, kwargs: Any
) -> bool:
    """Record ``error`` as an event if it is a denial, and return whether it is one."""
    if error.status_code not in DENIED and not isinstance(error, TooManyRefusals):
        return False
    obj = error.obj if isinstance(error, Denied) else None
    kinds = {"file": get_file_model(), "organization": get_organization_model()}
    kind = next((name for name, model in kinds.items() if isinstance(obj, model)), None)
    # A token opens a file, and the id of an upload session lets its owner append.
    token = kwargs.get(getattr(view, "masked_parameter", "token"))
    events.record(
        "access.denied",
        obj=obj,
        object_type=kind,
        organization=obj if kind == "organization" else getattr(obj, "organization_id", None),
        actor=getattr(view, "refused_user", None),
        outcome="refused",
        level=logging.WARNING,
        status=error.status_code,
        code=str(body.get("code", "")),
        method=request.method,
        path=mask(request.path.replace(token, "***") if token else request.path, 200),
    )
    return True


def _translate(error: Exception) -> exceptions.APIException | None:
    """Return DRF's counterpart of an error of the package or of Django, if it has one."""
    if isinstance(error, RefusedUpload):
        error = error.reason
    if isinstance(error, (LinkOver, Http404, django_errors.ObjectDoesNotExist)):
        return NotFound()
    if isinstance(error, InvalidField):
        return exceptions.ValidationError({error.field: [error.message]})
    if isinstance(error, OrgFilesError):
        answer = _with_status(_status_of(type(error)), error.message, error.code)
        if isinstance(error, TooManyAttempts):
            answer.wait = error.wait  # type: ignore[attr-defined]
        return answer
    # ``save()`` found no row to update. Before Django 6 that is exactly the base class.
    not_updated = getattr(django_errors, "ObjectNotUpdated", None)
    if isinstance(error, not_updated) if not_updated else type(error) is DatabaseError:
        return NotFound()
    if isinstance(error, django_errors.PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, django_errors.RequestDataTooBig):
        return request_error("request_too_large")
    if isinstance(error, MultiPartParserError):
        return request_error("malformed_multipart", str(error))
    if isinstance(error, UnreadablePostError):
        return request_error("incomplete_body")
    if isinstance(error, django_errors.TooManyFilesSent):
        return request_error("bad_request", str(_("Too many files at once.")))
    if isinstance(error, (django_errors.SuspiciousOperation, django_errors.BadRequest)):
        return request_error("bad_request")
    if isinstance(error, (OperationalError, InterfaceError)):
        return request_error("database_unavailable")
    return None


def _with_status(status: int, message: Any, code: str) -> exceptions.APIException:
    error = exceptions.APIException(message, code)
    error.status_code = status
    return error


def _body(error: exceptions.APIException) -> Any:
    detail = error.detail
    if isinstance(error, exceptions.ValidationError):
        found = detail if isinstance(detail, dict) else {"non_field_errors": detail}
        return {field: _messages(errors) for field, errors in found.items()}
    if isinstance(detail, dict):  # of simplejwt
        return {"detail": detail["detail"], "code": detail.get("code", error.default_code)}
    return {"detail": detail, "code": error.get_codes()}


def _messages(errors: Any) -> list[Any]:
    """Return the messages about one field, also about those that are nested in it."""
    nested = errors.values() if isinstance(errors, dict) else errors
    if isinstance(nested, str):
        return [nested]
    return [*dict.fromkeys(message for each in nested for message in _messages(each))]


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
    elif error.status_code in (429, 503):
        headers["Retry-After"] = str(RETRY_AFTER)
    return headers
