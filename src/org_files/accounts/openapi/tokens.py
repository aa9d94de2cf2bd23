"""Operations of tokens."""

from __future__ import annotations

from org_files.accounts.openapi import errors, examples
from org_files.rest.openapi.components import Schema, register
from org_files.rest.openapi.errors import INVALID_BODY, REQUEST_TOO_LARGE
from org_files.rest.openapi.operations import Answer, Operation, Request

__all__ = ["OPERATIONS"]

TAG = "Tokens"
CREDENTIALS = Request("org_files.accounts.serializers.CredentialsSerializer", examples.credentials)
REFRESH_TOKEN = Request("org_files.accounts.serializers.TokenSerializer", examples.refresh_token)

TOKEN_PAIR: Schema = {
    "type": "object",
    "description": "Tokens of djangorestframework-simplejwt.",
    "required": ["access", "refresh"],
    "properties": {
        "access": {"type": "string", "description": "For the header `Authorization: Bearer ...`."},
        "refresh": {"type": "string", "description": "For a new pair, once."},
    },
}
TOKEN_PAIR_ANSWER = Answer(
    200,
    "A pair of tokens. The access token is short-lived.",
    lambda auto_schema: register(auto_schema.registry, "TokenPair", TOKEN_PAIR),
    {"tokens": examples.token_pair},
)

OPERATIONS = [
    Operation(
        view="org_files.accounts.tokens.TokenView",
        method="POST",
        id="token_obtain",
        tag=TAG,
        summary="Log in for a pair of tokens",
        description="Exchanges login name and password for an access and a refresh token.",
        request=CREDENTIALS,
        answers=[TOKEN_PAIR_ANSWER],
        errors=[INVALID_BODY, errors.INVALID_CREDENTIALS, REQUEST_TOO_LARGE],
    ),
    Operation(
        view="org_files.accounts.tokens.TokenRefreshView",
        method="POST",
        id="token_refresh",
        tag=TAG,
        summary="Exchange a refresh token for a new pair",
        description="The token sent is spent by that: it works once, also when two ask at once.",
        request=REFRESH_TOKEN,
        answers=[TOKEN_PAIR_ANSWER],
        errors=[INVALID_BODY, errors.INVALID_TOKEN, REQUEST_TOO_LARGE],
    ),
    Operation(
        view="org_files.accounts.tokens.TokenBlacklistView",
        method="POST",
        id="token_blacklist",
        tag=TAG,
        summary="Log out of a refresh token",
        description="Spends the refresh token, so that no new pair can be had by it. Access tokens "
        "given out before live on to their end.",
        request=REFRESH_TOKEN,
        answers=[
            Answer(
                200,
                "Spent.",
                lambda _: {"type": "object", "maxProperties": 0},
                {"empty": dict},
            )
        ],
        errors=[INVALID_BODY, errors.INVALID_TOKEN, REQUEST_TOO_LARGE],
    ),
]
