"""Serializers of upload sessions."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from org_files.models import Upload
from org_files.rest.fields import UTCDateTimeField
from org_files.rest.serializers import FileUploadSerializer
from org_files.storage.multipart import MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE
from org_files.uploads.direct import URLS_AT_ONCE

#: Bytes of the largest object of S3.
MAX_SIZE = 5 * 1024**4


class UploadFieldsSerializer(FileUploadSerializer):
    """The fields of a file whose bytes come by themselves."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        del fields["file"]
        fields["name"].help_text = _("Of the file; `upload` by default.")
        return fields


class DirectUploadSerializer(UploadFieldsSerializer):
    """A new direct upload."""

    size = serializers.IntegerField(
        min_value=1, max_value=MAX_SIZE, help_text=_("Bytes of the whole file.")
    )
    method = serializers.ChoiceField(
        choices=["parts"], help_text=_("How the bytes are sent: in parts to the store.")
    )
    part_size = serializers.IntegerField(
        required=False,
        min_value=MIN_PART_SIZE,
        max_value=MAX_PART_SIZE,
        help_text=_("Bytes of each part but the last."),
    )


class PartUrlSerializer(serializers.Serializer[Any]):
    """A URL that takes a PUT with the bytes of one part."""

    number = serializers.IntegerField(read_only=True)
    url = serializers.CharField(read_only=True)
    expires_at = UTCDateTimeField(read_only=True)


class DirectUploadUrlsSerializer(serializers.Serializer[Any]):
    """A direct upload with the URLs of parts."""

    id = serializers.CharField(source="public_id", read_only=True)
    part_size = serializers.IntegerField(source="stored.part_size", read_only=True)
    expires_at = UTCDateTimeField(read_only=True)
    parts = PartUrlSerializer(many=True, read_only=True)


class PartNumbersSerializer(serializers.Serializer[Any]):
    """The parts whose URLs are asked for."""

    numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_PARTS),
        required=False,
        allow_empty=False,
        max_length=URLS_AT_ONCE,
        help_text=_("By default the next ones that have not arrived."),
    )


class SentPartSerializer(serializers.Serializer[Any]):
    """A part that the client has sent."""

    number = serializers.IntegerField(min_value=1, max_value=MAX_PARTS)
    etag = serializers.CharField(max_length=100, help_text=_("The ETag that the store answered."))


class SentPartsSerializer(serializers.Serializer[Any]):
    """All parts of a direct upload."""

    parts: Any = SentPartSerializer(
        many=True,
        allow_empty=False,
        max_length=MAX_PARTS,  # type: ignore[call-arg]
    )


class ArrivedPartSerializer(serializers.Serializer[Any]):
    """A part that the store has."""

    number = serializers.IntegerField(read_only=True)
    etag = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload session."""

    id = serializers.CharField(source="public_id", read_only=True)
    expires_at = UTCDateTimeField(read_only=True)
    file = serializers.UUIDField(
        source="file.public_id", read_only=True, allow_null=True, default=None
    )

    part_size = serializers.IntegerField(
        read_only=True, required=False, help_text=_("Of a direct upload: bytes of each part.")
    )
    parts = ArrivedPartSerializer(
        many=True,
        read_only=True,
        required=False,
        help_text=_("Of a direct upload: the parts that the store has."),
    )

    class Meta:
        model = Upload
        fields = [
            *("id", "name", "length", "offset", "is_complete", "expires_at", "file"),
            *("part_size", "parts"),
        ]
        read_only_fields = fields
