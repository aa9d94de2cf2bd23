"""Direct uploads: the client sends parts to the store, and the site makes the file of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from django.db import router, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from org_files import get_file_model
from org_files.db.rows import all_rows
from org_files.exceptions import FileTooLarge, InvalidField, StorageUnavailable
from org_files.files.content import fingerprint
from org_files.models import AbstractFile, Upload
from org_files.queues import get_queue
from org_files.storage import multipart
from org_files.storage.blobs import open_blob, storage_errors
from org_files.uploads.choice import place_of
from org_files.uploads.exceptions import NoDirectUpload, PartsMissing, UploadLost, UploadSuperseded
from org_files.uploads.rows import row_of
from org_files.uploads.s3 import S3Place

logger = logging.getLogger("org_files.files")

#: URLs in one answer.
URLS_AT_ONCE = 100

#: Seconds that the URL of a part is valid, at most until the session ends.
URL_SECONDS = 3600


class PartUrl(NamedTuple):
    """A URL that takes a PUT of one part."""

    number: int
    url: str
    expires_at: Any


def is_direct(upload: Upload) -> bool:
    """Return whether the client sends the bytes of a session to the store itself."""
    return bool(upload.stored.get("is_direct"))


def part_count(upload: Upload) -> int:
    """Return the number of parts that a direct upload has."""
    return -(-(upload.length or 0) // int(upload.stored["part_size"]))


def arrived_parts(upload: Upload) -> list[multipart.Part]:
    """Return the parts of a direct upload that the store has. Raises ``UploadLost``."""
    place = _place(upload)
    with storage_errors():
        try:
            return place.parts(upload)
        except FileNotFoundError as error:
            row = row_of(upload).first()
            if row is None or not row.offset:
                raise UploadLost from error
            # The store has made the object of them.
            return [multipart.Part(*part) for part in row.stored["parts"]]


def part_urls(upload: Upload, numbers: Sequence[int] | None = None) -> list[PartUrl]:
    """Return URLs of parts: of ``numbers``, or of the next ones that have not arrived.

    Raises ``InvalidField`` for numbers that the upload does not have, or for too many of them.
    """
    place, count, stored = _place(upload), part_count(upload), upload.stored
    if numbers is None:
        arrived = {part.number for part in arrived_parts(upload)}
        missing = (number for number in range(1, count + 1) if number not in arrived)
        numbers = list(islice(missing, URLS_AT_ONCE))
    elif len(numbers) > URLS_AT_ONCE or any(not 1 <= number <= count for number in numbers):
        message = _("Takes up to %(limit)d numbers, from 1 to %(count)d.")
        raise InvalidField("numbers", message % {"limit": URLS_AT_ONCE, "count": count})
    now = timezone.now()
    seconds = max(min(URL_SECONDS, int((upload.expires_at - now).total_seconds())), 1)
    until = now + timedelta(seconds=seconds)
    with storage_errors():
        return [
            PartUrl(
                number,
                multipart.part_url(place.storage, stored["target"], stored["id"], number, seconds),
                until,
            )
            for number in numbers
        ]


def assemble(upload: Upload, tags: Mapping[int, str]) -> None:
    """Check the parts of a direct upload, whose writer this request is, and record them.

    ``tags`` are the entity tags that the client got, by number. Raises ``PartsMissing``,
    ``FileTooLarge`` for more bytes than the session has, and ``InvalidField`` for parts that are
    too small for a store.
    """
    if upload.offset:
        return  # checked by a request that was cut off
    found = {part.number: part for part in arrived_parts(upload)}
    chosen = [found.get(number) for number in sorted(tags)]
    parts = [part for part in chosen if part is not None]
    if len(parts) != len(tags) or any(part.etag != tags[part.number] for part in parts):
        raise PartsMissing
    size, length = sum(part.size for part in parts), upload.length or 0
    if size > length:
        raise FileTooLarge
    if size < length:
        raise PartsMissing
    if any(part.size < multipart.MIN_PART_SIZE for part in parts[:-1]):
        raise InvalidField("parts", _("A part that is not the last one is too small."))
    stored = {**upload.stored, "parts": [[part.number, part.etag, part.size] for part in parts]}
    row = row_of(upload).filter(writer=upload.writer, offset=0, is_complete=False)
    if not row.update(offset=size, stored=stored):
        raise UploadSuperseded
    upload.offset, upload.stored = size, stored


def hash_later(file: AbstractFile) -> None:
    """Have a worker make the digest of ``file`` after the current transaction."""
    enqueue = partial(get_queue().enqueue, "hash_file", str(file.public_id))
    transaction.on_commit(enqueue, using=router.db_for_write(type(file)))


def unhashed_files() -> QuerySet[Any]:
    """Return the files of direct uploads whose digest has not been made."""
    return all_rows(get_file_model()).filter(sha256="")


def hash_file(file: AbstractFile) -> None:
    """Read ``file`` and save its digest and charset. Raises ``StorageUnavailable``."""
    storage, key = file.content.storage, file.content.name or ""
    with open_blob(storage, key, file.size) as content, storage_errors():
        measured = fingerprint(content, is_limited=False)
    unhashed_files().filter(pk=file.pk).update(sha256=measured.sha256, charset=measured.charset)


def ensure_hashed(upload: Upload) -> bool:
    """Make the digest of a session's file if its task was lost; return whether it has one."""
    file = unhashed_files().filter(pk=upload.file_id).first()
    try:
        if file is not None:
            hash_file(file)
    except StorageUnavailable:
        logger.warning("A file could not be read for its digest.", exc_info=True)
        return False
    return True


def _place(upload: Upload) -> S3Place:
    """Return the place of a direct upload. Raises ``NoDirectUpload`` for another session."""
    place = place_of(upload)
    if not is_direct(upload):
        raise NoDirectUpload
    if not isinstance(place, S3Place):
        raise UploadLost
    return place
