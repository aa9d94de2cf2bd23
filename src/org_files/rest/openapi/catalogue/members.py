"""Operations of members of organizations."""

from __future__ import annotations

from functools import partial

from org_files.rest.openapi import errors, examples
from org_files.rest.openapi.catalogue.downloads import user_id
from org_files.rest.openapi.catalogue.organizations import organization_id
from org_files.rest.openapi.operations import Answer, Operation, Request, page_answer, shown

__all__ = ["OPERATIONS"]

TAG = "Members"
SERIALIZER = "org_files.rest.serializers.MemberSerializer"

MEMBER_ID = partial(user_id, "user_id")


def member_answer(status: int, description: str) -> Answer:
    """Return the answer of an operation on one member."""
    return Answer(status, description, shown(SERIALIZER), {"member": examples.member})


OPERATIONS = [
    Operation(
        view="org_files.rest.views.members.MemberListView",
        method="GET",
        id="members_list",
        tag=TAG,
        summary="List the members of an organization",
        description="Who belongs to it and in which role, as far as the site's policy shows that "
        "to the requester; its admins see all.",
        parameters=[organization_id],
        answers=[page_answer("MemberPage", SERIALIZER, examples.member)],
        errors=[errors.NOT_FOUND],
    ),
    Operation(
        view="org_files.rest.views.members.MemberListView",
        method="POST",
        id="members_create",
        tag=TAG,
        summary="Add a member to an organization",
        description="Makes a user that the requester sees a member, in a role: a `viewer` reads, a "
        "`member` also uploads, an `admin` also manages. For its admins and operators.",
        parameters=[organization_id],
        request=Request("org_files.rest.serializers.NewMemberSerializer", examples.new_member),
        answers=[member_answer(201, "The member, added.")],
        errors=[
            errors.INVALID_MEMBER,
            errors.CHANGE_FORBIDDEN,
            errors.NOT_FOUND,
            errors.REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view="org_files.rest.views.members.MemberView",
        method="PATCH",
        id="members_update",
        tag=TAG,
        summary="Change the role of a member",
        description="For admins of the organization and operators. The last admin keeps the role: "
        "of two who demote each other at once, one does not.",
        parameters=[organization_id, MEMBER_ID],
        request=Request("org_files.rest.serializers.RoleSerializer", examples.role),
        answers=[member_answer(200, "The member, changed.")],
        errors=[
            errors.INVALID_ROLE,
            errors.CHANGE_FORBIDDEN,
            errors.NOT_FOUND,
            errors.LAST_ADMIN,
            errors.REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view="org_files.rest.views.members.MemberView",
        method="DELETE",
        id="members_delete",
        tag=TAG,
        summary="Remove a member from an organization",
        description="Ends a membership: one's own, or as an admin of the organization or an "
        "operator that of anybody. The last admin stays.",
        parameters=[organization_id, MEMBER_ID],
        answers=[Answer(204, "Removed.")],
        errors=[errors.CHANGE_FORBIDDEN, errors.NOT_FOUND, errors.LAST_ADMIN],
    ),
]
