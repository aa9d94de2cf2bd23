"""Verification of multipart uploads, which no list of objects shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from org_files.db.rows import all_rows
from org_files.files.verification import GRACE
from org_files.models import Upload
from org_files.storage import CONTENT_KEY_PARTS, multipart
from org_files.storage.s3 import is_s3
from org_files.uploads.exceptions import UploadLost
from org_files.uploads.s3 import S3Place

Found = tuple[str, str, bool, str]


def unlisted(
    storage: Any, aliases: list[str], repair: bool
) -> Iterator[tuple[str, str, bool, str]]:
    """Yield multipart uploads without a session, and sessions whose parts are missing.

    ``repair`` aborts those without a session, once they are a day old.
    """
    if not is_s3(storage):
        return
    before = timezone.now() - GRACE
    for each in multipart.unfinished(storage):
        is_ours = all(map(_matches, CONTENT_KEY_PARTS, each.key.split("/")))
        if is_ours and each.began < before and not _belongs_to_session(each):
            if repair:
                multipart.abort(storage, each.key, each.id)
            yield "orphan", each.key, repair, ""
    for upload in all_rows(Upload).filter(storage_alias__in=aliases, is_complete=False):
        if upload.stored and _is_lost(S3Place(storage), upload):
            yield "missing", upload.stored["target"], False, f"upload {upload.pk}"


def _matches(pattern: re.Pattern[str], part: str) -> bool:
    return pattern.fullmatch(part) is not None


def _belongs_to_session(found: multipart.Unfinished) -> bool:
    """Return whether a multipart upload belongs to a session, of this storage or another."""
    rows = all_rows(Upload).filter(is_complete=False, stored__target=found.key)
    return any(row.stored["id"] == found.id for row in rows)


def _is_lost(place: S3Place, upload: Upload) -> bool:
    try:
        place.check(upload)
        if upload.stored.get("is_direct") and not upload.offset:
            place.parts(upload)
    except (UploadLost, FileNotFoundError):
        # It may have ended meanwhile.
        return all_rows(Upload).filter(pk=upload.pk, is_complete=False).exists()
    return False
