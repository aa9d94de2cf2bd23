"""What an operation is described by, and the catalogue that holds the descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from org_files.rest.openapi.components import Schema, array_of, nullable, register
from org_files.rest.openapi.responses import ErrorResponse

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

__all__ = [
    "JSON",
    "Answer",
    "Operation",
    "Request",
    "describe",
    "operation_of",
    "page_answer",
    "parameter",
    "shown",
]

JSON = "application/json"

#: Returns the schema of a body; the argument is where components are registered.
BodySchema = Callable[["AutoSchema"], Schema]
#: Returns an example, made when models are loaded: its ids are of the host's key types.
Example = Callable[[], Any]


@dataclass(frozen=True)
class Answer:
    """A response that is no error."""

    status: int
    description: str
    #: None for a response without content.
    schema: BodySchema | None = None
    examples: Mapping[str, Example] = field(default_factory=dict)
    media_type: str = JSON
    headers: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """The body that an operation takes."""

    #: The dotted path of the serializer.
    serializer: str
    example: Example
    #: None for whatever the parsers of the view take.
    media_types: Sequence[str] | None = None
    #: Whether there has to be a body at all.
    is_required: bool = True


@dataclass(frozen=True)
class Operation:
    """One method of one view."""

    #: The dotted path of the view.
    view: str
    method: str
    id: str
    tag: str
    summary: str
    description: str
    answers: Sequence[Answer]
    #: Those of its own; what every view can answer is added to them.
    errors: Sequence[ErrorResponse] = ()
    #: Beside those of a list, which the view itself names.
    parameters: Sequence[Callable[[], Schema]] = ()
    request: Request | None = None
    #: Whether it takes the filters of the list that its view is, without being the list.
    is_filtered: bool = False


_OPERATIONS: dict[tuple[str, str], Operation] = {}


def describe(*operations: Operation) -> None:
    """Add ``operations`` to the catalogue."""
    for operation in operations:
        _OPERATIONS[operation.view, operation.method] = operation


def operation_of(view: type, method: str) -> Operation | None:
    """Return what is known of a view, or else of what it inherits from."""
    paths = (f"{cls.__module__}.{cls.__qualname__}" for cls in view.__mro__)
    found = (_OPERATIONS.get((path, method)) for path in paths)
    return next((operation for operation in found if operation), None)


def parameter(
    name: str, description: str, schema: Schema, *, location: str = "query", example: Any = None
) -> Schema:
    """Return a parameter; one of the path is required, others are not."""
    result = {
        "in": location,
        "name": name,
        "description": description,
        "required": location == "path",
        "schema": dict(schema),
    }
    return result if example is None else result | {"example": example}


def shown(serializer: str) -> BodySchema:
    """Return the schema of what the serializer, a dotted path, shows."""

    def schema(auto_schema: AutoSchema) -> Schema:
        component = auto_schema.resolve_serializer(import_string(serializer), "response")
        reference: Schema = component.ref
        return reference

    return schema


def _page_of(name: str, serializer: str) -> BodySchema:
    """Return the schema of a page, the component ``name``, of what the serializer shows."""

    def schema(auto_schema: AutoSchema) -> Schema:
        rows = array_of(shown(serializer)(auto_schema))
        view: Any = auto_schema.view
        page = view.pagination_class().get_paginated_response_schema(rows)
        page["properties"] = {
            key: nullable(value | {"type": "string"}) if "null" in value["type"] else value
            for key, value in page["properties"].items()
        }
        page["description"] = "A part of a list, with the addresses of the parts beside it."
        return register(auto_schema.registry, name, page)

    return schema


def page_answer(name: str, serializer: str, row: Example) -> Answer:
    """Return the answer of a list: a page in its two forms, with an example of each."""
    url = "https://example.com/api/list/"
    rows = {"previous": None}
    return Answer(
        200,
        "A page.",
        _page_of(name, serializer),
        {
            "by_page": lambda: {"count": 51, "next": f"{url}?page=2", **rows, "results": [row()]},
            "by_cursor": lambda: {"next": f"{url}?cursor=WyJuYW1l", **rows, "results": [row()]},
        },
    )
