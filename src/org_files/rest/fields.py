"""Keys, moments, names and URLs of the contract, parsed and shown."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from org_files import conf
from org_files.models import AbstractFile

#: Stands for the id of a file while its URL is reversed.
ANY_ID = uuid.UUID(int=0)


def display_name(user: AbstractBaseUser) -> str:
    """Return how ``user`` is shown to others.

    That is what ``ORG_FILES["USER_NAME"]`` names, else the full name, the attribute ``name``, or
    the login name: the first that is not empty.
    """
    setting = conf.user_name() or ""
    chosen = import_string(setting)(user) if "." in setting else _value(user, setting)
    names = (
        _as_text(chosen),
        _without_missing_parts(user, _as_text(_value(user, "get_full_name"))),
        _as_text(_value(user, "name")),
        _as_text(user.get_username()),
    )
    return next(filter(None, names), str(user.pk))


def _value(user: AbstractBaseUser, name: str) -> Any:
    """Return the attribute ``name``, or what the method of that name returns."""
    value = getattr(user, name, None)
    return value() if callable(value) else value


def _as_text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _without_missing_parts(user: AbstractBaseUser, full_name: str) -> str:
    """Return ``full_name`` without the words that Django makes of columns that are ``None``."""
    words = full_name.split()
    columns = {field.attname for field in user._meta.fields if "name" in field.attname}
    parts = [getattr(user, name, "") for name in ("first_name", "last_name", *columns)]
    if None not in parts and {*words} != {"None"}:
        return full_name
    return " ".join(word for word in words if word != "None")


def content_url(file: AbstractFile, request: Request) -> str:
    """Return the absolute URL of the bytes of ``file``."""
    return _file_url(request, "org_files:file-content", file.public_id)


def rendition_url(file: AbstractFile, height: int, request: Request) -> str:
    """Return the absolute URL of one height of ``file``."""
    return _file_url(request, "org_files:rendition", file.public_id, height)


def _file_url(request: Request, name: str, public_id: uuid.UUID, *args: Any) -> str:
    """Return an absolute URL. Each is reversed once in a request, whose files differ by the id."""
    parts = request.__dict__.setdefault("_org_files_urls", {})
    if (name, args) not in parts:
        url = reverse(name, args=[ANY_ID, *args], request=request)
        parts[name, args] = url.rpartition(str(ANY_ID))
    before, _id, after = parts[name, args]
    return f"{before}{public_id}{after}"


class UTCDateTimeField(serializers.DateTimeField):
    """A moment: shown as ISO 8601 in UTC, accepted with any zone."""

    default_error_messages = {
        "zone": _("The time needs a zone, such as 2027-01-31T12:00:00Z."),
        "range": _("The time is out of range."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = parse_datetime(value.strip()) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        if timezone.is_naive(moment):
            self.fail("zone")
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            self.fail("range")

    def to_representation(self, value: Any) -> Any:
        return value and value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class FutureDateTimeField(UTCDateTimeField):
    """A moment in the future, before the year 9999."""

    default_error_messages = {"past": _("The time must lie in the future.")}

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if moment.year >= 9999:
            self.fail("range")
        if moment <= timezone.now():
            self.fail("past")
        return moment


class ModelSerializer(serializers.ModelSerializer[Any]):
    """A model serializer that shows moments in UTC, those of a host's columns too."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: UTCDateTimeField
    }


class DigestField(serializers.CharField):
    """A digest, ``null`` until it is made."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        return value or None
