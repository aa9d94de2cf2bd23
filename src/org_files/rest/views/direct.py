"""Direct uploads to S3: URLs of parts, and the end."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from org_files.models import Upload
from org_files.rest.errors import ATTACHING
from org_files.rest.parameters import refuse_unknown_parameters
from org_files.rest.upload_serializers import (
    DirectUploadUrlsSerializer,
    PartNumbersSerializer,
    SentPartsSerializer,
)
from org_files.rest.uploads.direct import DirectMixin
from org_files.rest.views.uploads import parse_id
from org_files.uploads.direct import is_direct
from org_files.uploads.exceptions import NoDirectUpload
from org_files.uploads.services import find_upload


class DirectView(DirectMixin):
    """Base of views under one direct upload."""

    tag = "Uploads"
    #: The id opens the session.
    masked_parameter = "id"

    def get_throttles(self) -> list[BaseThrottle]:
        """Return none: sessions are counted when they are created, not their parts."""
        return []

    def get_direct(self) -> Upload:
        """Return the session of the URL. Raises ``DoesNotExist`` and ``NoDirectUpload``."""
        upload = find_upload(parse_id(self.kwargs["id"]), self.user)
        if not is_direct(upload):
            raise NoDirectUpload
        return upload


class UploadPartsView(DirectView):
    """The parts of a direct upload."""

    operation_ids = {"POST": "uploads_parts"}
    errors = {"POST": ("no_direct_upload", "upload_lost", "storage_unavailable")}
    serializer_class = DirectUploadUrlsSerializer
    request_serializers = {"POST": PartNumbersSerializer}

    def post(self, request: Request, id: str) -> Response:
        """Get URLs of parts.

        Of the parts in `numbers`, or of the next ones that have not arrived: up to 100.
        """
        refuse_unknown_parameters(request)
        upload = self.get_direct()
        numbers = self.validated().validated_data.get("numbers")
        return Response(self.urls_of(upload, numbers))


class UploadCompleteView(DirectView):
    """The end of a direct upload."""

    operation_ids = {"POST": "uploads_complete"}
    errors = {
        "POST": (
            *("no_direct_upload", "parts_missing", "file_too_large", "type_not_allowed"),
            *("digest_mismatch", "quota_exceeded", "upload_superseded", "upload_lost"),
            *("not_a_picture", "renditions_busy", "storage_unavailable", "storage_full"),
            *ATTACHING,
        )
    }
    serializer_class: Any = SentPartsSerializer
    request_serializers = {"POST": SentPartsSerializer}

    def post(self, request: Request, id: str) -> Response:
        """Complete a direct upload.

        `parts` are all parts with the ETags that the store answered. Fewer bytes than the session
        has are 409, and more are 413, which ends the session. The answer is the file; a repeated
        request is answered with it, too.
        """
        refuse_unknown_parameters(request)
        upload = self.get_direct()
        return self.direct_complete(upload, self.validated().validated_data["parts"])
