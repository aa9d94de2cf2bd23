"""Services for the heights of files. Callers check the policy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from django.core.files import File as Content
from django.db.models import QuerySet

from org_files.db.rows import all_rows, conflicts
from org_files.exceptions import (
    Conflict,
    ContentUnavailable,
    HeightNotInTier,
    NotAPicture,
)
from org_files.models import AbstractFile, Rendition
from org_files.pictures.claims import claim, failure
from org_files.renditions import Box, PictureInfo, ScaledPicture, scale
from org_files.storage import (
    CONTENT_KEY_PARTS,
    StoredBytes,
    content_key,
    original_storage,
    register_bytes,
    rendition_storage,
)
from org_files.storage.blobs import keep_blob_of_row, open_blob, write_blob
from org_files.tiers import heights_of

BLOCK_SIZE = 256 * 1024

#: Pixels of the results of one decoding, beside those asked for.
MAX_PIXELS_AT_ONCE = 4_000_000

register_bytes(
    StoredBytes(
        name="renditions",
        rows=lambda: all_rows(Rendition),
        storage=rendition_storage,
        key_parts=CONTENT_KEY_PARTS,
        can_be_remade=True,
    )
)


def get_rendition(*, file: AbstractFile, height: int) -> Rendition:
    """Return one height of ``file``, made now if it is missing.

    The picture is decoded once for this and the other missing heights of the tier, except large
    ones. Raises ``HeightNotInTier``; ``NotAPicture`` for a picture that cannot be decoded;
    ``RenditionsBusy``, ``StorageUnavailable`` or ``StorageFull`` where trying again may help; and
    ``DoesNotExist`` where the file was removed meanwhile.
    """
    if height not in heights_of(file):
        raise HeightNotInTier
    rendition = _there(file, [height]).first()
    if rendition is None:
        _make_missing(file, [height])
        rendition = _there(file, [height]).get()
    return rendition


def make_renditions(*, file: AbstractFile) -> int:
    """Make the missing heights of ``file``; return how many were made by this call.

    Of several calls at once, also in several processes, one decodes and the others wait. Raises as
    ``get_rendition`` does.
    """
    made = 0
    for height in heights_of(file):
        if not _there(file, [height]).exists():
            made += _make_missing(file, [height])
    return made


def _make_missing(file: AbstractFile, wanted: Sequence[int]) -> int:
    """Make the heights that are wanted and missing, and other missing ones that are small."""
    with claim(file) as held:
        heights = heights_of(file)
        # Another request may have made some meanwhile.
        there = set(_there(file, heights).values_list("height", flat=True))
        if there.issuperset(wanted):
            return 0
        try:
            return _make(file, wanted, [height for height in heights if height not in there])
        except NotAPicture as error:
            held.fail(error)
            raise failure(error.code) from error


def _there(file: AbstractFile, heights: Sequence[int]) -> QuerySet[Rendition]:
    return Rendition.objects.filter(file=file.pk, height__in=heights)


def _make(file: AbstractFile, wanted: Sequence[int], missing: Sequence[int]) -> int:
    with _opened(file) as content:
        heights: list[int] = []

        def choose(picture: PictureInfo) -> list[Box]:
            heights[:] = _at_once(picture, wanted, missing)
            return [Box(height=height) for height in heights]

        pictures = scale(content, choose)
    made = 0
    for height, picture in zip(heights, pictures, strict=True):
        with picture.content:
            _store(file, height, picture)
        made += 1
    return made


def _at_once(picture: PictureInfo, wanted: Sequence[int], missing: Sequence[int]) -> Sequence[int]:
    """Return the heights that one decoding makes within its time."""
    heights, pixels = list(wanted), 0
    for height in missing:
        width, high = Box(height=height).fit(picture.width, picture.height)
        pixels += width * high
        if height not in heights and pixels <= MAX_PIXELS_AT_ONCE:
            heights.append(height)
    return sorted(heights)


@contextmanager
def _opened(file: AbstractFile) -> Iterator[IO[bytes]]:
    try:
        content = open_blob(original_storage(), file.content.name or "", file.size)
    except ContentUnavailable:
        _check_there(file)
        raise
    with content:
        yield content


def _check_there(file: AbstractFile) -> None:
    """Raise ``DoesNotExist`` for a file that was removed meanwhile."""
    if not type(file)._base_manager.filter(pk=file.pk).exists():
        raise type(file).DoesNotExist


def _store(file: AbstractFile, height: int, picture: ScaledPicture) -> None:
    """Write the bytes, then the row, as for originals."""
    digest, size = hashlib.sha256(), 0
    while block := picture.content.read(BLOCK_SIZE):
        digest.update(block)
        size += len(block)
    storage = rendition_storage()
    # In the folder of the file's organization and owner.
    key = write_blob(storage, content_key(file, ""), Content(picture.content), size)
    rendition = Rendition(
        file_id=file.pk,
        height=height,
        key=key,
        content_type=picture.content_type,
        size=size,
        sha256=digest.hexdigest(),
    )
    rows = Rendition.objects.filter(public_id=rendition.public_id)
    try:
        with conflicts(), keep_blob_of_row(storage, key, rows):
            rendition.save(force_insert=True)
    except Conflict:
        _check_there(file)
        # A request that took over an expired claim may have been faster.
        if not _there(file, [height]).exists():
            raise
