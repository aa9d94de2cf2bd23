"""Operations of files by what they are linked to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from org_files.rest.openapi import errors, examples
from org_files.rest.openapi.catalogue.files import FILE_PAGE, TAG
from org_files.rest.openapi.components import STRING, Schema, register
from org_files.rest.openapi.operations import Answer, Operation, parameter

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

__all__ = ["OPERATIONS"]

VIEW = "org_files.rest.views.files.ResourceFilesView"

PATH = [
    partial(
        parameter,
        "resource",
        "A kind of thing of the host site.",
        STRING | {"maxLength": 100},
        location="path",
        example="project",
    ),
    partial(
        parameter,
        "resource_id",
        "Which of these things.",
        STRING | {"maxLength": 100},
        location="path",
        example="42",
    ),
]


def _trashed_files(auto_schema: AutoSchema) -> Schema:
    count = {"type": "integer", "description": "How many files were moved to the trash."}
    schema = {"type": "object", "properties": {"deleted": count}, "required": ["deleted"]}
    return register(auto_schema.registry, "TrashedFiles", schema)


OPERATIONS = [
    Operation(
        view=VIEW,
        method="GET",
        id="resources_files",
        tag=TAG,
        summary="List the files of a thing",
        description="The files of the requester's organizations that are linked to one thing of "
        "the host site, in the shape and with the filters of `files/`. A thing without files has "
        "an empty list.",
        parameters=PATH,
        answers=[FILE_PAGE],
    ),
    Operation(
        view=VIEW,
        method="DELETE",
        id="resources_files_delete",
        tag=TAG,
        summary="Delete the files of a thing",
        description="Moves those files of the list to the trash that the requester may delete, of "
        "the organizations that they belong to. It takes the filters of the list, too: an operator "
        "deletes in other organizations with `organization` or `owner` alone.",
        parameters=PATH,
        is_filtered=True,
        answers=[
            Answer(200, "How many there were.", _trashed_files, {"trashed": examples.trashed_files})
        ],
        errors=[errors.INVALID_CALL, errors.NOT_FOUND],
    ),
]
