"""Serializers of accounts, for any user model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.reverse import reverse
from rest_framework.validators import UniqueValidator

from org_files.accounts.backends import authenticate_typed, typed_forms
from org_files.accounts.fields import MAX_PASSWORD_LENGTH, normal_password
from org_files.accounts.profile import (
    login_field,
    login_name,
    normalized_login,
    profile_fields,
    with_login,
)
from org_files.accounts.services import change_user, register_user
from org_files.rest.fields import ModelSerializer


@contextmanager
def errors_of_field(name: str) -> Iterator[None]:
    """Raise errors of Django's validators as errors of the field ``name``."""
    try:
        yield
    except DjangoValidationError as error:
        raise serializers.ValidationError({name: error.messages}) from error


class PasswordField(serializers.CharField):
    """A password, as it is typed. It is stored in NFC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=MAX_PASSWORD_LENGTH,
            trim_whitespace=False,
            write_only=True,
            style={"input_type": "password"},
            **kwargs,
        )


class OrganizationOfUserSerializer(serializers.Serializer[Any]):
    """An organization that a user belongs to."""

    id = serializers.ReadOnlyField(
        source="organization.pk", help_text=_("The host model's primary key.")
    )
    name = serializers.CharField(source="organization.name")
    role = serializers.CharField()


class UserModelSerializer(ModelSerializer):
    """Base of serializers of the site's user model."""

    class Meta:
        model = get_user_model()

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return change_user(user=instance, **validated_data)


class ProfileSerializer(UserModelSerializer):
    """Base of serializers with the fields of a profile."""

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        return profile_fields()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Replace the login name by its normal form, which no other user may have."""
        name = login_field()
        if name not in attrs:
            return attrs
        with errors_of_field(name):
            attrs[name] = normalized_login(attrs[name])
        # The column of a site's own model may distinguish case.
        if with_login(attrs[name]).exclude(pk=getattr(self.instance, "pk", None)).exists():
            raise serializers.ValidationError({name: [UniqueValidator.message]}, code="unique")
        return attrs


class UserSerializer(ProfileSerializer):
    """A user, with their organizations."""

    # ``views.users.complete`` looks up organizations and picture.
    id = serializers.ReadOnlyField(source="pk", help_text=_("The host model's primary key."))
    avatar_url = serializers.SerializerMethodField()
    is_staff = serializers.SerializerMethodField()
    organizations = serializers.SerializerMethodField()

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        return ["id", *profile_fields(), "avatar_url", "is_staff", "organizations"]

    def get_avatar_url(self, user: Any) -> str | None:
        """Return the URL of the picture, or null without one."""
        if not user.has_avatar:
            return None
        return reverse(
            "org_files_accounts:user-avatar",
            kwargs={"id": str(user.pk)},
            request=self.context["request"],
        )

    def get_is_staff(self, user: AbstractBaseUser) -> bool:
        """Return whether the user is staff: an operator, unless the site's policy differs."""
        return bool(getattr(user, "is_staff", False))

    def get_organizations(self, user: Any) -> list[dict[str, Any]]:
        """Return the organizations that the user belongs to, with the role in each."""
        return list(OrganizationOfUserSerializer(user.shown_memberships, many=True).data)


class VisibleUserSerializer(UserSerializer):
    """A user, with those of their organizations that the requester may see."""

    is_active = serializers.BooleanField(read_only=True)
    file_count = serializers.IntegerField(
        read_only=True, help_text=_("Without the trash and expired files.")
    )
    bytes_stored = serializers.IntegerField(read_only=True, help_text=_("With the trash."))
    storage_paths = serializers.SerializerMethodField()

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        names = super().get_field_names(declared_fields, info)
        if self.context.get("is_operator"):
            names += ["is_active", "file_count", "bytes_stored", "storage_paths"]
        return names

    def get_storage_paths(self, user: Any) -> list[str]:
        """Return the prefixes of the storage keys of the user's files."""
        return list(user.storage_paths)


class RegistrationSerializer(ProfileSerializer):
    """A new account."""

    password = PasswordField()

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        return [*profile_fields(), "password"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the password to the site's rules, which may compare it with the profile."""
        attrs = super().validate(attrs)
        profile = {name: value for name, value in attrs.items() if name != "password"}
        with errors_of_field("password"):
            validate_password(normal_password(attrs["password"]), self.Meta.model(**profile))
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        return register_user(**validated_data)


class AdministrationSerializer(UserModelSerializer):
    """Fields of a user that operators edit."""

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        columns = {field.name for field in self.Meta.model._meta.fields}
        return [name for name in ("is_active", "is_staff") if name in columns]


class PasswordSerializer(serializers.Serializer[Any]):
    """A change of one's own password."""

    old_password = PasswordField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Compare the old one, and hold the new one to the site's rules."""
        user = self.context["request"].user
        if not any(map(user.check_password, typed_forms(attrs["old_password"]))):
            raise serializers.ValidationError(
                {"old_password": [_("This is not your password.")]}, code="password_wrong"
            )
        with errors_of_field("new_password"):
            validate_password(normal_password(attrs["new_password"]), user)
        return attrs


class AvatarSerializer(serializers.Serializer[Any]):
    """A picture: JPEG, PNG, WebP or GIF."""

    avatar = serializers.FileField(use_url=False, write_only=True)


class CredentialsSerializer(serializers.Serializer[Any]):
    """Login name and password."""

    password = PasswordField(label=_("Password"))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        field = serializers.CharField(max_length=254, write_only=True)
        return {login_field(): field, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add ``user``."""
        name = login_name(attrs[login_field()])
        request, password = self.context["request"]._request, attrs["password"]
        user = authenticate_typed(request, password=password, **{login_field(): name})
        return attrs | {"user": user}


class TokenSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=4096, write_only=True)
