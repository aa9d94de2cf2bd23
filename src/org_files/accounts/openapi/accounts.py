"""Operations of one's own account."""

from __future__ import annotations

from org_files.accounts.openapi import errors, examples
from org_files.rest.openapi.errors import (
    CONFLICT,
    MALFORMED_BODY,
    REQUEST_TOO_LARGE,
    STORAGE_FULL,
    UPLOAD_TOO_LARGE,
)
from org_files.rest.openapi.operations import Answer, Operation, Request, shown
from org_files.rest.openapi.responses import header

__all__ = ["OPERATIONS"]

TAG = "Accounts"
USER = "org_files.accounts.serializers.UserSerializer"
PROFILE = "org_files.accounts.views.profile.ProfileView"
AVATAR = "org_files.accounts.views.avatars.AvatarView"

OPERATIONS = [
    Operation(
        view="org_files.accounts.views.registration.RegistrationView",
        method="POST",
        id="auth_register",
        tag=TAG,
        summary="Register",
        description="Makes an account, which nobody is logged in to yet. Whether it belongs to an "
        "organization at once is up to the site, as are the fields of a profile and the rules of "
        "passwords.",
        request=Request("org_files.accounts.serializers.RegistrationSerializer", examples.new_user),
        answers=[Answer(201, "The new user.", shown(USER), {"user": examples.user})],
        errors=[
            errors.INVALID_REGISTRATION,
            errors.REGISTRATION_CLOSED,
            CONFLICT,
            REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view="org_files.accounts.views.auth.LoginView",
        method="POST",
        id="auth_login",
        tag=TAG,
        summary="Log in to a session",
        description="Begins a session, and sets its cookie and the one with the CSRF token, which "
        "requests that change something have to send back in a header.",
        request=Request(
            "org_files.accounts.serializers.CredentialsSerializer", examples.credentials
        ),
        answers=[
            Answer(
                200,
                "Who is logged in now.",
                shown(USER),
                {"user": examples.user},
                headers={"Set-Cookie": header("The session, and the CSRF token.")},
            )
        ],
        errors=[errors.INVALID_LOGIN, REQUEST_TOO_LARGE],
    ),
    Operation(
        view="org_files.accounts.views.auth.LogoutView",
        method="POST",
        id="auth_logout",
        tag=TAG,
        summary="Log out of a session",
        description="Ends the session that the request belongs to. Needs its CSRF token.",
        answers=[Answer(204, "Logged out.")],
        # The CSRF token is looked for in the body too.
        errors=[MALFORMED_BODY, REQUEST_TOO_LARGE],
    ),
    Operation(
        view=PROFILE,
        method="GET",
        id="users_me_retrieve",
        tag=TAG,
        summary="Show one's own profile",
        description="The user who is logged in, with all organizations that they belong to.",
        answers=[Answer(200, "The profile.", shown(USER), {"user": examples.user})],
    ),
    Operation(
        view=PROFILE,
        method="PATCH",
        id="users_me_update",
        tag=TAG,
        summary="Change one's own profile",
        description="Sets what is sent and leaves the rest as it is. What else of an account is "
        "sent, such as `is_staff` or `organizations`, is ignored.",
        request=Request(USER, examples.changed_profile),
        answers=[Answer(200, "The profile, changed.", shown(USER), {"user": examples.user})],
        errors=[errors.INVALID_PROFILE, CONFLICT, REQUEST_TOO_LARGE],
    ),
    Operation(
        view=PROFILE,
        method="DELETE",
        id="users_me_delete",
        tag=TAG,
        summary="Delete one's own account",
        description="Deletes the account, its picture and its memberships. Files stay with their "
        "organizations, without an owner. The last admin of an organization that others belong to "
        "stays.",
        answers=[Answer(204, "Deleted.")],
        errors=[errors.ACCOUNT_IN_USE],
    ),
    Operation(
        view="org_files.accounts.views.profile.PasswordView",
        method="POST",
        id="users_me_password",
        tag=TAG,
        summary="Change one's own password",
        description="Ends all other sessions, and all refresh tokens. Access tokens given out "
        "before live on to their end, unless the site has simplejwt look at the password.",
        request=Request(
            "org_files.accounts.serializers.PasswordSerializer", examples.password_change
        ),
        answers=[Answer(204, "Changed.")],
        errors=[errors.INVALID_PASSWORD, REQUEST_TOO_LARGE],
    ),
    Operation(
        view=AVATAR,
        method="PUT",
        id="users_me_avatar_update",
        tag=TAG,
        summary="Upload one's own picture",
        description="Makes a small picture of the one sent: upright, without metadata, at most "
        "200 pixels wide and high, under a random name. It takes the place of the one before.",
        request=Request(
            "org_files.accounts.serializers.AvatarSerializer",
            examples.avatar,
            ["multipart/form-data"],
        ),
        answers=[Answer(200, "The profile.", shown(USER), {"user": examples.user})],
        errors=[
            errors.INVALID_AVATAR,
            UPLOAD_TOO_LARGE,
            errors.PICTURE_UNAVAILABLE,
            STORAGE_FULL,
        ],
    ),
    Operation(
        view=AVATAR,
        method="DELETE",
        id="users_me_avatar_delete",
        tag=TAG,
        summary="Remove one's own picture",
        description="Removes the picture and its bytes, where there is one.",
        answers=[Answer(204, "Removed.")],
    ),
]
