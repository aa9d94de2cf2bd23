"""Views of one's own account: registration, session, profile, password, picture."""

from typing import Any

from django.contrib.auth import login, logout, update_session_auth_hash
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from org_files import conf
from org_files.accounts.avatars import remove_avatar, set_avatar
from org_files.accounts.serializers import (
    AvatarSerializer,
    CredentialsSerializer,
    PasswordSerializer,
    RegistrationSerializer,
    UserSerializer,
)
from org_files.accounts.services import change_password, remove_user
from org_files.accounts.views.users import complete, user_json
from org_files.exceptions import NotAPicture
from org_files.rest.base import BaseView, PublicView
from org_files.rest.parsers import JSONParser, MultiPartParser

#: Bytes. More than a camera makes of one picture.
MAX_SIZE = 32 * 1024 * 1024


class RegistrationView(PublicView):
    """Register."""

    tag = "Accounts"
    operation_ids = {"POST": "auth_register"}
    errors = {"POST": ("registration_closed", "conflict")}
    serializer_class = RegistrationSerializer
    throttle_scopes = {"POST": "org_files_registration"}

    def post(self, request: Request) -> Response:
        """Register.

        Creates an account. It does not log in. The site decides whether the user joins an
        organization at once, which fields a profile has, and which passwords are allowed.
        """
        user = self.save(self.validated())
        return Response(user_json(user, request), status=status.HTTP_201_CREATED)


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
        user = self.validated().validated_data["user"]
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
        serializer = self.validated(self.get_object(), partial=True)
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
        password = self.validated().validated_data["new_password"]
        user: Any = self.user
        if not change_password(user=user, password=password):
            message = _("The password was changed at the same time.")
            raise exceptions.ValidationError({"old_password": [message]})
        if isinstance(request.successful_authenticator, SessionAuthentication):
            update_session_auth_hash(request._request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AvatarView(BaseView):
    """One's own picture."""

    tag = "Accounts"
    operation_ids = {"PUT": "users_me_avatar_update", "DELETE": "users_me_avatar_delete"}
    errors = {"PUT": ("renditions_busy",)}
    serializer_class = AvatarSerializer
    parser_classes = (MultiPartParser,)
    throttle_scopes = {"PUT": "org_files_upload"}
    file_fields = {"PUT": ("avatar",)}

    @property
    def max_upload_size(self) -> int:
        return min(conf.max_file_size() or MAX_SIZE, MAX_SIZE)

    def get_parsers(self) -> list[BaseParser]:
        """Return that of pictures; what comes with a DELETE, as with any other, is not used."""
        # None while drf-spectacular describes the view.
        request: Any = self.request
        view = BaseView if request and request.method == "DELETE" else self
        return [parser() for parser in view.parser_classes]

    def get_object(self) -> Any:
        """Return the requester: OPTIONS asks for what a PUT changes."""
        return self.user

    def put(self, request: Request) -> Response:
        """Upload one's own picture.

        Stores a small version of the picture: upright, without metadata, at most 200 pixels wide
        and high. It replaces the previous one.
        """
        upload = self.validated().validated_data["avatar"]
        if len(request.FILES.getlist("avatar")) > 1:
            raise exceptions.ValidationError({"avatar": [_("Takes one file at a time.")]})
        try:
            set_avatar(user=self.user, upload=upload)
        except NotAPicture as error:
            raise exceptions.ValidationError({"avatar": [error.message]}, error.code) from error
        return Response(user_json(self.user, request))

    def delete(self, request: Request) -> Response:
        """Remove one's own picture.

        Removes the picture and its bytes, if there is one.
        """
        remove_avatar(user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
