"""Direct uploads to S3: the client sends the parts, and the site makes the file of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import DatabaseError
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.exceptions import FileTooLarge, StorageFull, StorageUnavailable
from org_files.models import Upload
from org_files.rest.upload_serializers import DirectUploadSerializer, DirectUploadUrlsSerializer
from org_files.rest.uploads.sessions import SessionMixin
from org_files.uploads.direct import arrived_parts, assemble, part_urls
from org_files.uploads.ending import cancel_upload
from org_files.uploads.taking import taken


class DirectMixin(SessionMixin):
    """Answers of direct uploads."""

    def direct_create(self, request: Request) -> Response:
        """Create a session, and return the URLs of its first parts."""
        sent: Any = request.data
        serializer = DirectUploadSerializer(data=sent, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        fields = {key: values[key] for key in ("size", "method", "part_size") if key in values}
        upload = self.new_session(
            request,
            {key: value for key, value in sent.items() if key not in fields},
            length=fields["size"],
            part_size=fields.get("part_size"),
            is_direct=True,
        )
        try:
            shown = self.urls_of(upload)
        except (StorageUnavailable, StorageFull):
            self.abandon(upload)
            raise
        headers = {"Location": self.url_of(upload)}
        return Response(shown, status=201, headers=headers)

    def urls_of(self, upload: Upload, numbers: Any = None) -> Any:
        """Return the JSON of a direct upload with the URLs of parts."""
        upload.parts = part_urls(upload, numbers)  # type: ignore[attr-defined]
        return DirectUploadUrlsSerializer(upload).data

    def direct_state(self, upload: Upload) -> Any:
        """Return the JSON of a direct upload with what has arrived."""
        parts = [] if upload.is_complete else arrived_parts(upload)
        upload.parts = parts  # type: ignore[attr-defined]
        upload.part_size = upload.stored["part_size"]  # type: ignore[attr-defined]
        if not upload.is_complete:
            upload.offset = sum(part.size for part in parts)
        return self.get_serializer(upload).data

    def direct_complete(self, upload: Upload, sent: Any) -> Response:
        """Make the file of the parts, once all have arrived."""
        tags = {part["number"]: part["etag"].strip('"') for part in sent}
        with taken(upload) as session:
            upload = session.upload
            if not upload.is_complete:
                try:
                    assemble(upload, tags)
                except FileTooLarge:
                    # More than the quota was reserved for.
                    with suppress(Upload.DoesNotExist, DatabaseError):
                        cancel_upload(upload, reason="refused")
                    raise
                self.finish(upload)
        shown, headers = self.shown_file(upload.file), self.file_headers(upload)
        return Response(shown, status=201, headers=headers)
