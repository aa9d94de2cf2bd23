"""Resumable Uploads for HTTP (draft-ietf-httpbis-resumable-upload) on upload sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.exceptions import OrgFilesError
from org_files.http.asgi import INTERIM
from org_files.models import AbstractFile, Upload
from org_files.rest.multipart_parts import Disposition
from org_files.rest.parameters import refuse_unknown_parameters
from org_files.rest.uploads.bodies import length_of
from org_files.rest.uploads.sessions import SessionMixin, malformed
from org_files.uploads.exceptions import InconsistentLength, OffsetMismatch, UploadComplete
from org_files.uploads.protocols import draft
from org_files.uploads.services import find_upload, require_offset, set_length
from org_files.uploads.taking import Taken, taken

#: Fields of a file that are parameters of the URL.
FIELDS = ("name", "organization", "comment", "resource", "resource_id", "is_public", "expires_at")

#: Headers by which a front server may be known, which would take an interim answer for the last.
OF_PROXIES = ("Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP")


class DraftMixin(SessionMixin):
    """Answers of the IETF draft."""

    #: The session, once there is one, for the headers of errors.
    session: Upload | None = None
    #: Whether the session has ended with the request.
    has_ended = False

    @property
    def intent(self) -> draft.Intent:
        """The fields of the request."""
        return draft.parse_intent(self.request.headers)

    def draft_create(self, request: Request) -> Response:
        """Create a session, append the body, and make the file if it is the whole content."""
        refuse_unknown_parameters(request, {*FIELDS})
        intent = self.intent
        values = {key: text for key, text in request.query_params.items() if key in FIELDS}
        if "name" not in values and (name := _sent_name(request)):
            values["name"] = name
        upload = self.new_session(request, values, length=self._new_length(request, intent))
        location = {"Location": self.url_of(upload)}
        is_known = self._send_interim(
            location | {"Upload-Limit": draft.write_limits(self.limits(upload))}
        )
        try:
            with taken(find_upload(upload.public_id, self.user)) as session:
                upload = self.session = session.upload
                self._append(request, session)
                return self._answer(upload, intent, location)
        except Exception:
            # Its URL came with an interim answer, or never.
            if not is_known:
                self.abandon(upload)
            raise

    def draft_head(self, request: Request, upload: Upload) -> Response:
        """Return the offset of a session."""
        self.refuse_fields_of_append(request)
        headers = self.intent.state(complete=upload.is_complete, offset=upload.offset)
        headers |= {"Upload-Limit": self._limits(upload), "Cache-Control": "no-store"}
        if upload.length is not None:
            headers["Upload-Length"] = str(upload.length)
        return Response(status=204, headers=headers | self.file_headers(upload))

    def refuse_fields_of_append(self, request: Request) -> None:
        """Raise 400 for a field that versions up to 6 forbid."""
        if self.intent.is_strict and any(
            name in request.headers for name in draft.FIELDS_OF_APPEND
        ):
            raise malformed("Upload-Offset")

    def draft_offset(self, request: Request) -> int:
        """Return the offset of a PATCH. 415 for another media type, 400 without its fields."""
        intent = self.intent
        # Without a body, some clients send no media type.
        http = request._request
        sent = http.content_type or (length_of(http) == 0 and draft.CONTENT_TYPE)
        if intent.needs_media_type and sent != draft.CONTENT_TYPE:
            raise UnsupportedMediaType(str(request.content_type)[:100])
        if intent.needs_media_type and intent.completes is None:
            raise malformed("Upload-Complete")
        if intent.offset is None:
            raise malformed("Upload-Offset")
        return intent.offset

    def draft_patch(self, request: Request, session: Taken, offset: int) -> Response:
        """Append the body, and make the file if it is the rest of the content."""
        upload = session.upload
        self.session, intent = upload, self.intent
        require_offset(upload, offset)
        if upload.is_complete:
            if length_of(request._request) != 0 or not _completes(intent):
                raise UploadComplete
            return self._answer(upload, intent)
        size = length_of(request._request)
        lengths = {intent.length} - {None}
        if _completes(intent) and size is not None:
            lengths.add(offset + size)
        if len(lengths) > 1 or any(offset + (size or 0) > (each or 0) for each in lengths):
            raise InconsistentLength
        for each in lengths:
            set_length(upload, each or 0)
        if upload.length is not None and offset + (size or 0) > upload.length:
            raise InconsistentLength
        self._append(request, session)
        return self._answer(upload, intent)

    def draft_error(self, response: Response, error: Exception) -> None:
        """Add what the draft says of an error to the JSON of it."""
        problem: dict[str, Any] | None = None
        if isinstance(error, OffsetMismatch):
            problem = draft.mismatching_offset(error.expected, error.provided)
        elif isinstance(error, InconsistentLength):
            problem = draft.inconsistent_length()
        elif isinstance(error, UploadComplete):
            problem = draft.completed_upload()
        if problem is not None and isinstance(response.data, dict):
            response.data = problem | response.data
            response.content_type = draft.PROBLEM_TYPE
        upload = self.session
        if upload is not None:
            is_over = self.has_ended and not isinstance(error, OffsetMismatch)
            for name, value in self.intent.state(complete=is_over, offset=upload.offset).items():
                response.headers[name] = value
        if response.status_code == 413 and self.user.is_authenticated:
            response.headers["Upload-Limit"] = self._limits(upload)
        if response.status_code == 415 and upload is None and self.request.method == "PATCH":
            response.headers["Accept-Patch"] = draft.CONTENT_TYPE

    def finish(self, upload: Upload) -> AbstractFile:
        try:
            return super().finish(upload)
        except (OrgFilesError, exceptions.APIException):
            self.has_ended = not Upload.objects.filter(pk=upload.pk).exists()
            raise

    def _append(self, request: Request, session: Taken) -> None:
        self.append_body(request, session, on_offset=self._tell_offset)

    def _answer(
        self, upload: Upload, intent: draft.Intent, created: Mapping[str, str] | None = None
    ) -> Response:
        """Return the answer after all of the body, and the file if that was the end.

        ``created`` are the headers of a new session.
        """
        if _completes(intent):
            if not upload.is_complete:
                self.finish(upload)
            status, shown = 201, self.shown_file(upload.file)
            headers = self.file_headers(upload)
        else:
            status, shown = 201 if created else intent.appended_status, None
            headers = {"Upload-Limit": self._limits(upload)}
        headers |= intent.state(complete=upload.is_complete, offset=upload.offset)
        return Response(shown, status=status, headers=headers | dict(created or {}))

    def _new_length(self, request: Request, intent: draft.Intent) -> int | None:
        size = length_of(request._request)
        if intent.completes and size is not None:
            if intent.length not in (None, size):
                raise InconsistentLength
            return size
        if intent.length is not None and (size or 0) > intent.length:
            raise InconsistentLength
        return intent.length

    def _limits(self, upload: Upload | None) -> str:
        return draft.write_limits(self.limits(upload))

    def _tell_offset(self, offset: int) -> None:
        if self.intent.version >= 5:
            self._send_interim({"Upload-Offset": str(offset)})

    def _send_interim(self, headers: Mapping[str, str]) -> bool:
        """Send an interim answer, where server and client can; return whether it was sent."""
        intent, meta = self.intent, self.request.META
        if not intent.takes_interim or any(name in self.request.headers for name in OF_PROXIES):
            return False
        sent = {draft.INTEROP: str(intent.version), **headers}
        if scope := getattr(self.request, "scope", None):
            send = scope.get(INTERIM)
            return bool(send and send(draft.INTERIM_STATUS, draft.INTERIM_REASON, sent))
        connection = meta.get("gunicorn.socket")
        if connection is None or meta.get("SERVER_PROTOCOL") != "HTTP/1.1":
            return False
        try:
            connection.sendall(draft.interim_head(sent))
        except OSError:
            return False
        return True


class DraftTargetMixin(DraftMixin):
    """A view whose POST takes a form, or begins a resumable upload."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self.takes_bytes = request.method == "POST" and draft.starts_upload(request.headers)
        return super().initialize_request(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if self.takes_bytes:
            self.draft_error(response, exc)
        return response

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Show what can be uploaded.

        The fields, and in `Upload-Limit` the limits of resumable uploads of the requester.
        """
        response: Response = super().options(request, *args, **kwargs)
        response.headers["Upload-Limit"] = draft.write_limits(self.limits())
        return response


def _completes(intent: draft.Intent) -> bool:
    """Return whether the content is the end: in versions up to 5, unless the request denies it."""
    return intent.completes is not False


def _sent_name(request: Request) -> str | None:
    """Return the name in the Content-Disposition of ``request``. Raises ``InvalidUTF8``."""
    sent = request.headers.get("Content-Disposition", "")
    if not sent:
        return None
    # As servers give bytes of headers (PEP 3333).
    name = Disposition(sent.encode("latin-1", "replace"), is_of_part=False).file_name
    if isinstance(name, OrgFilesError):
        raise name
    return name
