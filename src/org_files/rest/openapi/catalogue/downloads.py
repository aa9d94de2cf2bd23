"""Operations of the ledger of downloads."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from org_files.rest.openapi import errors, examples
from org_files.rest.openapi.catalogue.files import FILE_ID
from org_files.rest.openapi.catalogue.organizations import organization_id
from org_files.rest.openapi.components import Schema, key_schema
from org_files.rest.openapi.operations import Operation, page_answer, parameter

__all__ = ["OPERATIONS", "user_id"]

TAG = "Downloads"

DOWNLOAD_PAGE = page_answer(
    "DownloadPage", "org_files.rest.serializers.DownloadSerializer", examples.download
)


def user_id(name: str = "id") -> Schema:
    """Return the parameter of paths."""
    model = get_user_model()
    return parameter(
        name, "Id of the user.", key_schema(model), location="path", example=examples.key(model, 7)
    )


OPERATIONS = [
    Operation(
        view="org_files.rest.views.downloads.DownloadListView",
        method="GET",
        id="downloads_list",
        tag=TAG,
        summary="List one's own downloads",
        description="What the requester has downloaded, newest first; with `user` the same for "
        "somebody else, where the site's policy allows it.",
        answers=[DOWNLOAD_PAGE],
        errors=[errors.FORBIDDEN],
    ),
    Operation(
        view="org_files.rest.views.downloads.UserDownloadsView",
        method="GET",
        id="users_downloads",
        tag=TAG,
        summary="List the downloads of a user",
        description="What one user has downloaded, newest first: as much of it as the site's "
        "policy shows to the requester.",
        parameters=[user_id],
        answers=[DOWNLOAD_PAGE],
        errors=[errors.FORBIDDEN, errors.NOT_FOUND],
    ),
    Operation(
        view="org_files.rest.views.files.FileDownloadsView",
        method="GET",
        id="files_downloads",
        tag=TAG,
        summary="List the downloads of a file",
        description="Who downloaded a file, and when, newest first. For its owner, while they "
        "may upload to its organization, the admins of the organization, and operators.",
        parameters=[FILE_ID],
        answers=[DOWNLOAD_PAGE],
        errors=[errors.FORBIDDEN, errors.NOT_FOUND],
    ),
    Operation(
        view="org_files.rest.views.organizations.OrganizationDownloadsView",
        method="GET",
        id="organizations_downloads",
        tag=TAG,
        summary="List the downloads from an organization",
        description="Every download of a file that belonged to the organization at the time, "
        "newest first. For its admins and operators.",
        parameters=[organization_id],
        answers=[DOWNLOAD_PAGE],
        errors=[errors.FORBIDDEN, errors.NOT_FOUND],
    ),
]
