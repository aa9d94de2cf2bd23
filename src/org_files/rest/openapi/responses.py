"""Responses with errors, for what many operations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.plumbing import ComponentRegistry

from org_files.rest.openapi.components import (
    STRING,
    Schema,
    array_of,
    register,
    register_response,
)

__all__ = ["ErrorResponse", "header"]

ERROR: Schema = {
    "type": "object",
    "description": "What went wrong.",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "string", "description": "The same for every such error, for programs."},
    },
}

VALIDATION_ERROR: Schema = {
    "type": "object",
    "description": "What is wrong with which field; `non_field_errors` with none in particular.",
    "additionalProperties": array_of(STRING),
    "minProperties": 1,
}


def header(description: str, schema: Schema = STRING) -> Schema:
    """Return a header of a response."""
    return {"description": description, "schema": dict(schema)}


@dataclass(frozen=True)
class ErrorResponse:
    """A response with an error, in the schema's components under ``name``."""

    name: str
    status: int
    description: str
    #: The codes that it can carry, each with the sentence that goes with it.
    codes: Mapping[str, Any] = field(default_factory=dict)
    #: An example of fields at fault, where there can be such.
    fields: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)

    def ref(self, registry: ComponentRegistry) -> Schema:
        """Register the response and return the reference to it."""
        schemas = []
        examples: dict[str, Any] = {}
        if self.codes:
            schemas.append(register(registry, "Error", ERROR))
            for code, detail in self.codes.items():
                examples[code] = {"value": {"detail": str(detail), "code": code}}
        if self.fields:
            schemas.append(register(registry, "ValidationError", VALIDATION_ERROR))
            examples["fields"] = {
                "value": {key: [str(item) for item in value] for key, value in self.fields.items()}
            }
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        response: Schema = {
            "description": self.description,
            "content": {"application/json": {"schema": schema, "examples": examples}},
        }
        if self.headers:
            response["headers"] = dict(self.headers)
        return register_response(registry, self.name, response)
