"""Operations of organizations."""

from __future__ import annotations

from org_files import get_organization_model
from org_files.rest.openapi import errors, examples
from org_files.rest.openapi.catalogue.files import FILE_PAGE
from org_files.rest.openapi.components import Schema, key_schema
from org_files.rest.openapi.operations import Answer, Operation, page_answer, parameter, shown

__all__ = ["OPERATIONS", "organization_id"]

TAG = "Organizations"


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


OPERATIONS = [
    Operation(
        view="org_files.rest.views.organizations.OrganizationListView",
        method="GET",
        id="organizations_list",
        tag=TAG,
        summary="List organizations",
        description="The organizations that the site's policy shows to the requester, with exact "
        "totals of downloads and of what they store.",
        answers=[
            page_answer(
                "OrganizationPage",
                "org_files.rest.serializers.OrganizationSerializer",
                examples.organization,
            )
        ],
    ),
    Operation(
        view="org_files.rest.views.organizations.OrganizationView",
        method="GET",
        id="organizations_retrieve",
        tag=TAG,
        summary="Show an organization",
        description="One organization, with exact totals of downloads and of what it stores.",
        parameters=[organization_id],
        answers=[
            Answer(
                200,
                "The organization.",
                shown("org_files.rest.serializers.OrganizationSerializer"),
                {"organization": examples.organization},
            )
        ],
        errors=[errors.NOT_FOUND],
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
]
