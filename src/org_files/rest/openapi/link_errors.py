"""The errors of share links and tickets, as the schema shows them."""

from __future__ import annotations

from org_files import exceptions
from org_files.rest.openapi.errors import BODY_CODES, CHALLENGE, RETRY_AFTER
from org_files.rest.openapi.responses import ErrorResponse

__all__ = [
    "INVALID_HEIGHT",
    "INVALID_LINK",
    "PASSWORD_REQUIRED",
    "PASSWORD_WRONG",
    "TOO_MANY_PASSWORDS",
]

INVALID_LINK = ErrorResponse(
    "InvalidLink",
    400,
    "The body cannot be read, or a field of it is not valid: a time that is out of bounds, a limit "
    "below 1.",
    BODY_CODES,
    {"expires_in": ["At least 300 seconds."]},
)
INVALID_HEIGHT = ErrorResponse(
    "InvalidHeight",
    400,
    "The body cannot be read, or the file does not come in that height.",
    BODY_CODES,
    {"height": ["This file does not come in heights."]},
)
PASSWORD_REQUIRED = ErrorResponse(
    "PasswordRequired",
    401,
    "The link asks for a password, and the URL has no `access`, or not any more.",
    {"password_required": "This link asks for a password."},
    headers=CHALLENGE,
)
PASSWORD_WRONG = ErrorResponse(
    "PasswordWrong",
    403,
    "It is not the password of the link.",
    {"password_wrong": "The password is wrong."},
)
TOO_MANY_PASSWORDS = ErrorResponse(
    "TooManyPasswords",
    429,
    "Ten wrong passwords came from this address within the hour.",
    {exceptions.TooManyAttempts.code: exceptions.TooManyAttempts.message},
    headers=RETRY_AFTER,
)
