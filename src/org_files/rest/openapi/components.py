"""Parts of a schema that several operations share, for OpenAPI 3.0 and 3.1 alike."""

from __future__ import annotations

from typing import Any

from django.db import models
from drf_spectacular.plumbing import (
    ComponentIdentity,
    ComponentRegistry,
    ResolvedComponent,
    append_meta,
)

from org_files.models import Role

__all__ = [
    "BINARY",
    "DATE_TIME",
    "STRING",
    "URI",
    "UUID",
    "Schema",
    "array_of",
    "key_schema",
    "membership_role",
    "nullable",
    "register",
    "register_response",
]

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
DATE_TIME: Schema = {"type": "string", "format": "date-time"}
URI: Schema = {"type": "string", "format": "uri"}
UUID: Schema = {"type": "string", "format": "uuid"}
#: What both versions, and the forms of Swagger UI, take for a file.
BINARY: Schema = {"type": "string", "format": "binary"}


def nullable(schema: Schema) -> Schema:
    """Return ``schema`` with null allowed, in the words of the OpenAPI version in use."""
    result: Schema = append_meta(dict(schema), {"nullable": True})
    return result


def array_of(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def key_schema(model: type[models.Model]) -> Schema:
    """Return the schema of ``model``'s primary key, which is the host's choice."""
    field: Any = model._meta.pk
    while field.is_relation:  # of a model that inherits from another one with a table
        field = field.target_field
    if isinstance(field, models.IntegerField):
        return {"type": "integer"}
    return dict(UUID if isinstance(field, models.UUIDField) else STRING)


def membership_role(registry: ComponentRegistry) -> Schema:
    """Return the reference to the schema of a member's role."""
    # By reference: inline, its name would depend on the other enumerations of the site.
    return register(registry, "MembershipRole", STRING | {"enum": Role.values})


def register(registry: ComponentRegistry, name: str, schema: Schema) -> Schema:
    """Make ``schema`` the component ``name`` and return the reference to it."""
    return _register(registry, ResolvedComponent.SCHEMA, name, schema)


def register_response(registry: ComponentRegistry, name: str, response: Schema) -> Schema:
    """Make ``response`` the reusable response ``name`` and return the reference to it."""
    return _register(registry, ResolvedComponent.RESPONSE, name, response)


def _register(registry: ComponentRegistry, kind: str, name: str, content: Schema) -> Schema:
    identity = ComponentIdentity(f"org_files:{kind}:{name}")
    component = ResolvedComponent(name=name, type=kind, schema=content, object=identity)
    registry.register_on_missing(component)
    reference: Schema = component.ref
    return reference
