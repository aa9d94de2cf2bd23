"""Serializers of attached files, and of new ones."""

from __future__ import annotations

from typing import Any

from org_files.rest.serializers import FileSerializer, FileUploadSerializer


class AttachedFileSerializer(FileSerializer):
    """A short form of a file."""

    class Meta(FileSerializer.Meta):
        fields = [
            *("id", "name", "size", "content_type", "is_picture"),
            *("content_url", "renditions"),
        ]
        read_only_fields = fields


class AttachmentUploadSerializer(FileUploadSerializer):
    """A new file of an object."""

    def get_fields(self) -> dict[str, Any]:
        left_out = ("organization", "resource", "resource_id")
        return {k: v for k, v in super().get_fields().items() if k not in left_out}
