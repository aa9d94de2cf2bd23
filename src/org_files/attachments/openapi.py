"""OpenAPI description of attachments in the API of a site; see ``org_files.rest.openapi``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import is_patched_serializer
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema

from org_files.attachments.rest import AttachmentPages, AttachmentsMixin
from org_files.rest.errors import ATTACHING, all_codes
from org_files.rest.openapi.extensions import (
    BINARY,
    PREFIX,
    STRING,
    Schema,
    array_of,
    describe_count_is,
    shown,
)
from org_files.rest.serializers import FileSerializer

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

SHORT = "org_files.attachments.file_serializers.AttachedFileSerializer"
UUID: Schema = STRING | {"format": "uuid"}
#: The id of a file, or in a multipart body an upload.
WRITTEN: list[Schema] = [UUID, BINARY]

#: Codes of errors that every operation can answer.
USUAL = ("not_authenticated", "not_found", "throttled", "database_unavailable")

ERROR: Schema = {
    "type": "object",
    "required": ["detail", "code"],
    "properties": {"detail": STRING, "code": STRING},
}
#: Of a body that does not validate: messages by field, or an error with a code.
INVALID = 400
FIELD_ERRORS: Schema = {
    "anyOf": [
        ERROR,
        {"type": "object", "additionalProperties": {"type": "array", "items": STRING}},
    ]
}


class StoredFileExtension(OpenApiSerializerFieldExtension):
    """Describes a file of a column: read as a short form or null, written as an id or an upload."""

    target_class = "org_files.attachments.serializers.StoredFileSerializerField"
    match_subclasses = True
    priority = -1

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        field = self.target
        is_request = direction == "request"
        # Otherwise one component describes what is read and what is written.
        is_split = spectacular_settings.COMPONENT_SPLIT_REQUEST or (
            is_request and is_patched_serializer(field.parent, direction)
        )
        is_read = not (field.write_only or (is_split and is_request))
        is_written = not (field.read_only or (is_split and not is_request))
        read = [shown(SHORT)(auto_schema)] if is_read else []
        found: Schema = {"anyOf": [*read, *(WRITTEN if is_written else [])]}
        if not is_written:
            found = read[0]
        return found | ({"nullable": True} if is_read else {})


class AttachmentsExtension(OpenApiSerializerFieldExtension):
    """Describes the files of an object."""

    target_class = "org_files.attachments.serializers.AttachmentsSerializerField"
    match_subclasses = True
    priority = -1

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        return array_of(SHORT)(auto_schema)


class DescribedPages(AttachmentPages):
    """Pages whose description refers to components."""

    def __init__(self, auto_schema: AutoSchema) -> None:
        self.auto_schema = auto_schema

    def get_paginated_response_schema(self, schema: Any) -> Schema:
        page = super().get_paginated_response_schema(schema)
        describe_count_is(page, self.auto_schema)
        return page


def _describe(method: Any, status: int, body: Any, *codes: str, ids: Iterable[str] = ()) -> None:
    """Describe an operation in place: success, codes of errors, ids in the path."""
    known, by_status = all_codes(), dict[int, list[str]]()
    for code in (*USUAL, *codes):
        by_status.setdefault(known[code][0], []).append(f"`{code}`")
    answers = {
        number: OpenApiResponse(FIELD_ERRORS if number == INVALID else ERROR, ", ".join(names))
        for number, names in sorted(by_status.items())
    }
    parameters = [OpenApiParameter(name, UUID, OpenApiParameter.PATH) for name in ids]
    describe = extend_schema(
        responses={status: body, **answers}, parameters=parameters, filters=False
    )

    schema: Any = describe(method).kwargs["schema"]
    schema._get_paginator = lambda schema: DescribedPages(schema)
    # Their usual name begins without our prefix.
    schema.get_paginated_name = lambda schema, name: f"{PREFIX}AttachmentPage"


_describe(AttachmentsMixin.list_attachments, 200, FileSerializer(many=True), "invalid")
_describe(
    AttachmentsMixin.add_attachment,
    201,
    FileSerializer,
    *("permission_denied", "quota_exceeded", "file_too_large", "type_not_allowed"),
    *("not_a_picture", "renditions_busy", *ATTACHING, "storage_full", "storage_unavailable"),
    *("invalid", "invalid_utf8", "malformed_multipart", "bad_request", "incomplete_body"),
    *("request_too_large", "unsupported_media_type"),
)
_describe(AttachmentsMixin.remove_attachment, 204, None, "permission_denied", ids=["file_id"])
