"""Serializers of upload sessions."""

from typing import Any

from rest_framework import serializers

from org_files.models import Upload
from org_files.rest.fields import UTCDateTimeField
from org_files.rest.serializers import FileUploadSerializer


class UploadFieldsSerializer(FileUploadSerializer):
    """The fields of a file whose bytes come by themselves."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        del fields["file"]
        return fields


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload session."""

    id = serializers.CharField(source="public_id", read_only=True)
    expires_at = UTCDateTimeField(read_only=True)
    file = serializers.UUIDField(
        source="file.public_id", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Upload
        fields = ["id", "name", "length", "offset", "is_complete", "expires_at", "file"]
        read_only_fields = fields
