"""The shapes of accounts, over any user model."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from rest_framework import serializers

from org_files.models import Membership

__all__ = ["CredentialsSerializer", "TokenSerializer", "UserSerializer"]

#: Longer passwords are refused before anybody hashes them.
MAX_PASSWORD_LENGTH = 1024

#: Shown where the user model has them, after the login field.
OPTIONAL_FIELDS = ("first_name", "last_name", "phone")


def login_field() -> str:
    """Return the name of the field that users log in by."""
    return str(get_user_model().USERNAME_FIELD)


def _fields() -> list[str]:
    model = get_user_model()
    names = [login_field()]
    for name in OPTIONAL_FIELDS:
        try:
            model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if name not in names:
            names.append(name)
    return names


class OrganizationOfUserSerializer(serializers.Serializer[Any]):
    """An organization that a user belongs to."""

    id = serializers.ReadOnlyField(
        source="organization.pk", help_text="The host model's primary key."
    )
    name = serializers.CharField(source="organization.name")
    role = serializers.CharField()


class UserSerializer(serializers.ModelSerializer[Any]):
    """A user with their organizations."""

    is_staff = serializers.SerializerMethodField()
    organizations = serializers.SerializerMethodField()

    class Meta:
        model = get_user_model()
        fields = ["id", *_fields(), "is_staff", "organizations"]
        read_only_fields = fields

    id = serializers.ReadOnlyField(source="pk", help_text="The host model's primary key.")

    def get_is_staff(self, user: AbstractBaseUser) -> bool:
        """Return whether the user is marked as staff; models without the mark have none."""
        return bool(getattr(user, "is_staff", False))

    def get_organizations(self, user: AbstractBaseUser) -> list[dict[str, Any]]:
        """Return the organizations that the user belongs to, with the role in each."""
        memberships = Membership.objects.filter(user=user.pk).select_related("organization")
        ordered = memberships.order_by("organization__name", "pk")
        return list(OrganizationOfUserSerializer(ordered, many=True).data)


class CredentialsSerializer(serializers.Serializer[Any]):
    """Login name and password; ``user`` is who they are of, or ``None``."""

    password = serializers.CharField(
        max_length=MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        write_only=True,
        style={"input_type": "password"},
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Put the login field of the site's user model in front."""
        field = serializers.CharField(max_length=254, write_only=True)
        return {login_field(): field, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add ``user``."""
        credentials = {login_field(): attrs[login_field()], "password": attrs["password"]}
        user = authenticate(self.context["request"]._request, **credentials)
        return attrs | {"user": user}


class TokenSerializer(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=4096, write_only=True)
