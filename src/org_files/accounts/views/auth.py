"""Session login and logout."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from org_files.accounts.serializers import CredentialsSerializer
from org_files.accounts.views.users import user_json
from org_files.rest.base import BaseView, PublicView
from org_files.rest.parsers import JSONParser


class LoginView(PublicView):
    """Log in to a session."""

    tag = "Accounts"
    operation_ids = {"POST": "auth_login"}

    serializer_class = CredentialsSerializer
    throttle_scopes = {"POST": "org_files_login"}

    # No form of another site can send JSON: there is no CSRF token yet.
    parser_classes = (JSONParser,)

    def post(self, request: Request) -> Response:
        """Log in to a session.

        Starts a session. Sets the session cookie and the cookie with the CSRF token, which later
        requests that change something must send in a header.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = serializer.validated_data["user"]
        if user is None:
            raise exceptions.ValidationError(
                {"non_field_errors": [_("No active account with these credentials.")]}
            )
        login(request._request, user)
        get_token(request._request)
        return Response(user_json(user, request))


class LogoutView(BaseView):
    """End the session."""

    tag = "Accounts"
    operation_ids = {"POST": "auth_logout"}

    # Of nothing: pages for browsers and OPTIONS ask what a call takes.
    serializer_class = Serializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return session authentication, whose CSRF token is asked for."""
        return [SessionAuthentication()]

    def post(self, request: Request) -> Response:
        """Log out of a session.

        Ends the session of the request. Needs its CSRF token.
        """
        logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)
