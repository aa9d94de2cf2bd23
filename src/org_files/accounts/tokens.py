"""JWT by djangorestframework-simplejwt, and the two things that it alone does not hold: a refresh
token is exchanged once, also when two ask at once; and whoever is gone or disabled is out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import update_last_login
from django.core.exceptions import ValidationError
from django.db import DataError
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.accounts.serializers import CredentialsSerializer, TokenSerializer
from org_files.rest.base import PublicView

__all__ = ["TokenBlacklistView", "TokenRefreshView", "TokenView"]

#: What claims of the wrong kind run into.
ODD_CLAIMS = (KeyError, TypeError, ValueError, OverflowError, ValidationError, DataError)


class TokenMixin(PublicView):
    """Base of the views of tokens."""

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge of bearer tokens (RFC 6750 §3)."""
        return 'Bearer realm="api"'

    def validated(self) -> dict[str, Any]:
        """Return what the request's body holds. Raises ``ValidationError``."""
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def spend(self) -> RefreshToken:
        """Blacklist the refresh token of the request and return it.

        Raises ``InvalidToken`` for one that is not valid, or spent: of any number of requests at
        once, one alone makes the row.
        """
        text = self.validated()["refresh"]
        try:
            token = RefreshToken(text)
            # Typed as the row alone.
            blacklisted: Any = token.blacklist()
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        # Signed by this site, but for something else, or when its users had other keys.
        except ODD_CLAIMS as error:
            raise InvalidToken from error
        _row, created = blacklisted
        if not created:
            raise InvalidToken
        return token


class TokenView(TokenMixin):
    """Log in for a pair of tokens."""

    serializer_class = CredentialsSerializer

    def post(self, request: Request) -> Response:
        """Answer with an access and a refresh token."""
        user = self.validated()["user"]
        if user is None:
            raise AuthenticationFailed
        if api_settings.UPDATE_LAST_LOGIN:
            update_last_login(type(user), user)
        return Response(_pair(user))


class TokenRefreshView(TokenMixin):
    """Exchange a refresh token for a new pair."""

    serializer_class = TokenSerializer

    def post(self, request: Request) -> Response:
        """Spend the refresh token and answer with a new pair."""
        claim = self.spend().get(api_settings.USER_ID_CLAIM)
        users = get_user_model()._default_manager
        user = users.filter(**{api_settings.USER_ID_FIELD: claim}).first()
        if user is None or not api_settings.USER_AUTHENTICATION_RULE(user):
            raise InvalidToken
        return Response(_pair(user))


class TokenBlacklistView(TokenMixin):
    """Log out of a refresh token."""

    serializer_class = TokenSerializer

    def post(self, request: Request) -> Response:
        """Spend the refresh token."""
        self.spend()
        return Response({}, status=status.HTTP_200_OK)


def _pair(user: Any) -> dict[str, str]:
    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}
