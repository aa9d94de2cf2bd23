"""Operations of files."""

from __future__ import annotations

from functools import partial

from org_files.rest.openapi import errors, examples, picture_errors
from org_files.rest.openapi.components import BINARY, STRING, UUID
from org_files.rest.openapi.operations import (
    Answer,
    Operation,
    Request,
    page_answer,
    parameter,
    shown,
)
from org_files.rest.openapi.responses import header

__all__ = [
    "CONDITIONS",
    "CONTENT_ANSWERS",
    "CONTENT_ERRORS",
    "DISPOSITION",
    "FILE_ID",
    "FILE_PAGE",
    "OPERATIONS",
    "TAG",
    "TICKET",
]

TAG = "Files"

FILE_ID = partial(
    parameter, "id", "Id of the file.", UUID, location="path", example=examples.FILE_ID
)
FILE_PAGE = page_answer("FilePage", "org_files.rest.serializers.FileSerializer", examples.file)

VALIDATORS = {
    "ETag": header("The strong entity tag of the content."),
    "Last-Modified": header("When the content was stored."),
}
CONTENT_HEADERS = {
    **VALIDATORS,
    "Accept-Ranges": header("Always `bytes`."),
    "Content-Disposition": header("`attachment` or `inline`, with the original name (RFC 6266)."),
    "Content-Length": header("Bytes in this response.", {"type": "integer"}),
    "Cache-Control": header("`private, no-cache`: rights change."),
}
CONTENT_RANGE = {"Content-Range": header("Which part, such as `bytes 0-1023/48213`.")}

DISPOSITION = partial(
    parameter,
    "disposition",
    "Whether to save the file or show it in place; `inline` only holds for types in which no "
    "script could run.",
    STRING | {"enum": ["attachment", "inline"], "default": "attachment"},
)
TICKET = partial(
    parameter,
    "ticket",
    "In place of a login: what `ticket/` answers with has it. 401 once it is over.",
    STRING,
)

_request_header = partial(parameter, schema=STRING, location="header")

#: What views take and answer that send bytes.
CONDITIONS = [
    partial(_request_header, "Range", "One range of bytes.", example="bytes=0-1023"),
    partial(_request_header, "If-Range", "An entity tag or date; else all is sent."),
    partial(_request_header, "If-Match", "Entity tags; 412 where none is this one."),
    partial(_request_header, "If-None-Match", "Entity tags; 304 where one is this one."),
    partial(_request_header, "If-Modified-Since", "A date; 304 unless modified since."),
    partial(_request_header, "If-Unmodified-Since", "A date; 412 if modified since."),
]
CONTENT_ANSWERS = [
    Answer(
        200,
        "All of the bytes.",
        lambda _: dict(BINARY),
        {"text": lambda: "The bytes of the file."},
        media_type="*/*",
        headers=CONTENT_HEADERS,
    ),
    Answer(
        206,
        "The part asked for.",
        lambda _: dict(BINARY),
        {"text": lambda: "The bytes"},
        media_type="*/*",
        headers=CONTENT_HEADERS | CONTENT_RANGE,
    ),
    Answer(304, "The client has the bytes already.", headers=VALIDATORS),
]
CONTENT_ERRORS = [
    errors.NOT_FOUND,
    errors.PRECONDITION_FAILED,
    errors.RANGE_NOT_SATISFIABLE,
    errors.CONTENT_UNAVAILABLE,
]

OPERATIONS = [
    Operation(
        view="org_files.rest.views.files.FileListView",
        method="GET",
        id="files_list",
        tag=TAG,
        summary="List files",
        description="The files that the site's policy shows to the requester, newest first unless "
        "asked otherwise. Files in the trash are in the list of `trashed=true` alone, expired ones "
        "in none.",
        answers=[FILE_PAGE],
    ),
    Operation(
        view="org_files.rest.views.files.FileListView",
        method="POST",
        id="files_create",
        tag=TAG,
        summary="Upload a file",
        description="Stores one file, which belongs to its organization for good. Its content type "
        "comes from its name, for pictures from its content; what the client says of it is "
        "ignored. `organization` may be left out by who belongs to one only.",
        request=Request(
            "org_files.rest.serializers.FileUploadSerializer",
            examples.upload,
            ["multipart/form-data"],
        ),
        answers=[
            Answer(
                201,
                "The file, stored.",
                shown("org_files.rest.serializers.FileSerializer"),
                {"file": examples.file},
            )
        ],
        errors=[
            errors.INVALID_UPLOAD,
            errors.UPLOAD_FORBIDDEN,
            errors.UPLOAD_TOO_LARGE,
            errors.UPLOAD_NOT_ALLOWED,
            errors.STORAGE_UNAVAILABLE,
            errors.STORAGE_FULL,
        ],
    ),
    Operation(
        view="org_files.rest.views.files.FileView",
        method="GET",
        id="files_retrieve",
        tag=TAG,
        summary="Show a file",
        description="What is known of one file. Its bytes are at `content_url`, those of a "
        "picture in smaller heights at the addresses in `renditions`.",
        parameters=[FILE_ID],
        answers=[
            Answer(
                200,
                "The file.",
                shown("org_files.rest.serializers.FileSerializer"),
                {"file": examples.file, "picture": examples.picture},
            )
        ],
        errors=[errors.NOT_FOUND],
    ),
    Operation(
        view="org_files.rest.views.files.FileView",
        method="PATCH",
        id="files_update",
        tag=TAG,
        summary="Change a file",
        description="Sets what is sent and leaves the rest as it is. With the name goes the "
        "content type, unless the file is a picture. For the file's owner, while they may upload "
        "to its organization, the admins of the organization, and operators.",
        parameters=[FILE_ID],
        request=Request("org_files.rest.serializers.FileChangeSerializer", examples.changed_file),
        answers=[
            Answer(
                200,
                "The file, changed.",
                shown("org_files.rest.serializers.FileSerializer"),
                {"file": examples.file},
            )
        ],
        errors=[
            errors.INVALID_CHANGE,
            errors.CHANGE_FORBIDDEN,
            errors.NOT_FOUND,
            errors.CONFLICT,
            errors.REQUEST_TOO_LARGE,
            errors.UPLOAD_NOT_ALLOWED,
        ],
    ),
    Operation(
        view="org_files.rest.views.files.FileView",
        method="DELETE",
        id="files_delete",
        tag=TAG,
        summary="Delete a file",
        description="Moves the file to the trash, where it still takes room, and from which the "
        "site removes it for good after a time. With `permanent=true` that happens now, from the "
        "trash or not: nothing brings it back then, and its downloads stay counted. For the file's "
        "owner, while they may upload to its organization, the admins of the organization, and "
        "operators.",
        parameters=[
            FILE_ID,
            partial(
                parameter,
                "permanent",
                "Whether to remove it for good.",
                {"type": "boolean", "default": False},
            ),
        ],
        answers=[Answer(204, "In the trash, or gone.")],
        errors=[
            errors.INVALID_CALL,
            errors.CHANGE_FORBIDDEN,
            errors.NOT_FOUND,
            errors.CONFLICT,
        ],
    ),
    Operation(
        view="org_files.rest.views.files.FileRestoreView",
        method="POST",
        id="files_restore",
        tag=TAG,
        summary="Restore a file",
        description="Takes the file out of the trash; one that is in none stays as it is. For "
        "those who may delete it.",
        parameters=[FILE_ID],
        answers=[
            Answer(
                200,
                "The file, restored.",
                shown("org_files.rest.serializers.FileSerializer"),
                {"file": examples.file},
            )
        ],
        errors=[errors.INVALID_CALL, errors.CHANGE_FORBIDDEN, errors.NOT_FOUND],
    ),
    Operation(
        view="org_files.rest.views.contents.FileContentView",
        method="GET",
        id="files_content",
        tag=TAG,
        summary="Download a file",
        description="The bytes, under the original name, whatever `Accept` says. `HEAD` answers "
        "with the same headers and no content. Conditional and range requests are those of RFC "
        "9110; more than one range is answered with the whole.\n\nEach download that is granted "
        "counts once, before its first byte: not `HEAD`, 304 or errors, and the ranges that one "
        "requester asks for within an hour count as one.\n\nOf a picture only where the tier "
        "of its organization has the originals.",
        parameters=[
            FILE_ID,
            DISPOSITION,
            TICKET,
            *CONDITIONS,
        ],
        answers=CONTENT_ANSWERS,
        errors=[
            errors.INVALID_DISPOSITION,
            picture_errors.ORIGINAL_FORBIDDEN,
            *CONTENT_ERRORS,
        ],
    ),
]
