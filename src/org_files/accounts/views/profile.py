"""One's own account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.accounts.serializers import PasswordSerializer, UserSerializer
from org_files.accounts.services import change_password, remove_user
from org_files.accounts.views.users import complete, user_json
from org_files.rest.base import BaseView


class ProfileView(BaseView):
    """One's own profile."""

    tag = "Accounts"
    operation_ids = {
        "GET": "users_me_retrieve",
        "PATCH": "users_me_update",
        "DELETE": "users_me_delete",
    }
    errors = {"PATCH": ("conflict",), "DELETE": ("last_admin", "conflict")}

    serializer_class = UserSerializer

    def get_object(self) -> Any:
        """Return the requester, with what the JSON shows."""
        complete([self.user], self.policy.visible_memberships(self.user))
        return self.user

    def get(self, request: Request) -> Response:
        """Show one's own profile.

        The requester, with all organizations that they belong to.
        """
        return Response(self.get_serializer(self.get_object()).data)

    def patch(self, request: Request) -> Response:
        """Change one's own profile.

        Changes the fields that are sent. Others, such as `is_staff` or `organizations`, are
        ignored.
        """
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return Response(user_json(self.save(serializer), request))

    def delete(self, request: Request) -> Response:
        """Delete one's own account.

        Deletes the account, its picture and its memberships. Files stay with their organizations,
        without an owner. The last admin of an organization with other members cannot be deleted.
        """
        remove_user(user=self.user)
        if isinstance(request.successful_authenticator, SessionAuthentication):
            request._request.session.flush()
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordView(BaseView):
    """One's own password."""

    tag = "Accounts"
    operation_ids = {"POST": "users_me_password"}

    serializer_class = PasswordSerializer
    throttle_scopes = {"POST": "org_files_password"}

    def post(self, request: Request) -> Response:
        """Change one's own password.

        Ends all other sessions and all refresh tokens. Access tokens stay valid until they expire,
        unless the site lets simplejwt check the password.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user: Any = self.user
        if not change_password(user=user, password=serializer.validated_data["new_password"]):
            message = _("The password was changed at the same time.")
            raise exceptions.ValidationError({"old_password": [message]})
        if isinstance(request.successful_authenticator, SessionAuthentication):
            update_session_auth_hash(request._request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)
