"""Operations of users, as others see and as operators manage them."""

from __future__ import annotations

from org_files.accounts.openapi import errors, examples
from org_files.rest.openapi.catalogue.downloads import user_id
from org_files.rest.openapi.catalogue.files import CONDITIONS, CONTENT_ANSWERS, CONTENT_ERRORS
from org_files.rest.openapi.errors import (
    CHANGE_FORBIDDEN,
    CONFLICT,
    NOT_FOUND,
    REQUEST_TOO_LARGE,
)
from org_files.rest.openapi.operations import Answer, Operation, Request, page_answer, shown

__all__ = ["OPERATIONS"]

TAG = "Users"
USER = "org_files.accounts.serializers.VisibleUserSerializer"
VIEW = "org_files.accounts.views.users.UserView"

OPERATIONS = [
    Operation(
        view="org_files.accounts.views.users.UserListView",
        method="GET",
        id="users_list",
        tag=TAG,
        summary="List users",
        description="The users that the site's policy shows to the requester, with those of their "
        "organizations that it shows, too. Operators also see what each one stores, and where.",
        answers=[page_answer("UserPage", USER, examples.user)],
    ),
    Operation(
        view=VIEW,
        method="GET",
        id="users_retrieve",
        tag=TAG,
        summary="Show a user",
        description="One user, as in the list of users.",
        parameters=[user_id],
        answers=[
            Answer(
                200,
                "The user.",
                shown(USER),
                {"user": examples.user, "for_operators": examples.managed_user},
            )
        ],
        errors=[NOT_FOUND],
    ),
    Operation(
        view=VIEW,
        method="PATCH",
        id="users_update",
        tag=TAG,
        summary="Let a user in or out",
        description="For operators: `is_active`. A user who is not is out from the next request "
        "on, by whatever session or token. Superusers also set `is_staff`, and only they change "
        "superusers.",
        parameters=[user_id],
        request=Request(
            "org_files.accounts.serializers.AdministrationSerializer", examples.administration
        ),
        answers=[Answer(200, "The user, changed.", shown(USER), {"user": examples.managed_user})],
        errors=[
            errors.INVALID_ADMINISTRATION,
            CHANGE_FORBIDDEN,
            NOT_FOUND,
            CONFLICT,
            REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view=VIEW,
        method="DELETE",
        id="users_delete",
        tag=TAG,
        summary="Delete a user",
        description="For operators; superusers are deleted by superusers only. Files stay with "
        "their organizations, without an owner.",
        parameters=[user_id],
        answers=[Answer(204, "Deleted.")],
        errors=[CHANGE_FORBIDDEN, NOT_FOUND, errors.ACCOUNT_IN_USE],
    ),
    Operation(
        view="org_files.accounts.views.users.UserAvatarView",
        method="GET",
        id="users_avatar",
        tag=TAG,
        summary="Show the picture of a user",
        description="The bytes, whatever `Accept` says. Conditional and range requests are those "
        "of RFC 9110.",
        parameters=[user_id, *CONDITIONS],
        answers=CONTENT_ANSWERS,
        errors=CONTENT_ERRORS,
    ),
]
