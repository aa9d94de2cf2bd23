"""What is registered with drf-spectacular: a schema for views, and what serializers leave open.

drf-spectacular finds an extension by the class that it is written for, as soon as it is defined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.utils import Direction

from org_files import get_organization_model
from org_files.rest.openapi.components import (
    BINARY,
    DATE_TIME,
    STRING,
    URI,
    Schema,
    array_of,
    key_schema,
    membership_role,
    nullable,
)
from org_files.rest.openapi.operations import operation_of, shown
from org_files.rest.openapi.properties import PropertiesExtension

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema
    from rest_framework.views import APIView

__all__ = [
    "DownloadExtension",
    "DownloadedOrganizationExtension",
    "FileChangeExtension",
    "FileExtension",
    "FileUploadExtension",
    "MemberExtension",
    "NewMemberExtension",
    "OrganizationExtension",
    "PartyExtension",
    "RenditionExtension",
    "RoleExtension",
    "TierExtension",
    "UsageExtension",
    "ViewExtension",
]


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


class FileExtension(PropertiesExtension):
    """Addresses, renditions, and a moment that may be null."""

    target_class = "org_files.rest.serializers.FileSerializer"
    descriptions = {
        "size": "Bytes.",
        "content_type": "From the name, for pictures from the content.",
        "is_picture": "Whether it is a GIF, JPEG, PNG or WebP, by its content.",
        "sha256": "Of the content, in hexadecimal.",
        "resource": "A kind of thing of the host site that the file is linked to.",
        "resource_id": "Which of these things.",
        "is_public": "Whether everybody who is logged in may read it.",
        "owner": "Who uploaded it; null once that account is gone.",
        "expires_at": "Until when it can be seen.",
        "deleted_at": "Since when it is in the trash.",
        "download_count": "Exact at every moment.",
        "content_url": "Where the bytes are.",
        "renditions": "The heights that a picture can be had in, by the tier of its organization; "
        "none of what is no picture.",
    }

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what fields and annotations of methods leave open."""
        rendition = shown("org_files.rest.serializers.RenditionSerializer")(auto_schema)
        return {
            "content_url": URI,
            "renditions": array_of(rendition),
            # Read-only by the model's field, which hides from the serializer that it has null.
            "deleted_at": nullable(DATE_TIME),
        }


class RenditionExtension(PropertiesExtension):
    """The texts."""

    target_class = "org_files.rest.serializers.RenditionSerializer"
    descriptions = {"height": "In pixels.", "url": "Where the picture is, in that height."}


class FileChangeExtension(PropertiesExtension):
    """The texts."""

    target_class = "org_files.rest.serializers.FileChangeSerializer"
    descriptions: Mapping[str, str] = {
        "name": "At most 255 characters; directories are cut off.",
        "resource": "A kind of thing of the host site that the file is linked to.",
        "resource_id": "Which of these things.",
        "is_public": "Whether everybody who is logged in may read it.",
        "expires_at": "Until when it can be seen: with its zone, ahead, before the year 9999.",
    }


class FileUploadExtension(FileChangeExtension):
    """The file itself, and an id of the host's type."""

    target_class = "org_files.rest.serializers.FileUploadSerializer"
    priority = 1
    descriptions = {
        **FileChangeExtension.descriptions,
        "file": "The bytes, with their name.",
        "organization": "The organization; needed by who belongs to several.",
        "name": "Instead of the name sent with `file`. At most 255 characters.",
    }

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what is sent, where the fields only say what is shown."""
        return {"file": BINARY, "organization": key_schema(get_organization_model())}


class OrganizationExtension(PropertiesExtension):
    """The tier, the members, and a key of the host's type."""

    target_class = "org_files.rest.serializers.OrganizationSerializer"
    description = "An organization."
    request_name = "NewOrganization"
    context: Mapping[str, Any] = {"expand": ["members"]}
    conditional = frozenset({"members"})
    shows_all = True
    descriptions = {
        "tier": "Id of its tier; null for an organization without one.",
        "download_count": "Of all files that it ever had; exact at every moment.",
        "file_count": "Files that are neither in the trash nor expired.",
        "bytes_stored": "Of all files, those in the trash too.",
        "members": "With `expand=members`: those that the requester sees.",
    }

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what fields and annotations of methods leave open."""
        member = shown("org_files.rest.serializers.MemberSerializer")(auto_schema)
        return {
            "id": key_schema(get_organization_model()),
            "tier": nullable({"type": "integer"}),
            "members": array_of(member),
        }


class TierExtension(PropertiesExtension):
    """The texts, and what may be missing."""

    target_class = "org_files.rest.serializers.TierSerializer"
    description = "What organizations are given."
    shows_all = True
    descriptions = {
        "heights": "In pixels, the lowest first: what pictures come in.",
        "allow_original": "Whether pictures are given as they were uploaded.",
        "allow_links": "Whether there are share links.",
        "link_min_seconds": "How long a share link lasts at least.",
        "link_max_seconds": "How long a share link lasts at most.",
        "allow_permanent_links": "Whether share links may have no end.",
        "max_file_size": "Bytes; null for no other limit than that of the site.",
        "quota_bytes": "Bytes of all files; null for what the site has.",
        "quota_files": "How many files; null for what the site has.",
    }

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return the columns whose type is enough."""
        count = {"type": "integer", "minimum": 0}
        return {
            "link_min_seconds": dict(count),
            "link_max_seconds": dict(count),
            "max_file_size": nullable(count),
            "quota_bytes": nullable(count),
            "quota_files": nullable(count),
        }


class DownloadExtension(PropertiesExtension):
    """The file in short."""

    target_class = "org_files.rest.serializers.DownloadSerializer"
    description = "A download that was granted: a row of the ledger."
    descriptions = {
        "file": "Also once it was removed; the name is null for readers who cannot see it now.",
        "organization": "Whose file it was at the time; the name is null for readers who cannot "
        "see it now.",
        "user": "Who downloaded it; null for a link.",
        "link": "Id of the share link, if it came through one.",
    }

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the annotations of methods leave open."""
        return {"file": shown("org_files.rest.serializers.DownloadedFileSerializer")(auto_schema)}


class MemberExtension(PropertiesExtension):
    """The role, and the key of a user."""

    target_class = "org_files.rest.serializers.MemberSerializer"
    name = "OrganizationMember"
    descriptions = {"id": "Of the user."}

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what fields and annotations of methods leave open."""
        role = membership_role(auto_schema.registry)
        return {"id": key_schema(get_user_model()), "name": STRING, "role": role}


class RoleExtension(PropertiesExtension):
    """The role."""

    target_class = "org_files.rest.serializers.RoleSerializer"
    name = "MemberRole"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the field leaves open."""
        return {"role": membership_role(auto_schema.registry)}


class NewMemberExtension(RoleExtension):
    """The key of a user beside the role."""

    target_class = "org_files.rest.serializers.NewMemberSerializer"
    name = "NewMember"
    priority = 1

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the fields leave open."""
        return super().properties(auto_schema) | {"user": key_schema(get_user_model())}


class UsageExtension(PropertiesExtension):
    """The texts."""

    target_class = "org_files.rest.serializers.UsageSerializer"
    name = "OrganizationUsage"
    descriptions = {
        "bytes_stored": "Of all files, those in the trash too.",
        "quota_bytes": "How many bytes there may be; null without a limit.",
        "file_count": "Files that are neither in the trash nor expired.",
        "download_count": "Of all files that it ever had.",
        "downloads_per_day": "Of each of the last days, in UTC, today's last.",
    }


class PartyExtension(PropertiesExtension):
    """An organization or a user in short: two components, as their keys may be of two types."""

    target_class = "org_files.rest.serializers.PartySerializer"
    description = "In short."

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return the name of the component."""
        names = {get_organization_model(): "OrganizationReference"}
        return names.get(self._model(), "UserReference")

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return the key of the model that the field points to, and the name."""
        return {"id": key_schema(self._model()), "name": STRING}

    def _model(self) -> Any:
        field = self.target
        return field.parent.Meta.model._meta.get_field(field.source).related_model


class DownloadedOrganizationExtension(PartyExtension):
    """The organization of a download, whose name may be null."""

    target_class = "org_files.rest.serializers.DownloadedOrganizationSerializer"
    description = "The organization of a download, in short."

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Return the name of the component."""
        return "DownloadedOrganization"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return the key and the name."""
        return super().properties(auto_schema) | {"name": nullable(STRING)}
