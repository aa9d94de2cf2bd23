"""Views of JWT. They add to djangorestframework-simplejwt that concurrent requests exchange a
refresh token only once, and that users who are deleted or disabled get no tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import update_last_login
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.accounts.serializers import CredentialsSerializer, TokenSerializer
from org_files.db.rows import writing
from org_files.events import record
from org_files.rest.base import CREDENTIAL_ERRORS, PublicView


class TokenMixin(PublicView):
    """Base of the views of tokens."""

    tag = "Tokens"

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge of bearer tokens (RFC 6750 §3)."""
        return 'Bearer realm="api"'

    def sent_token(self) -> RefreshToken:
        """Return the refresh token of the request. Raises ``InvalidToken``."""
        text = self.validated().validated_data["refresh"]
        with invalid_tokens():
            return RefreshToken(text)


class TokenView(TokenMixin):
    """Log in for a pair of tokens."""

    operation_ids = {"POST": "token_obtain"}
    errors = {"POST": ("authentication_failed",)}
    serializer_class = CredentialsSerializer
    throttle_scopes = {"POST": "org_files_login"}

    def post(self, request: Request) -> Response:
        """Log in for a pair of tokens.

        Exchanges a login name and a password for an access token and a refresh token.
        """
        user = self.validated().validated_data["user"]
        pair = None if user is None else pair_of(user)
        if pair is None:
            raise AuthenticationFailed
        if api_settings.UPDATE_LAST_LOGIN:
            update_last_login(type(user), user)
        record("user.login", obj=user, actor=user, by="token")
        return Response(pair)


class TokenRefreshView(TokenMixin):
    """Exchange a refresh token for a new pair."""

    operation_ids = {"POST": "token_refresh"}
    errors = {"POST": ("token_not_valid",)}
    serializer_class = TokenSerializer

    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair.

        The refresh token works only once, even for simultaneous requests.
        """
        token = self.sent_token()
        claim = token.get(api_settings.USER_ID_CLAIM)
        users = get_user_model()._default_manager
        with invalid_tokens():
            user = users.filter(**{api_settings.USER_ID_FIELD: claim}).first()
        pair = None if user is None else pair_of(user, for_token=token)
        if pair is None:
            raise InvalidToken
        return Response(pair)


class TokenBlacklistView(TokenMixin):
    """Log out of a refresh token."""

    operation_ids = {"POST": "token_blacklist"}
    errors = {"POST": ("token_not_valid",)}
    serializer_class = TokenSerializer

    def post(self, request: Request) -> Response:
        """Log out of a refresh token.

        The refresh token no longer works. Access tokens stay valid until they expire.
        """
        token = self.sent_token()
        if not spend(token):
            raise InvalidToken
        user = token.get(api_settings.USER_ID_CLAIM)
        record("user.logout", obj=user, actor=user, by="token")
        return Response({})


def pair_of(user: Any, *, for_token: RefreshToken | None = None) -> dict[str, str] | None:
    """Return an access and a refresh token for ``user``, and spend ``for_token``.

    Returns ``None`` if the token was spent before, or if the user was deleted, was disabled or
    changed the password since ``user`` was read: a change of the password ends all tokens.
    """
    users = type(user)._default_manager
    with writing(type(user)):
        now = users.select_for_update().filter(pk=user.pk, password=user.password).first()
        if for_token is not None and not spend(for_token):
            return None
        if now is None or not api_settings.USER_AUTHENTICATION_RULE(now):
            return None
        refresh = RefreshToken.for_user(now)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def spend(token: RefreshToken) -> bool:
    """Blacklist ``token`` and return whether it was valid: ``True`` for one of several calls.

    Raises ``InvalidToken`` for claims of the wrong type.
    """
    with invalid_tokens():
        # Its type names the row alone.
        blacklisted: Any = token.blacklist()
    return bool(blacklisted[1])


@contextmanager
def invalid_tokens() -> Iterator[None]:
    """Raise ``InvalidToken`` for tokens that are not valid, or have claims of the wrong type.

    This site signed the latter for another purpose, or when its users had other keys.
    """
    try:
        yield
    except TokenError as error:
        raise InvalidToken(error.args[0]) from error
    except CREDENTIAL_ERRORS as error:
        raise InvalidToken from error
