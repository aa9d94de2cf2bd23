"""Upload sessions: tus, the IETF draft, and direct uploads."""

import re
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from org_files.models import Upload
from org_files.rest.base import IgnoreAccept
from org_files.rest.errors import ATTACHING
from org_files.rest.parameters import refuse_unknown_parameters
from org_files.rest.parsers import JSONParser
from org_files.rest.upload_serializers import DirectUploadSerializer, UploadSerializer
from org_files.rest.uploads.direct import DirectMixin
from org_files.rest.uploads.draft import DraftMixin
from org_files.rest.uploads.tus import TusMixin, patch_offset, speaks_tus
from org_files.uploads.direct import is_direct
from org_files.uploads.ending import cancel_upload
from org_files.uploads.protocols import draft, tus
from org_files.uploads.services import find_upload
from org_files.uploads.taking import taken

ID = re.compile(r"[0-9a-f]{32}")


class JSONAlone(IgnoreAccept):
    """Negotiation of views that answer with JSON whatever ``Accept`` says, and with no content."""


class ResumableView(TusMixin, DraftMixin, DirectMixin):
    """Base of views whose bodies are bytes of a file, by one of the two protocols."""

    tag = "Uploads"
    takes_bytes = True
    reads_body_first = False
    content_negotiation_class = JSONAlone
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser,)
    serializer_class = UploadSerializer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Show what uploads support.

        The versions, extensions and checksums of tus, and the limits of the requester.
        """
        limits = {"Upload-Limit": draft.write_limits(self.limits())}
        return Response(status=204, headers=self.tus_options() | limits)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if not speaks_tus(self.request):
            self.draft_error(response, exc)
        elif response.status_code == 412:
            response.headers["Tus-Version"] = tus.VERSION
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if speaks_tus(request):
            response.headers.setdefault("Tus-Resumable", tus.VERSION)
        return response


class UploadListView(ResumableView):
    """New upload sessions."""

    operation_ids = {"POST": "uploads_create", "OPTIONS": "uploads_options"}
    request_serializers = {"POST": DirectUploadSerializer}
    errors = {
        "POST": (
            *("no_organization", "quota_exceeded", "type_not_allowed", "too_many_uploads"),
            *("file_too_large", "digest_mismatch", "checksum_mismatch", "tus_version"),
            *("inconsistent_length", "no_direct_upload", "not_a_picture", "renditions_busy"),
            *("storage_unavailable", "storage_full", "upload_superseded", "upload_too_slow"),
            *("bad_request", *ATTACHING),
        )
    }
    throttle_scopes = {"POST": "org_files_upload"}

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        is_upload = speaks_tus(request) or draft.starts_upload(request.headers)
        self.takes_bytes = is_upload or request.content_type != "application/json"
        return super().initialize_request(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        """Create an upload session.

        By tus 1.0.0, with `Upload-Length` or `Upload-Defer-Length: 1`. `Upload-Metadata` has the
        name as `filename` or `name`, and the fields of a file. The quota is reserved until the
        upload is complete, cancelled or expired. `Location` is the URL of the session.

        With `Upload-Complete` it is created as by `POST files/`.

        With JSON the client sends the parts to the store itself, where that is S3: the answer has
        the URLs of the first parts.
        """
        if draft.starts_upload(request.headers) and not speaks_tus(request):
            return self.draft_create(request)
        refuse_unknown_parameters(request)
        if not self.takes_bytes:
            return self.direct_create(request)
        return self.tus_create(request)


class UploadView(ResumableView):
    """One upload session."""

    operation_ids = {
        "GET": "uploads_retrieve",
        "HEAD": "uploads_offset",
        "OPTIONS": "uploads_session_options",
        "PATCH": "uploads_append",
        "DELETE": "uploads_cancel",
    }
    errors = {
        "GET": ("upload_lost", "bad_request", "tus_version", "storage_unavailable"),
        # By tus it completes a session that has all its bytes.
        "HEAD": (
            *("upload_lost", "bad_request", "tus_version", "storage_unavailable", "storage_full"),
            *("digest_mismatch", "file_too_large", "quota_exceeded", "type_not_allowed"),
            *("not_a_picture", "renditions_busy", "permission_denied", *ATTACHING),
        ),
        "PATCH": (
            *("offset_mismatch", "inconsistent_length", "upload_complete", "upload_superseded"),
            *("upload_lost", "upload_too_slow", "digest_mismatch", "checksum_mismatch"),
            *("file_too_large", "quota_exceeded", "type_not_allowed", "not_a_picture"),
            *("renditions_busy", "storage_unavailable", "storage_full", "tus_version"),
            *("bad_request", "method_not_allowed", *ATTACHING),
        ),
        "DELETE": ("tus_version", "bad_request"),
    }
    #: The id opens the session.
    masked_parameter = "id"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        override = request.headers.get("X-HTTP-Method-Override", "").upper()
        if request.method == "POST" and override in tus.OVERRIDABLE:
            request.method = override
        return super().dispatch(request, *args, **kwargs)

    def get_throttles(self) -> list[BaseThrottle]:
        """Return none: sessions are counted when they are created, not their parts."""
        return []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown_parameters(request)
        if speaks_tus(request) and request.method != "OPTIONS":
            self.refuse_other_version(request)

    def found(self) -> Upload:
        """Return the session of the URL. Raises ``DoesNotExist``."""
        return find_upload(parse_id(self.kwargs["id"]), self.user)

    def head(self, request: Request, id: str) -> Response:
        """Show the offset of an upload session.

        By tus with status 200, by the IETF draft with 204. A request that appends is ended, and
        what it has written counts.
        """
        answer = self.tus_head if speaks_tus(request) else self.draft_head
        with taken(self.found()) as session:
            return answer(request, session.upload)

    def get(self, request: Request, id: str) -> Response:
        """Show an upload session.

        With the headers that `HEAD` answers. As by `HEAD`, a request that appends is ended, and
        what it has written counts. Of a direct upload, `parts` are what the store has.
        """
        if is_direct(upload := self.found()):
            return Response(self.direct_state(upload))
        with taken(upload) as session:
            response = self.draft_head(request, session.upload)
            response.data, response.status_code = self.get_serializer(session.upload).data, 200
            del response.headers["Cache-Control"]  # as of other JSON
            return response

    def patch(self, request: Request, id: str) -> Response:
        """Append to an upload session.

        By tus, the body is `application/offset+octet-stream` and begins at `Upload-Offset`; the
        request with the last byte is answered with `Org-Files-Location`, the URL of the file. By
        the IETF draft it is `application/partial-upload`, and the answer to the request with
        `Upload-Complete: ?1` is the file.

        Of a request that is cut off, the bytes count that were written. A request that appends
        to the same session is ended. Where `PATCH` is not allowed through, send a `POST` with
        `X-HTTP-Method-Override: PATCH`.
        """
        # Before the headers: to others than the owner there is no session.
        if is_direct(upload := self.found()):
            raise MethodNotAllowed("PATCH")
        if speaks_tus(request):
            offset, answer = patch_offset(request), self.tus_patch
        else:
            offset, answer = self.draft_offset(request), self.draft_patch
        with taken(upload) as session:
            return answer(request, session, offset)

    def delete(self, request: Request, id: str) -> Response:
        """Cancel an upload session.

        Its bytes are removed and its quota is given back. The file of a complete session stays.
        """
        if not speaks_tus(request):
            self.refuse_fields_of_append(request)
        cancel_upload(self.found())
        return Response(status=204)


def parse_id(text: str) -> str | None:
    """Return ``text`` if it has the form of an id, else ``None``."""
    return text if ID.fullmatch(text) else None
