"""What is registered with drf-spectacular: a schema for views, and what serializers leave open.

drf-spectacular finds an extension by the class that it is written for, as soon as it is defined.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from drf_spectacular.drainage import get_override, set_override
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiViewExtension
from drf_spectacular.utils import Direction

from org_files import get_organization_model
from org_files.rest.openapi.components import (
    BINARY,
    STRING,
    URI,
    Schema,
    array_of,
    key_schema,
    nullable,
)
from org_files.rest.openapi.operations import operation_of, shown

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema
    from rest_framework.views import APIView

__all__ = ["PropertiesExtension"]


class ViewExtension(OpenApiViewExtension):
    """Puts the schema of the catalogue in the place of the one in DEFAULT_SCHEMA_CLASS."""

    target_class = "org_files.rest.base.BaseView"
    match_subclasses = True
    # A site's own extension for one of the views comes first.
    priority = -1

    def view_replacement(self) -> type[APIView]:
        """Return the view, with its own schema where the catalogue knows it."""
        from org_files.rest.openapi.schema import OperationSchema

        view: type[APIView] = self.target
        if not any(operation_of(view, method.upper()) for method in view.http_method_names):
            return view
        return type(view.__name__, (view,), {"schema": OperationSchema()})


class PropertiesExtension(OpenApiSerializerExtension):
    """Base: the usual schema of a serializer, with ``properties`` put in."""

    match_subclasses = True

    @abstractmethod
    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return the schemas of properties that cannot be read off their fields."""

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return the schema of the serializer."""
        fields = self.target.fields
        given = self.properties(auto_schema)
        # Left out instead of overwritten: the usual way warns of what it can only guess.
        excluded = {*get_override(self.target, "exclude_fields", ()), *given}
        set_override(self.target, "exclude_fields", excluded)
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        found = schema.get("properties", {})
        for name, value in given.items():
            if name in fields:
                found[name] = value | _direction_of(fields[name])
        schema["properties"] = {name: found[name] for name in fields if name in found}
        required = {name for name in given if name in fields and _is_required(fields[name])}
        schema["required"] = sorted(required | {*schema.get("required", ())})
        return schema


def _direction_of(field: Any) -> Schema:
    if field.read_only:
        return {"readOnly": True}
    return {"writeOnly": True} if field.write_only else {}


def _is_required(field: Any) -> bool:
    return field.required or field.read_only


class FileExtension(PropertiesExtension):
    """Addresses, renditions, and a moment that may be null."""

    target_class = "org_files.rest.serializers.FileSerializer"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the annotations of methods leave open."""
        rendition = shown("org_files.rest.serializers.RenditionSerializer")(auto_schema)
        deleted_at = {
            "type": "string",
            "format": "date-time",
            "description": "Since when in trash.",
        }
        return {
            "content_url": URI | {"description": "Where the bytes are."},
            "renditions": array_of(rendition)
            | {"description": "The heights that a picture can be had in."},
            "deleted_at": nullable(deleted_at),
        }


class FileUploadExtension(PropertiesExtension):
    """The file itself, and an id of the host's type."""

    target_class = "org_files.rest.serializers.FileUploadSerializer"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what is sent, where the fields only say what is shown."""
        return {
            "file": BINARY | {"description": "The bytes, with their name."},
            "organization": key_schema(get_organization_model())
            | {"description": "The organization; needed by who belongs to several."},
        }


class OrganizationExtension(PropertiesExtension):
    """The tier."""

    target_class = "org_files.rest.serializers.OrganizationSerializer"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the annotations of methods leave open."""
        return {"tier": nullable({"type": "object"}) | {"description": "Null: without a tier."}}


class DownloadExtension(PropertiesExtension):
    """The file in short."""

    target_class = "org_files.rest.serializers.DownloadSerializer"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the annotations of methods leave open."""
        return {"file": shown("org_files.rest.serializers.DownloadedFileSerializer")(auto_schema)}


class PartyExtension(PropertiesExtension):
    """An organization or a user in short: two components, as their keys may be of two types."""

    target_class = "org_files.rest.serializers.PartySerializer"

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return the name of the component."""
        names = {get_organization_model(): "OrganizationReference"}
        return names.get(self._model(), "UserReference")

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return the key of the model that the field points to, and the name."""
        return {"id": key_schema(self._model()), "name": dict(STRING)}

    def _model(self) -> Any:
        field = self.target
        return field.parent.Meta.model._meta.get_field(field.source).related_model
