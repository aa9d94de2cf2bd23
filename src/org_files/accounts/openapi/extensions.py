"""What serializers of accounts leave open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from org_files import get_organization_model
from org_files.rest.openapi.components import (
    BINARY,
    URI,
    Schema,
    array_of,
    key_schema,
    membership_role,
    nullable,
)
from org_files.rest.openapi.operations import shown
from org_files.rest.openapi.properties import PropertiesExtension

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

__all__ = [
    "AdministrationExtension",
    "AvatarExtension",
    "CredentialsExtension",
    "OrganizationOfUserExtension",
    "PasswordExtension",
    "RegistrationExtension",
    "TokenExtension",
    "UserExtension",
    "VisibleUserExtension",
]


class UserExtension(PropertiesExtension):
    """The picture and the organizations of a user, and a key of the host's type."""

    target_class = "org_files.accounts.serializers.UserSerializer"
    description = "A user, and the organizations that they belong to."
    descriptions: Mapping[str, str] = {
        "avatar_url": "Where the picture is; null without one.",
        "is_staff": "Whether an operator, unless the site's policy says otherwise.",
        "organizations": "With the role in each.",
    }
    shows_all = True

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what fields and annotations of methods leave open."""
        path = "org_files.accounts.serializers.OrganizationOfUserSerializer"
        return {
            "id": key_schema(get_user_model()),
            "avatar_url": nullable(URI),
            "is_staff": {"type": "boolean"},
            "organizations": array_of(shown(path)(auto_schema)),
        }


class VisibleUserExtension(UserExtension):
    """What operators see besides."""

    target_class = "org_files.accounts.serializers.VisibleUserSerializer"
    priority = 1
    description = "A user, and those of their organizations that the requester sees."
    descriptions: Mapping[str, str] = {
        **UserExtension.descriptions,
        "is_active": "For operators: whether the user may log in.",
        "file_count": "For operators: files of theirs, neither in the trash nor expired.",
        "bytes_stored": "For operators: of all files of theirs, those in the trash too.",
        "storage_paths": "For operators: what the keys of their files in the store begin with.",
    }
    context: Mapping[str, Any] = {"is_operator": True}
    conditional = frozenset({"is_active", "file_count", "bytes_stored", "storage_paths"})


class OrganizationOfUserExtension(PropertiesExtension):
    """The role, and a key of the host's type."""

    target_class = "org_files.accounts.serializers.OrganizationOfUserSerializer"

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what the fields leave open."""
        role = membership_role(auto_schema.registry)
        return {"id": key_schema(get_organization_model()), "role": role}


class RegistrationExtension(PropertiesExtension):
    """The texts."""

    target_class = "org_files.accounts.serializers.RegistrationSerializer"
    descriptions = {"password": "Held to the rules of the site."}


class AdministrationExtension(PropertiesExtension):
    """The texts."""

    target_class = "org_files.accounts.serializers.AdministrationSerializer"
    name = "UserAdministration"
    description = "What operators change of a user."
    descriptions = {
        "is_active": "Whether the user may log in.",
        "is_staff": "Whether an operator, unless the site's policy says otherwise. Set by "
        "superusers only.",
    }


class PasswordExtension(PropertiesExtension):
    """The texts."""

    target_class = "org_files.accounts.serializers.PasswordSerializer"
    name = "PasswordChange"
    descriptions = {"new_password": "Held to the rules of the site."}


class AvatarExtension(PropertiesExtension):
    """The picture itself."""

    target_class = "org_files.accounts.serializers.AvatarSerializer"
    name = "AvatarUpload"
    descriptions = {"avatar": "A JPEG, PNG, WebP or GIF, by its content."}

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what is sent, where the field only says what is shown."""
        return {"avatar": BINARY}


class CredentialsExtension(PropertiesExtension):
    """The text: the serializer's own is for Python."""

    target_class = "org_files.accounts.serializers.CredentialsSerializer"
    description = "Login name and password."


class TokenExtension(PropertiesExtension):
    """The name of a refresh token: "Token" alone would be anybody's."""

    target_class = "org_files.accounts.serializers.TokenSerializer"
    name = "RefreshToken"
