"""Errors of accounts and tokens."""

from __future__ import annotations

from org_files import exceptions
from org_files.accounts.exceptions import RegistrationClosed
from org_files.rest.openapi import errors
from org_files.rest.openapi.responses import ErrorResponse, header

__all__ = [
    "ACCOUNT_IN_USE",
    "INVALID_ADMINISTRATION",
    "INVALID_AVATAR",
    "INVALID_CREDENTIALS",
    "INVALID_LOGIN",
    "INVALID_PASSWORD",
    "INVALID_PROFILE",
    "INVALID_REGISTRATION",
    "INVALID_TOKEN",
    "PICTURE_UNAVAILABLE",
    "REGISTRATION_CLOSED",
]

CHALLENGE = {"WWW-Authenticate": header("`Bearer` (RFC 6750 §3).")}

INVALID_REGISTRATION = ErrorResponse(
    "InvalidRegistration",
    400,
    "The body cannot be read, or a field of it is not valid: a login name that is taken, a "
    "password that the rules of the site refuse.",
    errors.BODY_CODES,
    {"password": ["This password is too common."]},
)
REGISTRATION_CLOSED = ErrorResponse(
    "RegistrationClosed",
    403,
    "Nobody can register at present.",
    {RegistrationClosed.code: RegistrationClosed.message},
)
INVALID_LOGIN = ErrorResponse(
    "InvalidLogin",
    400,
    "The body cannot be read, a field of it is not valid, or nobody active has these credentials.",
    {
        "parse_error": "The body is not valid JSON.",
        "incomplete_body": "The request ended before its body did.",
    },
    {"non_field_errors": ["No active account with these credentials."]},
)
INVALID_CREDENTIALS = ErrorResponse(
    "InvalidCredentials",
    401,
    "Nobody active has these credentials.",
    {"authentication_failed": "Incorrect authentication credentials."},
    headers=CHALLENGE,
)
INVALID_TOKEN = ErrorResponse(
    "InvalidToken",
    401,
    "The refresh token is not valid, expired or used already, or its user is gone or disabled.",
    {"token_not_valid": "Token is invalid"},
    headers=CHALLENGE,
)
INVALID_PROFILE = ErrorResponse(
    "InvalidProfile",
    400,
    "The body cannot be read, or a field of it is not valid, such as a login name that is taken.",
    errors.BODY_CODES,
    {"phone": ["Not a number of the form E.164."]},
)
INVALID_PASSWORD = ErrorResponse(
    "InvalidPassword",
    400,
    "The body cannot be read, the old password is not that, or the rules of the site refuse the "
    "new one.",
    errors.BODY_CODES,
    {"old_password": ["This is not your password."]},
)
INVALID_AVATAR = ErrorResponse(
    "InvalidAvatar",
    400,
    "The form cannot be read, or there is no picture in it, none that can be decoded, or too "
    "large a one.",
    errors.FORM_CODES,
    {"avatar": [exceptions.NotAPicture.message]},
)
INVALID_ADMINISTRATION = ErrorResponse(
    "InvalidAdministration",
    400,
    "The body cannot be read, or a field of it is not valid.",
    errors.BODY_CODES,
    {"is_active": ["Must be a valid boolean."]},
)
ACCOUNT_IN_USE = ErrorResponse(
    "AccountInUse",
    409,
    "An organization that others belong to would be left without an admin, or rows of the site "
    "refer to the account.",
    errors.LAST_ADMIN_CODES | errors.CONFLICT_CODES,
)
PICTURE_UNAVAILABLE = ErrorResponse(
    "PictureUnavailable",
    503,
    "The file store or the database cannot be reached, or too many pictures are being prepared; "
    "nothing was stored.",
    {exceptions.RenditionsBusy.code: exceptions.RenditionsBusy.message}
    | errors.STORAGE_CODES
    | errors.DATABASE_CODES,
    headers=errors.RETRY_AFTER,
)
