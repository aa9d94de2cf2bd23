"""OpenAPI description of attachments in the API of a site; see ``org_files.rest.openapi``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import is_patched_serializer
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse, extend_schema

from org_files.rest.errors import all_codes
from org_files.rest.openapi.extensions import BINARY, PREFIX, STRING, Schema, array_of, shown

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

SHORT = "org_files.attachments.serializers.AttachedFileSerializer"
UUID: Schema = STRING | {"format": "uuid"}
#: The id of a file, or in a multipart body an upload.
WRITTEN: list[Schema] = [UUID, BINARY]

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


def described(
    status: int, body: Any, codes: Iterable[str], ids: Iterable[str]
) -> Callable[[Any], Any]:
    """Return a decorator that describes an operation: success, codes of errors, ids in the path."""
    known, by_status = all_codes(), dict[int, list[str]]()
    for code in codes:
        by_status.setdefault(known[code][0], []).append(f"`{code}`")
    answers = {
        number: OpenApiResponse(FIELD_ERRORS if number == INVALID else ERROR, ", ".join(names))
        for number, names in sorted(by_status.items())
    }
    parameters = [OpenApiParameter(name, UUID, OpenApiParameter.PATH) for name in ids]
    describe = extend_schema(
        responses={status: body, **answers}, parameters=parameters, filters=False
    )

    def decorate(method: Any) -> Any:
        result: Any = describe(method)
        # Pages, whose usual name begins without our prefix.
        result.kwargs["schema"].get_paginated_name = lambda schema, name: f"{PREFIX}AttachmentPage"
        return result

    return decorate
