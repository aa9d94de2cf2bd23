"""What schemas of serializers leave open, put in: the base of this package's extensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils import translation
from drf_spectacular.drainage import get_override, set_override
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import (
    build_serializer_context,
    is_patched_serializer,
    safe_ref,
)
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import Direction

from org_files.rest.openapi.components import STRING, Schema

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

__all__ = ["PropertiesExtension"]

#: What a schema says of the form of a text.
FORM = ("type", "format", "pattern", "minLength", "maxLength")


class PropertiesExtension(OpenApiSerializerExtension):
    """Base: the usual schema of a serializer, with ``properties`` and texts put in."""

    match_subclasses = True

    #: Of the component, instead of that of the serializer's class.
    name = ""
    #: Of the component, instead of the serializer's docstring.
    description = ""
    #: Of properties.
    descriptions: Mapping[str, str] = {}
    #: Of the component of what is sent, where that is another one than of what is shown.
    request_name = ""
    #: What a serializer is given, so that it has all the fields that it can have ...
    context: Mapping[str, Any] = {}
    #: ... and those that an answer only has then.
    conditional: frozenset[str] = frozenset()
    #: Whether an answer has all others, also where a request need not.
    shows_all = False

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return the schemas of properties that cannot be read off their fields."""
        return {}

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str | None:
        """Return the name of the component, or ``None`` for that of the serializer."""
        is_split = spectacular_settings.COMPONENT_SPLIT_REQUEST or self.target.partial
        is_other = direction == "request" and not is_split
        return (self.request_name if is_other else "") or self.name or None

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        """Return the schema of the serializer, in the language of the source."""
        # A view of the site's own may be the first to show it.
        with translation.override(None):
            return self._map(auto_schema, direction)

    def _map(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        if self.context:
            self.target.context.update(
                {**build_serializer_context(auto_schema.view), **self.context}
            )
        fields = self.target.fields
        given = {key: v for key, v in self.properties(auto_schema).items() if key in fields}
        # Left out instead of overwritten: the usual way warns of what it can only guess.
        excluded = {*get_override(self.target, "exclude_fields", ()), *given}
        set_override(self.target, "exclude_fields", excluded)
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        found = schema.get("properties", {})
        found |= {name: value | _direction_of(fields[name]) for name, value in given.items()}
        names = [name for name in fields if name in found and self._is_there(name, direction)]
        required = self._required(given, direction) | {*schema.pop("required", ())}
        schema["properties"] = {
            name: safe_ref(
                _or_empty(found[name], fields[name]) | _text(self.descriptions.get(name))
            )
            for name in names
        }
        required &= {*names} - self.conditional
        if required and not is_patched_serializer(self.target, direction):
            schema["required"] = sorted(required)
        return schema | _text(self.description)

    def _is_sent_alone(self, direction: Direction) -> bool:
        """Return whether the component is for what is sent, and another for what is shown."""
        return direction == "request" and bool(
            spectacular_settings.COMPONENT_SPLIT_REQUEST
            or self.request_name
            or is_patched_serializer(self.target, direction)
        )

    def _is_there(self, name: str, direction: Direction) -> bool:
        field = self.target.fields[name]
        if self._is_sent_alone(direction):
            return not field.read_only
        is_shown_alone = spectacular_settings.COMPONENT_SPLIT_REQUEST and direction == "response"
        return not (is_shown_alone and field.write_only)

    def _required(self, given: Iterable[str], direction: Direction) -> set[str]:
        fields = self.target.fields
        if self.shows_all and not self._is_sent_alone(direction):
            return {name for name in fields if not fields[name].write_only}
        return {name for name in given if fields[name].required or fields[name].read_only}


def _direction_of(field: Any) -> Schema:
    if field.read_only:
        return {"readOnly": True}
    return {"writeOnly": True} if field.write_only else {}


def _or_empty(schema: Schema, field: Any) -> Schema:
    """Return ``schema`` with the empty text allowed where the field does, whatever its form."""
    if not getattr(field, "allow_blank", False):
        return schema
    # Not all versions of drf-spectacular do this; and by oneOf, which an empty text does not
    # satisfy for a reader that takes formats for remarks: both are true then.
    if either := schema.get("oneOf"):
        return {name: value for name, value in schema.items() if name != "oneOf"} | {
            "anyOf": either
        }
    if not schema.keys() & {"format", "pattern"}:
        return schema
    form = {name: schema[name] for name in FORM if name in schema}
    rest = {name: value for name, value in schema.items() if name not in FORM}
    return rest | {"anyOf": [form, STRING | {"maxLength": 0}]}


def _text(description: str | None) -> Schema:
    return {"description": description} if description else {}
