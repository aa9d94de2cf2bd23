"""What the OpenAPI schema says of login and tokens; see ``org_files.rest.openapi``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import models
from drf_spectacular.utils import Direction

from org_files import get_organization_model
from org_files.models import Role
from org_files.rest.openapi import describe, errors, examples
from org_files.rest.openapi.components import STRING, Schema, array_of, key_schema, register
from org_files.rest.openapi.errors import ErrorResponse, header
from org_files.rest.openapi.extensions import PropertiesExtension
from org_files.rest.openapi.operations import Answer, Operation, Request, shown

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

__all__: list[str] = []

CREDENTIALS = "org_files.accounts.serializers.CredentialsSerializer"
REFRESH_TOKEN = "org_files.accounts.serializers.TokenSerializer"  # noqa: S105

TOKEN_PAIR: Schema = {
    "type": "object",
    "description": "Tokens of djangorestframework-simplejwt.",
    "required": ["access", "refresh"],
    "properties": {
        "access": {"type": "string", "description": "For the header `Authorization: Bearer ...`."},
        "refresh": {"type": "string", "description": "For a new pair, once."},
    },
}


class UserExtension(PropertiesExtension):
    """The organizations of a user, and a key of the host's type."""

    target_class = "org_files.accounts.serializers.UserSerializer"
    descriptions = {"is_staff": "Whether an operator, unless the site's policy says otherwise."}

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what fields and annotations of methods leave open."""
        path = "org_files.accounts.serializers.OrganizationOfUserSerializer"
        return {
            "id": key_schema(get_user_model()),
            "is_staff": {"type": "boolean"},
            "organizations": array_of(shown(path)(auto_schema)),
        }


class OrganizationOfUserExtension(PropertiesExtension):
    """The role, and a key of the host's type."""

    target_class = "org_files.accounts.serializers.OrganizationOfUserSerializer"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the fields leave open."""
        # By reference: inline, its name would depend on the other enumerations of the site.
        role = register(auto_schema.registry, "MembershipRole", STRING | {"enum": Role.values})
        return {"id": key_schema(get_organization_model()), "role": role}


class CredentialsExtension(PropertiesExtension):
    """The text: the serializer's own is for Python."""

    target_class = CREDENTIALS
    description = "Login name and password."


class TokenExtension(PropertiesExtension):
    """The name of a refresh token: "Token" alone would be anybody's."""

    target_class = REFRESH_TOKEN

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return the name of the component."""
        return "RefreshToken"


def credentials() -> dict[str, Any]:
    """Return an example of who logs in."""
    return {**_login(), "password": "correct horse battery staple"}


def user() -> dict[str, Any]:
    """Return an example of a user."""
    from org_files.accounts.serializers import UserSerializer

    known = {
        "id": examples.key(get_user_model(), 7),
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone": "+4930123456",
        "is_staff": False,
        "organizations": [{**examples.organization_reference(), "role": Role.ADMIN.value}],
        **_login(),
    }
    return {name: known[name] for name in UserSerializer.Meta.fields}


def _login() -> dict[str, str]:
    from org_files.accounts.serializers import login_field

    field = get_user_model()._meta.get_field(login_field())
    return {field.name: "ada@example.com" if isinstance(field, models.EmailField) else "ada"}


def refresh_token() -> dict[str, str]:
    """Return an example of a token that is sent."""
    return {"refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJqdGkiOiI5In0.c2lnbmF0dXJl"}


def token_pair() -> dict[str, str]:
    """Return an example of a pair of tokens."""
    access = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJqdGkiOiI4In0.c2lnbmF0dXJl"
    return {"access": access, **refresh_token()}


TOKEN_PAIR_ANSWER = Answer(
    200,
    "A pair of tokens. The access token is short-lived.",
    lambda auto_schema: register(auto_schema.registry, "TokenPair", TOKEN_PAIR),
    {"tokens": token_pair},
)

CHALLENGE = {"WWW-Authenticate": header("`Bearer` (RFC 6750 §3).")}

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
CSRF_FAILED = ErrorResponse(
    "CSRFFailed",
    403,
    "The CSRF token is missing or wrong.",
    {"permission_denied": "CSRF Failed: CSRF token missing."},
)

describe(
    Operation(
        view="org_files.accounts.views.LoginView",
        method="POST",
        id="auth_login",
        tag="Accounts",
        summary="Log in to a session",
        description="Begins a session, and sets its cookie and the one with the CSRF token, which "
        "requests that change something have to send back in a header.",
        request=Request(CREDENTIALS, credentials),
        answers=[
            Answer(
                200,
                "Who is logged in now.",
                shown("org_files.accounts.serializers.UserSerializer"),
                {"user": user},
                headers={"Set-Cookie": header("The session, and the CSRF token.")},
            )
        ],
        errors=[INVALID_LOGIN, errors.REQUEST_TOO_LARGE],
    ),
    Operation(
        view="org_files.accounts.views.LogoutView",
        method="POST",
        id="auth_logout",
        tag="Accounts",
        summary="Log out of a session",
        description="Ends the session that the request belongs to. Needs its CSRF token.",
        answers=[Answer(204, "Logged out.")],
        # The CSRF token is looked for in the body too.
        errors=[errors.MALFORMED_BODY, CSRF_FAILED, errors.REQUEST_TOO_LARGE],
    ),
    Operation(
        view="org_files.accounts.tokens.TokenView",
        method="POST",
        id="token_obtain",
        tag="Tokens",
        summary="Log in for a pair of tokens",
        description="Exchanges login name and password for an access and a refresh token.",
        request=Request(CREDENTIALS, credentials),
        answers=[TOKEN_PAIR_ANSWER],
        errors=[errors.INVALID_BODY, INVALID_CREDENTIALS, errors.REQUEST_TOO_LARGE],
    ),
    Operation(
        view="org_files.accounts.tokens.TokenRefreshView",
        method="POST",
        id="token_refresh",
        tag="Tokens",
        summary="Exchange a refresh token for a new pair",
        description="The token sent is spent by that: it works once, also when two ask at once.",
        request=Request(REFRESH_TOKEN, refresh_token),
        answers=[TOKEN_PAIR_ANSWER],
        errors=[errors.INVALID_BODY, INVALID_TOKEN, errors.REQUEST_TOO_LARGE],
    ),
    Operation(
        view="org_files.accounts.tokens.TokenBlacklistView",
        method="POST",
        id="token_blacklist",
        tag="Tokens",
        summary="Log out of a refresh token",
        description="Spends the refresh token, so that no new pair can be had by it. Access tokens "
        "given out before live on to their end.",
        request=Request(REFRESH_TOKEN, refresh_token),
        answers=[
            Answer(
                200,
                "Spent.",
                lambda _: {"type": "object", "maxProperties": 0},
                {"empty": dict},
            )
        ],
        errors=[errors.INVALID_BODY, INVALID_TOKEN, errors.REQUEST_TOO_LARGE],
    ),
)
