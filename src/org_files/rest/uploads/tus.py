"""tus 1.0.0 on upload sessions."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.exceptions import InvalidUTF8
from org_files.models import Upload
from org_files.rest.errors import request_error
from org_files.rest.uploads.bodies import length_of
from org_files.rest.uploads.sessions import SessionMixin, malformed
from org_files.uploads.exceptions import DigestMismatch, InconsistentLength, UploadComplete
from org_files.uploads.protocols import tus
from org_files.uploads.services import find_upload, require_offset, set_length
from org_files.uploads.taking import Taken, taken

#: Keys of Upload-Metadata that become fields. Clients name a file in two ways.
FIELDS = ("organization", "comment", "resource", "resource_id", "is_public", "expires_at")
NAMES = ("filename", "name")


def speaks_tus(request: Any) -> bool:
    """Return whether a request follows tus, and not the draft."""
    return "Tus-Resumable" in request.headers


class TusMixin(SessionMixin):
    """Answers of tus."""

    def refuse_other_version(self, request: Request) -> None:
        """Raise 412 unless the request is of the version that is spoken here."""
        if request.headers.get("Tus-Resumable") != tus.VERSION:
            raise request_error("tus_version")

    def tus_options(self) -> dict[str, str]:
        """Return the headers that tell what is supported."""
        headers = {
            "Tus-Resumable": tus.VERSION,
            "Tus-Version": tus.VERSION,
            "Tus-Extension": ",".join(tus.EXTENSIONS),
            "Tus-Checksum-Algorithm": ",".join(tus.CHECKSUMS),
        }
        if (limit := self.limits()["max-size"]) is not None:
            headers["Tus-Max-Size"] = str(limit)
        return headers

    def tus_create(self, request: Request) -> Response:
        """Create a session, append the body if there is one, and complete what is whole."""
        self.refuse_other_version(request)
        length = _length(request)
        if (length is None) != (request.headers.get("Upload-Defer-Length") == "1"):
            raise malformed("Upload-Length")
        metadata = request.headers.get("Upload-Metadata", "")
        upload = self.new_session(request, _fields(metadata), length=length, metadata=metadata)
        try:
            with taken(find_upload(upload.public_id, self.user)) as session:
                upload = session.upload
                if request._request.content_type == tus.CONTENT_TYPE:
                    self.tus_append(request, session)
                self.complete_if_whole(upload)
        except Exception:
            # The client does not have its URL.
            self.abandon(upload)
            raise
        headers = self.tus_headers(upload) | {"Location": self.url_of(upload)}
        return Response(status=201, headers=headers)

    def tus_head(self, request: Request, upload: Upload) -> Response:
        """Return the offset of a session.

        One that was cut off before its file was made is completed: its client sends no more.
        """
        self.complete_if_whole(upload)
        headers = self.tus_headers(upload)
        if upload.length is None:
            headers["Upload-Defer-Length"] = "1"
        else:
            headers["Upload-Length"] = str(upload.length)
        if upload.metadata:
            headers["Upload-Metadata"] = upload.metadata
        return Response(status=200, headers=headers | {"Cache-Control": "no-store"})

    def tus_patch(self, request: Request, session: Taken, offset: int) -> Response:
        """Append the body, and complete the session at its last byte."""
        upload = session.upload
        require_offset(upload, offset)
        size = length_of(request._request)
        if not upload.is_complete:
            if (length := _length(request)) is not None:
                set_length(upload, length)
            if upload.length is not None and offset + (size or 0) > upload.length:
                raise InconsistentLength
            self.tus_append(request, session)
            self.complete_if_whole(upload)
        elif size != 0:
            raise UploadComplete
        return Response(status=204, headers=self.tus_headers(upload))

    def tus_append(self, request: Request, session: Taken) -> None:
        """Append the body if it has the checksum that came with it, else 460."""
        promised: dict[str, bytes] = {}
        try:
            if checksum := request.headers.get("Upload-Checksum"):
                promised = dict([tus.parse_checksum(checksum)])
        except tus.HeaderError as error:
            raise malformed(error.header) from error
        try:
            self.append_body(request, session, digests=promised)
        except DigestMismatch as error:
            if promised and "Content-Digest" not in request.headers:
                raise request_error("checksum_mismatch") from error
            raise

    def complete_if_whole(self, upload: Upload) -> None:
        """Make the file of a session that has all its bytes."""
        if not upload.is_complete and upload.offset == upload.length:
            self.finish(upload)

    def tus_headers(self, upload: Upload) -> dict[str, str]:
        """Return the headers that tell the state of a session."""
        return {
            "Upload-Offset": str(upload.offset),
            "Upload-Expires": tus.write_expiry(upload.expires_at.astimezone(UTC)),
            **self.file_headers(upload),
        }


def patch_offset(request: Request) -> int:
    """Return the offset of a PATCH. 415 for another media type, 400 without an offset."""
    if request._request.content_type != tus.CONTENT_TYPE:
        raise UnsupportedMediaType(str(request.content_type)[:100])
    return _number(request, "Upload-Offset")


def _length(request: Request) -> int | None:
    return _number(request, "Upload-Length") if "Upload-Length" in request.headers else None


def _number(request: Request, name: str) -> int:
    try:
        return tus.parse_length(name, request.headers.get(name, ""))
    except tus.HeaderError as error:
        raise malformed(error.header) from error


def _fields(metadata: str) -> dict[str, str]:
    """Return the fields of a file in an Upload-Metadata; other keys are ignored."""
    try:
        pairs = tus.parse_metadata(metadata)
    except tus.HeaderError as error:
        raise malformed(error.header) from error
    found: dict[str, str] = {}
    for key in (*NAMES, *FIELDS):
        if key in pairs:
            try:
                text = pairs[key].decode()
            except UnicodeDecodeError as error:
                raise InvalidUTF8(key) from error
            found.setdefault("name" if key in NAMES else key, text)
    return {key: text for key, text in found.items() if text or key in ("comment",)}
