"""Many files in one ZIP archive: check, count, and stream member by member."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import tzinfo
from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connections
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from org_files import counters, get_file_model
from org_files.access import get_policy
from org_files.db.rows import is_moved
from org_files.delivery.streams import Blocks, stream
from org_files.delivery.zip_names import unique_names
from org_files.delivery.zips import ZipWriter
from org_files.events import request_context
from org_files.exceptions import (
    ContentUnavailable,
    OriginalNotInTier,
    StorageUnavailable,
    TooManyFiles,
)
from org_files.ids import parse_public_id
from org_files.models import AbstractFile, Download
from org_files.serving.responses import ORIGINAL_ALLOWED, original
from org_files.storage.blobs import storage_errors
from org_files.tiers import TIER, allows_original

logger = logging.getLogger("org_files.files")

#: The most files of one archive.
MAX_FILES = 1000

#: The member that names the files whose bytes could not be read.
MISSING = "MISSING.txt"


def serve_archive(
    request: Any, public_ids: Iterable[UUID | str], *, user: Any, name: str = "files.zip"
) -> HttpResponseBase:
    """Return the response with the originals of all files in ``public_ids``, as a ZIP archive.

    The site's policy decides whether ``user`` sees a file. All files are found and counted in one
    statement where the database can, before the first byte is sent; an id that comes twice counts
    once. Each request is a download of each file, whatever its method, but for HEAD. Ranges and
    conditions are ignored. The site streams the archive under every delivery backend.

    A file whose bytes are missing when its turn comes is not counted, and is named in the member
    ``MISSING.txt``. A store that fails within a file breaks the archive off.

    Raises ``TooManyFiles`` for more than 1,000 files, ``DoesNotExist`` if the user does not see all
    of them or there are none, and ``OriginalNotInTier`` if a tier excludes the original of one.
    Nothing is counted then.
    """
    ids = _parse(public_ids)
    files = get_policy().visible_files(user).filter(public_id__in=[*ids])
    if request.method == "HEAD":
        _check(files, len(ids))
        blocks = _nothing()
    else:
        allowed = files.filter(ORIGINAL_ALLOWED)
        granted = counters.grant_downloads(allowed, number=len(ids), user=user)
        if not granted:
            _check(files, len(ids))
            # The statement that counts has decided. This query may have read a replica.
            raise files.model.DoesNotExist
        granted.sort(key=lambda pair: ids[pair[0].public_id])
        names = unique_names((file.name for file, _download in granted), reserved=[MISSING])
        members = [
            _Member(member_name, *pair) for member_name, pair in zip(names, granted, strict=True)
        ]
        # Language and time zone of the request, which may have ended before its bytes are sent.
        notice = _("The bytes of these files could not be read. They are not in this archive:")
        blocks = _archive(request, members, notice, timezone.get_current_timezone())
    # Django's request, also where Django REST framework's is given.
    request = getattr(request, "_request", request)
    return stream(request, blocks, name=name, content_type="application/zip")


def _parse(public_ids: Iterable[UUID | str]) -> dict[UUID, int]:
    """Return the position of each id, without repetitions. Raises as ``serve_archive`` does."""
    ids: dict[UUID, int] = {}
    for public_id in public_ids:
        parsed = parse_public_id(str(public_id))
        if parsed is None:
            raise get_file_model().DoesNotExist
        ids.setdefault(parsed, len(ids))
        if len(ids) > MAX_FILES:
            raise TooManyFiles(limit=MAX_FILES)
    if not ids:
        raise get_file_model().DoesNotExist
    return ids


def _check(files: QuerySet[AbstractFile], number: int) -> None:
    """Raise an error unless there are ``number`` of ``files``, all with originals in their tier."""
    found = {file.pk: file for file in files.select_related("organization", TIER)}
    if len(found) != number:
        raise files.model.DoesNotExist
    if not all(map(allows_original, found.values())):
        raise OriginalNotInTier


def _nothing() -> Blocks:
    yield from ()


@dataclass(frozen=True)
class _Member:
    name: str
    file: AbstractFile
    download: Download


def _archive(request: Any, members: Sequence[_Member], notice: str, zone: tzinfo) -> Blocks:
    """Yield the bytes of the archive."""
    _close_old_connections()
    archive, missing = ZipWriter(), list[_Member]()
    try:
        for member in members:
            try:
                yield from _content(archive, member, zone)
            except _Missing:
                missing.append(member)
    finally:
        # Also where the client is gone, or the store has failed within a file.
        if missing:
            _withdraw(request, missing)
    if missing:
        lines = [notice, "", *(member.name for member in missing), ""]
        text = "\n".join(lines).encode()
        now = timezone.now().astimezone(zone)
        yield from archive.member(MISSING, len(text), now, BytesIO(text).read)
    yield archive.directory()


class _Missing(Exception):
    """The bytes of a file cannot be read, and nothing of it was sent."""


def _content(archive: ZipWriter, member: _Member, zone: tzinfo) -> Iterator[bytes]:
    """Yield one member. Raises ``_Missing`` before the first byte."""
    file, modified = member.file, member.file.created_at.astimezone(zone)
    try:
        content = _open(file)
    except (StorageUnavailable, ObjectDoesNotExist) as error:
        raise _Missing from error
    with closing(content):
        blocks = archive.member(member.name, file.size, modified, content.read)
        try:
            with storage_errors():
                first = next(blocks)
        except StorageUnavailable as error:
            raise _Missing from error
        yield first
        yield from blocks


def _open(file: AbstractFile) -> Any:
    try:
        return original(file).open()
    except ContentUnavailable:
        # Moved to another storage since the archive began, or lost.
        _close_old_connections()
        if not is_moved(file):
            raise
    return original(file).open()


def _withdraw(request: Any, members: Sequence[_Member]) -> None:
    _close_old_connections()
    try:
        with request_context(request):
            counters.withdraw_downloads([member.download for member in members])
    except DatabaseError:
        # Django hides errors at the end of a response.
        logger.exception("%d downloads without bytes stay counted.", len(members))
        raise


def _close_old_connections() -> None:
    """Close connections to databases as Django does between requests: a transfer may take hours."""
    for connection in connections.all(initialized_only=True):
        # Django's function also closes one in a transaction, as that of a test.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
