"""The parts of a view that both protocols share: new sessions, and files that they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.reverse import reverse

from org_files import counters
from org_files.access import Action
from org_files.backends import load_class
from org_files.exceptions import (
    FileTooLarge,
    InvalidField,
    NotAPicture,
    ResourceNotYours,
    TypeNotAllowed,
)
from org_files.http.asgi import STREAMS
from org_files.models import AbstractFile, Upload
from org_files.rest.base import BaseView
from org_files.rest.errors import request_error
from org_files.rest.serializers import FileSerializer
from org_files.rest.storing import upload_target
from org_files.rest.upload_serializers import UploadFieldsSerializer
from org_files.rest.uploads.bodies import body_of, length_of
from org_files.storage.blobs import open_blob
from org_files.tiers import TIER
from org_files.uploads.appending import append
from org_files.uploads.ending import cancel_upload, complete_upload, digests_of, refuse_other_digest
from org_files.uploads.exceptions import DigestMismatch, InconsistentLength
from org_files.uploads.protocols.digests import (
    Digests,
    parse_digests,
    preferred_algorithm,
    write_digests,
)
from org_files.uploads.protocols.fields import FieldError
from org_files.uploads.services import create_upload, limit_for, limit_of
from org_files.uploads.settings import upload_settings
from org_files.uploads.taking import Taken

#: The name of a file whose upload has no other.
UNNAMED = "upload"

#: Errors of a content that no further request can correct.
FINAL = (
    *(DigestMismatch, FileTooLarge, TypeNotAllowed, NotAPicture, InvalidField, ResourceNotYours),
)

#: Announced where a body reaches a view only once all of it has arrived.
MAX_APPEND_SIZE = 64 * 1024 * 1024


class SessionMixin(BaseView):
    """Views that create sessions, or append to them."""

    #: The file that the request has made.
    made: AbstractFile | None = None

    def new_session(self, request: Request, values: Mapping[str, Any], **options: Any) -> Upload:
        """Create a session with the fields of ``values``, texts of the client."""
        serializer = UploadFieldsSerializer(
            data=dict(values), context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        return create_upload(
            organization=upload_target(fields.pop("organization", None), user=self.user),
            owner=self.user,
            name=fields.pop("name", UNNAMED),
            digest=digests_in(request, "Repr-Digest"),
            wanted_digest=wanted_digest(request) or "",
            **fields,
            **options,
        )

    def append_body(
        self,
        request: Request,
        session: Taken,
        *,
        digests: Mapping[str, bytes] | None = None,
        on_offset: Callable[[int], None] = lambda _offset: None,
    ) -> None:
        """Append the body of the request. A body that was cut off is 400; its bytes count."""
        promised = {**digests_in(request, "Content-Digest"), **(digests or {})}
        http, upload = request._request, session.upload
        described = digests_in(request, "Repr-Digest") if request.method == "PATCH" else {}
        if length_of(http) == 0 and not promised and not described:
            return
        body = body_of(http, digests=promised, on_offset=on_offset)
        measured = Digests(described)
        if described:
            body.blocks = _measured(body.blocks, measured)
        try:
            is_whole = append(session, body)
        except (FileTooLarge, InconsistentLength, TypeNotAllowed):
            # More bytes than there may be, or others.
            cancel_upload(upload, reason="refused")
            raise
        if not is_whole:
            raise request_error("incomplete_body")
        if not measured.match(described):
            # Not of this body (RFC 9530 §3): of the whole file, if it is complete now.
            upload.digest = write_digests({**parse_digests(upload.digest), **described})

    def abandon(self, upload: Upload) -> None:
        """End a session whose URL the client does not have. It may have ended already."""
        with suppress(Upload.DoesNotExist, DatabaseError):
            cancel_upload(upload, reason="refused")

    def finish(self, upload: Upload) -> AbstractFile:
        """Return the file of a session that has all its bytes.

        A session whose content is refused, or whose owner may upload no more, ends here.
        """
        # Read now: the account, too, may have lost its rights while the body arrived.
        owner, organization = upload.owner, upload.organization
        if not (owner.is_active and self.policy.allows(Action.UPLOAD, owner, organization)):
            cancel_upload(upload, reason="refused")
            self.deny(organization)
        try:
            self.made = complete_upload(upload)
        except FINAL:
            cancel_upload(upload, reason="refused")
            raise
        return self.made

    def shown_file(self, file: Any) -> Any:
        """Return the JSON of a new file."""
        serializer = load_class("FILE_SERIALIZER", FileSerializer)
        files = counters.with_totals(type(file)._base_manager.filter(pk=file.pk))
        found = files.select_related("organization", "owner", TIER).get()
        return serializer(found, context=self.get_serializer_context()).data

    def url_of(self, upload: Upload) -> str:
        """Return the absolute URL of a session."""
        return str(reverse("org_files:upload", args=[upload.public_id], request=self.request))

    def url_of_file(self, file: AbstractFile) -> str:
        """Return the absolute URL of a file."""
        return str(reverse("org_files:file", args=[file.public_id], request=self.request))

    def file_headers(self, upload: Upload) -> dict[str, str]:
        """Return the headers that tell of the file of a complete session."""
        file = upload.file
        if file is None:
            return {}
        headers = {"Org-Files-Location": self.url_of_file(file)}
        algorithm = wanted_digest(self.request) or upload.wanted_digest
        # For another digest than that of the row the whole content is read: once, not by each HEAD.
        is_known = algorithm == "sha-256" and file.sha256
        if algorithm and (is_known or self.made is not None):
            headers["Repr-Digest"] = repr_digest(file, algorithm)
        return headers

    def limits(self, upload: Upload | None = None) -> dict[str, int | None]:
        """Return the limits of a session, or of new ones of the requester."""
        scope: Any = getattr(self.request, "scope", None)
        if upload is None:
            size, left = limit_for(self.user), upload_settings().max_age
        else:
            size = limit_of(upload.organization_id)
            left = max(int((upload.expires_at - timezone.now()).total_seconds()), 0)
        is_late = scope is not None and not scope.get(STREAMS)
        return {
            "max-size": size,
            "max-append-size": MAX_APPEND_SIZE if is_late else None,
            "max-age": left,
        }


def malformed(header: str) -> APIException:
    """Return the error of a header that does not have its form, or is missing."""
    message = _("The header %(header)s is missing or malformed.")
    return request_error("bad_request", message % {"header": header})


def _measured(blocks: Iterable[bytes], digests: Digests) -> Iterator[bytes]:
    for block in blocks:
        digests.update(block)
        yield block


def digests_in(request: Request, name: str) -> dict[str, bytes]:
    """Return the known digests in a header of ``request``. 400 for a malformed one."""
    try:
        return parse_digests(request.headers.get(name, ""))
    except FieldError as error:
        raise malformed(name) from error


def refuse_other_digests(request: Request, upload: Any) -> None:
    """Raise ``DigestMismatch`` unless a form has the digests that were sent with it.

    A digest is of the whole body (RFC 9530 §2), or of the file in it, which clients know better.
    """
    of_body = getattr(request._request, "org_files_digests", {})
    for name in ("Content-Digest", "Repr-Digest"):
        promised = digests_in(request, name)
        if any(of_body.get(algorithm) != digest for algorithm, digest in promised.items()):
            refuse_other_digest(upload, promised)


def wanted_digest(request: Request) -> str | None:
    """Return the algorithm of the Repr-Digest that the client wants, or ``None``."""
    return preferred_algorithm(request.headers.get("Want-Repr-Digest", ""))


def repr_digest(file: AbstractFile, algorithm: str) -> str:
    """Return the Repr-Digest of the content of ``file``."""
    if algorithm == "sha-256" and file.sha256:
        return write_digests({algorithm: bytes.fromhex(file.sha256)})
    with open_blob(file.content.storage, file.content.name or "", file.size) as content:
        return write_digests(digests_of(content, [algorithm]))
