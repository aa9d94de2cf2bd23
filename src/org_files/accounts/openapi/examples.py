"""Example values. Profiles are those of the site's user model."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from org_files.accounts.profile import login_field, profile_fields
from org_files.models import Role
from org_files.rest.openapi import examples

__all__ = [
    "administration",
    "avatar",
    "changed_profile",
    "credentials",
    "managed_user",
    "new_user",
    "password_change",
    "refresh_token",
    "token_pair",
    "user",
]

PASSWORD = "Correct-horse-7"  # noqa: S105

KNOWN = {
    "username": "ada",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "phone": "+4930123456",
}

#: Of a site's own columns, by the first kind of field that they are.
BY_KIND: list[tuple[type[models.Field[Any, Any]], Any]] = [
    (models.EmailField, "ada@example.com"),
    (models.URLField, "https://example.com/ada"),
    (models.SlugField, "ada"),
    (models.UUIDField, "019a3c1e-0000-7000-8000-000000000007"),
    (models.BooleanField, True),
    (models.IntegerField, 1),
    (models.FloatField, 1.5),
    (models.DecimalField, "1"),
    (models.DateTimeField, "2026-03-01T09:30:00Z"),
    (models.DateField, "2026-03-01"),
    (models.TimeField, "09:30:00"),
]


def profile() -> dict[str, Any]:
    """Return what people fill in of a user."""
    return {name: _value(name) for name in profile_fields()}


def _value(name: str) -> Any:
    if name in KNOWN:
        return KNOWN[name]
    field = get_user_model()._meta.get_field(name)
    if choices := getattr(field, "flatchoices", None):
        return choices[0][0]
    return next((value for kind, value in BY_KIND if isinstance(field, kind)), "Text")


def user() -> dict[str, Any]:
    """Return a user, as they see themselves."""
    id = examples.key(get_user_model(), 7)
    return {
        "id": id,
        **profile(),
        "avatar_url": f"https://example.com/api/users/{id}/avatar/",
        "is_staff": False,
        "organizations": [{**examples.organization_reference(), "role": Role.ADMIN.value}],
    }


def managed_user() -> dict[str, Any]:
    """Return a user, as operators see them."""
    return {
        **user(),
        "is_active": True,
        "file_count": 4,
        "bytes_stored": 1843200,
        "storage_paths": ["6f1ed002ab559585/0b9c7f2d4a8e1c35/"],
    }


def new_user() -> dict[str, Any]:
    """Return who registers."""
    return {**profile(), "password": PASSWORD}


def changed_profile() -> dict[str, Any]:
    """Return a change of one's own profile."""
    changed = {"last_name", "phone"} & {*profile_fields()} or {login_field()}
    return {name: _value(name) for name in sorted(changed)}


def administration() -> dict[str, Any]:
    """Return what operators change of a user, where the model has it."""
    try:
        get_user_model()._meta.get_field("is_active")
    except FieldDoesNotExist:
        return {}
    return {"is_active": False}


def password_change() -> dict[str, str]:
    """Return a change of one's own password."""
    return {"old_password": PASSWORD, "new_password": "Wrong-horse-8"}


def avatar() -> dict[str, str]:
    """Return the part of a form that the picture is in."""
    return {"avatar": "(the bytes)"}


def credentials() -> dict[str, Any]:
    """Return who logs in."""
    return {login_field(): _value(login_field()), "password": PASSWORD}


def refresh_token() -> dict[str, str]:
    """Return a token that is sent."""
    return {"refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJqdGkiOiI5In0.c2lnbmF0dXJl"}


def token_pair() -> dict[str, str]:
    """Return a pair of tokens."""
    access = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJqdGkiOiI4In0.c2lnbmF0dXJl"
    return {"access": access, **refresh_token()}
