"""The errors of share links and tickets, as the schema shows them."""

from __future__ import annotations

from org_files import exceptions
from org_files.rest.openapi.errors import BODY_CODES, CHALLENGE, CHANGE_FORBIDDEN, RETRY_AFTER
from org_files.rest.openapi.picture_errors import HEIGHT_CODES, ORIGINAL_CODES
from org_files.rest.openapi.responses import ErrorResponse

__all__ = [
    "INVALID_HEIGHT",
    "INVALID_LINK",
    "LINK_CHANGE_FORBIDDEN",
    "LINK_FORBIDDEN",
    "PASSWORD_REQUIRED",
    "PASSWORD_WRONG",
    "TICKET_FORBIDDEN",
    "TOO_MANY_PASSWORDS",
]

_LINKS_CODES = {exceptions.LinksNotInTier.code: exceptions.LinksNotInTier.message}

INVALID_LINK = ErrorResponse(
    "InvalidLink",
    400,
    "The body cannot be read, or a field of it is not valid: a time that is out of bounds, those "
    "of the tier, a limit below 1, a height of what is no picture.",
    BODY_CODES,
    {"expires_in": ["At least 300 seconds."]},
)
INVALID_HEIGHT = ErrorResponse(
    "InvalidHeight",
    400,
    "The body cannot be read, or a height is asked for that is none, or of what is no picture.",
    BODY_CODES,
    {"height": ["This file is no picture."]},
)
LINK_FORBIDDEN = ErrorResponse(
    "ShareLinkForbidden",
    403,
    "Seen, but not for this requester to share; the tier of the file's organization does not have "
    "share links, this height or the original; or, in a session, the CSRF token is missing.",
    {**CHANGE_FORBIDDEN.codes, **_LINKS_CODES, **HEIGHT_CODES, **ORIGINAL_CODES},
)
LINK_CHANGE_FORBIDDEN = ErrorResponse(
    "ShareLinkChangeForbidden",
    403,
    "Seen, but not for this requester to change; the tier of the file's organization does not have "
    "share links; or, in a session, the CSRF token is missing.",
    {**CHANGE_FORBIDDEN.codes, **_LINKS_CODES},
)
TICKET_FORBIDDEN = ErrorResponse(
    "TicketForbidden",
    403,
    "The tier of the file's organization does not have this height, or the original; or, in a "
    "session, the CSRF token is missing.",
    {**CHANGE_FORBIDDEN.codes, **HEIGHT_CODES, **ORIGINAL_CODES},
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
