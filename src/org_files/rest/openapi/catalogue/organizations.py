"""Operations of organizations."""

from __future__ import annotations

from functools import partial

from org_files import get_organization_model
from org_files.rest.openapi import errors, examples
from org_files.rest.openapi.catalogue.files import FILE_PAGE
from org_files.rest.openapi.components import STRING, Schema, key_schema
from org_files.rest.openapi.operations import (
    Answer,
    Operation,
    Request,
    page_answer,
    parameter,
    shown,
)

__all__ = ["OPERATIONS", "organization_id"]

TAG = "Organizations"
SERIALIZER = "org_files.rest.serializers.OrganizationSerializer"

EXPAND = partial(
    parameter,
    "expand",
    "`members`: shows the members of each organization, too.",
    STRING | {"enum": ["members"]},
)
DAYS = partial(
    parameter,
    "days",
    "Of how many days to count the downloads, up to today.",
    {"type": "integer", "minimum": 1, "maximum": 366, "default": 30},
)


def organization_id() -> Schema:
    """Return the parameter of paths."""
    model = get_organization_model()
    return parameter(
        "id",
        "Id of the organization.",
        key_schema(model),
        location="path",
        example=examples.key(model, 3),
    )


def organization_answer(status: int, description: str) -> Answer:
    """Return the answer of an operation on one organization."""
    return Answer(
        status,
        description,
        shown(SERIALIZER),
        {"organization": examples.organization, "with_members": examples.expanded_organization},
    )


OPERATIONS = [
    Operation(
        view="org_files.rest.views.organizations.OrganizationListView",
        method="GET",
        id="organizations_list",
        tag=TAG,
        summary="List organizations",
        description="The organizations that the site's policy shows to the requester, with exact "
        "totals of downloads and of what they store.",
        parameters=[EXPAND],
        answers=[page_answer("OrganizationPage", SERIALIZER, examples.organization)],
    ),
    Operation(
        view="org_files.rest.views.organizations.OrganizationListView",
        method="POST",
        id="organizations_create",
        tag=TAG,
        summary="Create an organization",
        description="Makes a new organization, and the requester its first admin. It has the tier "
        "that the site gives to new ones. Where the site leaves this to operators, others get 403.",
        parameters=[EXPAND],
        request=Request(SERIALIZER, examples.new_organization),
        answers=[organization_answer(201, "The organization, created.")],
        errors=[
            errors.INVALID_ORGANIZATION,
            errors.CHANGE_FORBIDDEN,
            errors.CONFLICT,
            errors.REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view="org_files.rest.views.organizations.OrganizationView",
        method="GET",
        id="organizations_retrieve",
        tag=TAG,
        summary="Show an organization",
        description="One organization, with exact totals of downloads and of what it stores.",
        parameters=[organization_id, EXPAND],
        answers=[organization_answer(200, "The organization.")],
        errors=[errors.INVALID_EXPAND, errors.NOT_FOUND],
    ),
    Operation(
        view="org_files.rest.views.organizations.OrganizationView",
        method="PATCH",
        id="organizations_update",
        tag=TAG,
        summary="Change an organization",
        description="Sets what is sent and leaves the rest as it is. For its admins and operators.",
        parameters=[organization_id, EXPAND],
        request=Request(SERIALIZER, examples.changed_organization),
        answers=[organization_answer(200, "The organization, changed.")],
        errors=[
            errors.INVALID_ORGANIZATION,
            errors.CHANGE_FORBIDDEN,
            errors.NOT_FOUND,
            errors.CONFLICT,
            errors.REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view="org_files.rest.views.organizations.OrganizationView",
        method="DELETE",
        id="organizations_delete",
        tag=TAG,
        summary="Delete an organization",
        description="Deletes an organization that holds no files, and its memberships with it. For "
        "its admins and operators.",
        parameters=[organization_id],
        answers=[Answer(204, "Deleted.")],
        errors=[errors.CHANGE_FORBIDDEN, errors.NOT_FOUND, errors.ORGANIZATION_IN_USE],
    ),
    Operation(
        view="org_files.rest.views.organizations.OrganizationFilesView",
        method="GET",
        id="organizations_files",
        tag=TAG,
        summary="List the files of an organization",
        description="The files of one organization that the requester may read, in the shape and "
        "with the filters of `files/`.",
        parameters=[organization_id],
        answers=[FILE_PAGE],
        errors=[errors.NOT_FOUND],
    ),
    Operation(
        view="org_files.rest.views.organizations.UsageView",
        method="GET",
        id="organizations_usage",
        tag=TAG,
        summary="Show what an organization uses",
        description="How much it stores, and how many of its files are downloaded on each day. As "
        "it was at most a minute ago.",
        parameters=[organization_id, DAYS],
        answers=[
            Answer(
                200,
                "The usage.",
                shown("org_files.rest.serializers.UsageSerializer"),
                {"usage": examples.usage},
            )
        ],
        errors=[errors.INVALID_DAYS, errors.NOT_FOUND],
    ),
]
