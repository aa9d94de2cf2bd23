"""Session login and logout."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.accounts.serializers import CredentialsSerializer, UserSerializer
from org_files.rest.base import BaseView, PublicView
from org_files.rest.parsers import JSONParser

__all__ = ["LoginView", "LogoutView"]


class LoginView(PublicView):
    """Log in to a session."""

    serializer_class = CredentialsSerializer

    def get_parsers(self) -> list[BaseParser]:
        """Take JSON alone, which no form of another site can send: there is no CSRF token yet."""
        return [JSONParser()]

    def post(self, request: Request) -> Response:
        """Begin a session and answer with the user; sets the CSRF cookie."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = serializer.validated_data["user"]
        if user is None:
            raise exceptions.ValidationError(
                {"non_field_errors": [_("No active account with these credentials.")]}
            )
        login(request._request, user)
        get_token(request._request)
        return Response(UserSerializer(user, context=self.get_serializer_context()).data)


class LogoutView(BaseView):
    """End the session."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return session authentication, whose CSRF token is asked for."""
        return [SessionAuthentication()]

    def post(self, request: Request) -> Response:
        """End the session."""
        logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)
