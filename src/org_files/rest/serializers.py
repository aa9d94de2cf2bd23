"""The shapes of the contract."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from rest_framework import serializers
from rest_framework.reverse import reverse

from org_files import get_file_model, get_organization_model
from org_files.models import AbstractFile, Download
from org_files.rest.fields import FutureDateTimeField, UTCDateTimeField

__all__ = [
    "DownloadSerializer",
    "FileSerializer",
    "FileUploadSerializer",
    "OrganizationSerializer",
    "display_name",
]


def display_name(user: AbstractBaseUser) -> str:
    """Return how ``user`` is shown to others: the full name, else the login name."""
    full_name = getattr(user, "get_full_name", str)()
    return full_name or user.get_username()


class ModelSerializer(serializers.ModelSerializer[Any]):
    """A model serializer whose moments are those of the contract, of a host's columns too."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: UTCDateTimeField
    }


class PartySerializer(serializers.Serializer[Any]):
    """An organization or a user, in short."""

    id = serializers.ReadOnlyField(source="pk", help_text="The host model's primary key.")
    name = serializers.SerializerMethodField()

    def get_name(self, party: Any) -> str:
        """Return the organization's name, or how the user is shown to others."""
        return display_name(party) if isinstance(party, AbstractBaseUser) else party.name


class RenditionSerializer(serializers.Serializer[Any]):
    """One height of a picture."""

    height = serializers.IntegerField()
    url = serializers.URLField()


class FileSerializer(ModelSerializer):
    """A file."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    is_picture = serializers.BooleanField(read_only=True)
    organization = PartySerializer(read_only=True)
    owner = PartySerializer(read_only=True, allow_null=True)
    download_count = serializers.IntegerField(read_only=True)
    deleted_at = UTCDateTimeField(read_only=True, allow_null=True)
    last_downloaded_at = UTCDateTimeField(read_only=True, allow_null=True)
    content_url = serializers.SerializerMethodField()
    renditions = serializers.SerializerMethodField()

    class Meta:
        model = get_file_model()
        fields = [
            "id",
            "name",
            "size",
            "content_type",
            "is_picture",
            "sha256",
            "comment",
            "resource",
            "resource_id",
            "is_public",
            "organization",
            "owner",
            "created_at",
            "updated_at",
            "expires_at",
            "deleted_at",
            "download_count",
            "last_downloaded_at",
            "content_url",
            "renditions",
        ]
        read_only_fields = fields

    def get_content_url(self, file: AbstractFile) -> str:
        """Return the absolute URL of the bytes."""
        return reverse(
            "org_files:file-content",
            kwargs={"id": str(file.public_id)},
            request=self.context["request"],
        )

    def get_renditions(self, file: AbstractFile) -> list[dict[str, Any]]:
        """Return the heights that a picture can be had in: none yet."""
        return []


class FileUploadSerializer(serializers.Serializer[Any]):
    """What an upload takes."""

    file = serializers.FileField(allow_empty_file=True, use_url=False, write_only=True)
    organization = serializers.CharField(
        required=False,
        help_text="Id of the organization; needed by who belongs to several.",
    )
    name = serializers.CharField(required=False, help_text="Instead of the name sent with `file`.")
    comment = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    resource = serializers.CharField(required=False, allow_blank=True, max_length=100)
    resource_id = serializers.CharField(required=False, allow_blank=True, max_length=100)
    is_public = serializers.BooleanField(required=False, default=False)
    expires_at = FutureDateTimeField(
        required=False,
        allow_null=True,
        # A browser's own field for moments sends no zone.
        style={"input_type": "text", "placeholder": "2030-01-31T12:00:00Z"},
    )


class OrganizationSerializer(ModelSerializer):
    """An organization."""

    id = serializers.ReadOnlyField(source="pk", help_text="The host model's primary key.")
    tier = serializers.SerializerMethodField()
    download_count = serializers.IntegerField(read_only=True)
    file_count = serializers.IntegerField(read_only=True)
    bytes_stored = serializers.IntegerField(read_only=True)

    class Meta:
        model = get_organization_model()
        fields = [
            "id",
            "name",
            "description",
            "tier",
            "download_count",
            "file_count",
            "bytes_stored",
            "created_at",
        ]
        read_only_fields = fields

    def get_tier(self, organization: Any) -> None:
        """Return the tier: none yet."""
        return


class DownloadedFileSerializer(serializers.Serializer[Any]):
    """The file of a download, in short."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)


class DownloadSerializer(serializers.ModelSerializer[Download]):
    """A row of the ledger."""

    id = serializers.CharField(source="pk", read_only=True)
    file = serializers.SerializerMethodField()
    organization = PartySerializer(read_only=True, allow_null=True)
    user = PartySerializer(read_only=True, allow_null=True)
    link = serializers.CharField(source="link_id", read_only=True, allow_null=True)
    downloaded_at = UTCDateTimeField(read_only=True)

    class Meta:
        model = Download
        fields = ["id", "file", "organization", "user", "link", "downloaded_at"]

    def get_file(self, download: Download) -> dict[str, Any]:
        """Return id and name; the name is null once the file is gone for good."""
        file = download.file
        return {"id": str(download.file_public_id), "name": file.name if file else None}
