"""Services that end an upload session: complete, cancel, remove what has expired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import router
from django.db.models import QuerySet
from django.utils import timezone

from org_files import signals
from org_files.db.rows import after_deadlocks, all_rows, writing
from org_files.files import Reservation, store_file
from org_files.files.content import BLOCK_SIZE, HEAD_SIZE, Fingerprint
from org_files.files.quotas import release_upload
from org_files.models import AbstractFile, Upload, open_uploads
from org_files.uploads import hashing
from org_files.uploads.choice import place_of
from org_files.uploads.direct import ensure_hashed, hash_later, is_direct
from org_files.uploads.exceptions import (
    DigestMismatch,
    InconsistentLength,
    UploadLost,
    UploadSuperseded,
)
from org_files.uploads.protocols.digests import Digests, parse_digests
from org_files.uploads.rows import announce, discard_on_commit, row_of
from org_files.uploads.settings import direct_hash

#: Time that a complete session can still be read.
KEPT_COMPLETE = timedelta(hours=1)

BATCH_SIZE = 200


def complete_upload(upload: Upload) -> AbstractFile:
    """Make the file of a session that has all its bytes, and whose writer this request is.

    The caller has asked the policy whether the owner may still upload. The bytes of an offset never
    change, so a later request does not end this one, unless it appends; of two that complete the
    session, the second returns the file of the first. Raises what ``store_file`` raises,
    ``DigestMismatch`` for bytes without the promised digest, ``UploadLost`` and
    ``UploadSuperseded``.
    """
    if upload.length is not None and upload.length != upload.offset:
        raise InconsistentLength
    try:
        return _make_file(upload)
    except (UploadLost, UploadSuperseded):
        row = row_of(upload).first()
        if row is not None and row.is_complete and row.file is not None:
            return _completed(upload, row.file, row.expires_at)
        if row is not None and row.writer != upload.writer:
            raise UploadSuperseded from None
        raise


def _make_file(upload: Upload) -> AbstractFile:
    expires_at = upload.expires_at

    def end(file: AbstractFile) -> None:
        nonlocal expires_at
        expires_at = timezone.now() + KEPT_COMPLETE
        if not file.sha256:
            hash_later(file)
        # With the length that the quota is reserved for.
        row = row_of(upload).filter(open_uploads(), offset=upload.offset, length=upload.length)
        changed = {"is_complete": True, "file": file, "expires_at": expires_at}
        if not row.filter(is_complete=False).update(length=upload.offset, **changed):
            raise UploadSuperseded
        announce(
            signals.upload_completed, "upload.completed", upload, {"size": upload.offset}, file=file
        )

    place, reserved = place_of(upload), upload.reserved_bytes
    with place.content(upload) as content:
        measured = hashing.take(upload)
        if measured is not None:
            content.fingerprint = measured.result()
        is_late = is_direct(upload) and direct_hash() == "task" and not upload.digest
        if is_late:
            head = content.read(HEAD_SIZE)
            content.seek(0)
            content.fingerprint = Fingerprint(upload.offset, "", head)
        refuse_other_digest(content, parse_digests(upload.digest))
        file = store_file(
            organization=upload.organization,
            owner=upload.owner,
            upload=content,
            name=upload.name,
            comment=upload.comment,
            resource=upload.resource,
            resource_id=upload.resource_id,
            is_public=upload.is_public,
            expires_at=upload.file_expires_at,
            reservation=Reservation(reserved, end),
            requester=upload.owner,
        )
    _completed(upload, file, expires_at)
    discard_on_commit(upload, router.db_for_write(Upload))
    return file


def _completed(upload: Upload, file: AbstractFile, expires_at: datetime) -> AbstractFile:
    upload.is_complete, upload.file = True, file  # type: ignore[assignment]
    upload.length, upload.expires_at = upload.offset, expires_at
    return file


def refuse_other_digest(content: Any, promised: Mapping[str, bytes]) -> None:
    """Raise ``DigestMismatch`` unless ``content`` has all of ``promised``; rewind it.

    It is read only if its fingerprint does not tell.
    """
    if promised:
        values = digests_of(content, promised)
        if any(values[algorithm] != digest for algorithm, digest in promised.items()):
            raise DigestMismatch


def digests_of(content: Any, algorithms: Iterable[str]) -> dict[str, bytes]:
    """Return digests of ``content``, and rewind it."""
    known = {}
    measured = getattr(content, "fingerprint", None)
    if measured and measured.sha256:
        known["sha-256"] = bytes.fromhex(measured.sha256)
    if missing := [each for each in algorithms if each not in known]:
        digests = Digests(missing)
        content.seek(0)
        while block := content.read(BLOCK_SIZE):
            digests.update(block)
        content.seek(0)
        known |= digests.values()
    return known


def cancel_upload(upload: Upload, *, reason: str = "cancelled") -> None:
    """End a session: its row and its bytes go, and the quota is given back.

    A request that writes to it is ended. Of a complete session the file stays. Raises
    ``DoesNotExist`` if it is gone already.
    """

    def remove() -> bool:
        with writing(Upload):
            row = row_of(upload).select_for_update().first()
            if row is not None:
                row.org_files_reason = reason  # type: ignore[attr-defined]
                row.delete()
            return row is not None

    if not after_deadlocks(remove, Upload):
        raise Upload.DoesNotExist


def expired_uploads(now: datetime) -> QuerySet[Upload]:
    """Return sessions that have ended, complete or not."""
    return all_rows(Upload).exclude(open_uploads(now))


def remove_expired(*, on_batch: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Remove sessions that have ended; return the numbers of ``sessions`` and of
    ``session_bytes``.

    Each in a transaction of its own. Safe to run several times at once.
    """
    removed = {"sessions": 0, "session_bytes": 0}
    expired = expired_uploads(timezone.now()).order_by("pk")
    batch = list(expired[:BATCH_SIZE])
    while batch:
        for upload in batch:
            # The session of a direct upload stays until its task has run.
            if upload.is_complete and is_direct(upload) and not ensure_hashed(upload):
                continue
            try:
                cancel_upload(upload, reason="expired")
            except Upload.DoesNotExist:
                continue
            removed["sessions"] += 1
            removed["session_bytes"] += 0 if upload.is_complete else upload.offset
        on_batch(len(batch))
        batch = list(expired.filter(pk__gt=batch[-1].pk)[:BATCH_SIZE])
    return removed


def before_removal(sender: Any, instance: Upload, using: str, **kwargs: Any) -> None:
    """Give back the quota in the transaction that deletes a session; remove its bytes after it."""
    upload = Upload.objects.using(using).select_for_update().filter(pk=instance.pk).first()
    if upload is None:
        return
    # Of a complete session, too, if its process was killed before it removed them.
    discard_on_commit(upload, using)
    if upload.is_complete:
        return
    reason = getattr(instance, "org_files_reason", "cancelled")
    announce(
        *(signals.upload_cancelled, "upload.cancelled", upload),
        {"reason": reason, "offset": upload.offset},
        reason=reason,
    )
    release_upload(upload)
