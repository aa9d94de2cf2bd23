"""Extensions of drf-spectacular, and the types that it cannot derive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils import translation
from django.utils.module_loading import import_string
from drf_spectacular.drainage import get_override, set_override
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiViewExtension
from drf_spectacular.plumbing import (
    ComponentIdentity,
    ResolvedComponent,
    append_meta,
    build_serializer_context,
    get_doc,
    is_patched_serializer,
    safe_ref,
)
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import Direction
from inflection import camelize
from rest_framework.serializers import SerializerMethodField

from org_files import conf, get_organization_model
from org_files.models import LinkState, Role

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema
    from rest_framework.views import APIView

Schema = dict[str, Any]
#: Returns the schema of a property, and registers components with the argument.
Property = Callable[["AutoSchema"], Schema]

STRING: Schema = {"type": "string"}
BINARY: Schema = {"type": "string", "format": "binary"}

#: Begins the name of each component, so that none is one of the site's own.
PREFIX = "OrgFiles"
#: Keys of the schema of a text that restrict it.
TEXT_KEYS = ("type", "format", "pattern", "minLength", "maxLength")


def key_of(model: type[models.Model]) -> Schema:
    """Return the schema of the primary key of ``model``."""
    field: Any = model._meta.pk
    while field.is_relation:  # multi-table inheritance
        field = field.target_field
    if isinstance(field, models.IntegerField):
        return {"type": "integer"}
    return STRING | ({"format": "uuid"} if isinstance(field, models.UUIDField) else {})


def component(name: str, schema: Schema) -> Property:
    """Return a reference to ``schema``, which becomes the component ``name`` after our prefix."""
    identity = ComponentIdentity(f"org_files:{name}")
    found = ResolvedComponent(PREFIX + name, ResolvedComponent.SCHEMA, schema, identity)

    def register(auto_schema: AutoSchema) -> Schema:
        auto_schema.registry.register_on_missing(found)
        return dict(found.ref)

    return register


def shown(path: str) -> Property:
    """Return what the serializer with the dotted ``path`` shows."""
    return lambda schema: dict(schema.resolve_serializer(import_string(path), "response").ref)


def describe_count_is(page: Schema, auto_schema: AutoSchema) -> None:
    """Have ``count_is`` of a page refer to a component."""
    kind = page["properties"]["count_is"]
    text = {"description": kind.pop("description")}
    page["properties"]["count_is"] = append_meta(component("CountIs", kind)(auto_schema), text)


def array_of(path: str) -> Property:
    """Return a list of what the serializer with the dotted ``path`` shows."""
    return lambda auto_schema: {"type": "array", "items": shown(path)(auto_schema)}


REST = "org_files.rest.serializers"
UPLOADS = "org_files.rest.upload_serializers"
# Components: drf-spectacular would name enums after all others of the site.
ROLE = component("MembershipRole", STRING | {"enum": Role.values})
STATE = component("ShareLinkState", STRING | {"enum": [str(state) for state in LinkState]})

#: Names of components without the prefix, where that of the serializer class would be ambiguous.
NAMES = {
    "MemberSerializer": "OrganizationMember",
    "RoleSerializer": "MemberRole",
    "UsageSerializer": "OrganizationUsage",
    "LinkSerializer": "ShareLink",
    "LinkedFileSerializer": "SharedFile",
    "LinkChangeSerializer": "ShareLinkChange",
    "NewLinkSerializer": "NewShareLink",
    "LinkPasswordSerializer": "ShareLinkPassword",
    "TicketRequestSerializer": "NewTicket",
}

#: Types that fields do not tell, by serializer class.
PROPERTIES: dict[str, dict[str, Property]] = {
    "FileSerializer": {"renditions": array_of(f"{REST}.RenditionSerializer")},
    "FileUploadSerializer": {
        "file": lambda _: BINARY,
        "organization": lambda _: key_of(get_organization_model()),
    },
    "OrganizationSerializer": {
        "id": lambda _: key_of(get_organization_model()),
        "members": array_of(f"{REST}.MemberSerializer"),
    },
    "MemberSerializer": {"id": lambda _: key_of(get_user_model()), "role": ROLE},
    "RoleSerializer": {"role": ROLE},
    "NewMemberSerializer": {"user": lambda _: key_of(get_user_model())},
    "DownloadedOrganizationSerializer": {"id": lambda _: key_of(get_organization_model())},
    "DownloadSerializer": {"file": shown(f"{REST}.DownloadedFileSerializer")},
    "LinkSerializer": {"state": STATE},
}

TRASHED: Schema = {"deleted": {"type": "integer", "description": "Number of trashed files."}}
TRASHED_FILES = component(
    "TrashedFiles", {"type": "object", "required": [*TRASHED], "properties": TRASHED}
)
_HEALTH: Schema = {"status": STRING, "checks": {"type": "object"}}
HEALTH = component("Health", {"type": "object", "required": [*_HEALTH], "properties": _HEALTH})
#: Status and body of successes, by operation, where they do not follow from the view.
ANSWERS: dict[str, tuple[int, Property | None]] = {
    "files_options": (200, lambda _: {"type": "object"}),
    "files_restore": (200, lambda schema: shown(conf.SETTINGS["FILE_SERIALIZER"]())(schema)),
    "health": (200, HEALTH),
    "files_ticket": (200, shown("org_files.rest.link_serializers.TicketSerializer")),
    "members_update": (200, shown(f"{REST}.MemberSerializer")),
    "resources_files_delete": (200, TRASHED_FILES),
    "shared_open": (303, None),
    "uploads_append": (201, lambda schema: shown(conf.SETTINGS["FILE_SERIALIZER"]())(schema)),
    # Of a direct upload, and of the IETF draft with the whole content; else there is no body.
    "uploads_create": (
        201,
        lambda schema: {
            "oneOf": [
                shown(f"{UPLOADS}.DirectUploadUrlsSerializer")(schema),
                shown(conf.SETTINGS["FILE_SERIALIZER"]())(schema),
            ]
        },
    ),
    "uploads_offset": (200, None),
    "uploads_options": (204, None),
    "uploads_session_options": (204, None),
    "uploads_parts": (200, shown(f"{UPLOADS}.DirectUploadUrlsSerializer")),
    "uploads_complete": (201, lambda schema: shown(conf.SETTINGS["FILE_SERIALIZER"]())(schema)),
}

#: Settings by which a site replaces a serializer. The component keeps its name.
REPLACEABLE = {
    "FileSerializer": "FILE_SERIALIZER",
    "OrganizationSerializer": "ORGANIZATION_SERIALIZER",
}


class ViewExtension(OpenApiViewExtension):
    """Gives the package's views their own schema class, whatever DEFAULT_SCHEMA_CLASS is."""

    target_class = "org_files.rest.base.BaseView"
    match_subclasses = True
    # A site's own extension for one of the views comes first.
    priority = -1

    def view_replacement(self) -> type[APIView]:
        from org_files.rest.openapi.schema import OperationSchema

        view: type[APIView] = self.target
        values = {"schema": OperationSchema(), "__doc__": view.__doc__}
        has_ids = getattr(view, "operation_ids", None)
        return type(view.__name__, (view,), values) if has_ids else view


class SerializerExtension(OpenApiSerializerExtension):
    """Describes the package's serializers, and subclasses of them."""

    target_class = f"{REST}.FileSerializer"

    @classmethod
    def _matches(cls, target: Any) -> bool:
        return bool(_names_of(target if isinstance(target, type) else type(target)))

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str | None:
        if party := self._party():
            kind = "Organization" if party is get_organization_model() else "User"
            return f"{PREFIX}{kind}Reference"
        name = self._name(direction)
        # A site's subclass on a view of its own is named by its class.
        return PREFIX + name if name else None

    def _name(self, direction: Direction) -> str:
        kind = type(self.target)
        name = kind.__name__ if kind.__module__.startswith("org_files.") else ""
        for replaced, setting in REPLACEABLE.items():
            if import_string(conf.SETTINGS[setting]()) is kind:
                name = replaced
        is_split = spectacular_settings.COMPONENT_SPLIT_REQUEST or self.target.partial
        if name == "OrganizationSerializer" and direction == "request" and not is_split:
            return "NewOrganization"
        return NAMES.get(name) or name.removesuffix("Serializer")

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        # With every field that some reader sees.
        context = build_serializer_context(auto_schema.view)
        self.target.context.update(context | {"expand": ["members"], "is_operator": True})
        with translation.override(None):  # in English
            return self._map(auto_schema, direction)

    def _map(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        fields, names = self.target.fields, _names_of(type(self.target))
        properties: dict[str, Property] = {}
        if party := self._party():
            properties["id"] = lambda _: key_of(party)
        for name in names:
            properties |= PROPERTIES.get(name, {})
        given: dict[str, Schema] = {}
        for field, make in properties.items():
            if field in fields:
                meta = auto_schema._get_serializer_field_meta(fields[field], direction)
                given[field] = append_meta(make(auto_schema), meta)
        # Left out instead of overwritten: drf-spectacular warns of types that it only guesses.
        excluded = {*get_override(self.target, "exclude_fields", ()), *given}
        set_override(self.target, "exclude_fields", excluded)
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        found = {**schema.pop("properties", {}), **given}
        hidden = "read_only" if direction == "request" else "write_only"
        shows = [n for n in fields if n in found and not getattr(fields[n], hidden)]
        of = auto_schema._get_serializer_name(self.target, direction)
        for name in shows:
            found[name] = _with_own_enum(found[name], of + camelize(name), auto_schema)
        schema["properties"] = {name: self._property(name, found[name]) for name in shows}
        required = {*schema.pop("required", ()), *(n for n in given if fields[n].required)}
        if direction == "response":  # all but what the context adds, or only some rows have
            usual = type(self.target)().fields.items()
            required = {n for n, field in usual if field._kwargs.get("required") is not False}
        required &= {*shows}
        if required and not is_patched_serializer(self.target, direction):
            schema["required"] = sorted(required)
        return schema

    def _party(self) -> Any:
        """Return the model of a short form of an organization or a user, else ``None``."""
        field = self.target
        if _names_of(type(field)) != ["PartySerializer"]:
            return None
        return field.parent.Meta.model._meta.get_field(field.source).related_model

    def _property(self, name: str, schema: Schema) -> Schema:
        field = self.target.fields[name]
        if isinstance(field, SerializerMethodField):
            text = get_doc(getattr(self.target, str(field.method_name))).removeprefix("Return ")
            if text and not field.help_text:
                schema = schema | {"description": text[0].upper() + text[1:]}
            if name.endswith("url") and "string" in schema.get("type", ()):
                schema = schema | {"format": "uri"}
        if getattr(field, "allow_blank", False) and {"format", "pattern"} & schema.keys():
            # drf-spectacular before 0.30 leaves out that the text may be empty.
            filled = {key: schema[key] for key in TEXT_KEYS if key in schema}
            schema = {key: value for key, value in schema.items() if key not in TEXT_KEYS}
            schema["anyOf"] = [filled, {"type": "string", "maxLength": 0}]
        elif "oneOf" in schema and getattr(field, "allow_blank", False):
            # An empty text may satisfy both, for a reader that does not check formats.
            schema = {"anyOf" if key == "oneOf" else key: value for key, value in schema.items()}
        result: Schema = safe_ref(schema)
        return result


def _with_own_enum(schema: Schema, name: str, auto_schema: AutoSchema) -> Schema:
    """Return ``schema`` with its choices in a component.

    drf-spectacular names the choices of all properties together: ours would rename a site's.
    """
    if schema.get("type") == "array":
        return schema | {"items": _with_own_enum(schema["items"], name, auto_schema)}
    if "enum" not in schema:
        return schema
    choices: Schema = {key: schema[key] for key in ("type", "enum") if key in schema}
    others = {k: v for k, v in schema.items() if k not in (*choices, "x-spec-enum-id")}
    return others | component(name.removeprefix(PREFIX), choices)(auto_schema)


def _names_of(kind: type) -> list[str]:
    """Return the names of the package's serializers that ``kind`` is, the most general first."""
    return [
        base.__name__
        for base in reversed(kind.__mro__)
        if base.__module__.startswith("org_files.")
        and base.__name__.endswith("Serializer")
        and base.__name__ != "ModelSerializer"
    ]
