"""Heights of files: services, for callers that check the policy, and receivers of signals."""

import hashlib
import os
from collections.abc import Sequence
from typing import Any

from django.core.files import File as Content
from django.db.models import QuerySet

from org_files import conf
from org_files.db.rows import all_rows, conflicts, is_moved
from org_files.exceptions import Conflict, ContentUnavailable, HeightNotInTier
from org_files.models import AbstractFile, Rendition
from org_files.pictures.claims import claim
from org_files.queues import get_queue
from org_files.renditions import Box, PictureInfo, ScaledPicture, scale
from org_files.storage import (
    CONTENT_KEY_PARTS,
    StoredBytes,
    alias_for,
    content_key,
    named_storage,
    register_bytes,
    storage_of,
)
from org_files.storage.blobs import discard_with_row, keep_blob_of_row, open_blob, write_blob
from org_files.tiers import heights_of

#: Pixels of the results of one decoding, beside those asked for.
MAX_PIXELS_AT_ONCE = 4_000_000

register_bytes(
    StoredBytes(
        name="renditions",
        rows=lambda: all_rows(Rendition),
        alias=conf.rendition_storage_alias,
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
        _make_missing(file, height)
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
            made += _make_missing(file, height)
    return made


def _make_missing(file: AbstractFile, wanted: int) -> int:
    """Make the height that is wanted and missing, and other missing ones that are small."""
    with claim(file):
        heights = heights_of(file)
        # Another request may have made some meanwhile.
        there = set(_there(file, heights).values_list("height", flat=True))
        if wanted in there:
            return 0
        made: list[int] = []

        def choose(picture: PictureInfo) -> list[Box]:
            made[:] = _at_once(picture, wanted, [each for each in heights if each not in there])
            return [Box(height=height) for height in made]

        with _open(file) as content:
            pictures = scale(content, choose)
        for height, picture in zip(made, pictures, strict=True):
            with picture.content:
                _store(file, height, picture)
        return len(made)


def _there(file: AbstractFile, heights: Sequence[int]) -> QuerySet[Rendition]:
    return Rendition.objects.filter(file=file.pk, height__in=heights)


def _at_once(picture: PictureInfo, wanted: int, missing: Sequence[int]) -> list[int]:
    """Return the heights that one decoding makes within its time."""
    heights, pixels = [wanted], 0
    for height in missing:
        width, high = Box(height=height).fit(picture.width, picture.height)
        pixels += width * high
        if height != wanted and pixels <= MAX_PIXELS_AT_ONCE:
            heights.append(height)
    return sorted(heights)


def _open(file: AbstractFile) -> Any:
    key = file.content.name or ""
    try:
        return open_blob(storage_of(file), key, file.size)
    except ContentUnavailable:
        if not is_moved(file):
            raise
    return open_blob(storage_of(file), key, file.size)


def _check_there(file: AbstractFile) -> None:
    """Raise ``DoesNotExist`` for a file that was removed meanwhile."""
    if not type(file)._base_manager.filter(pk=file.pk).exists():
        raise type(file).DoesNotExist


def _store(file: AbstractFile, height: int, picture: ScaledPicture) -> None:
    """Write the bytes, then the row, as for originals."""
    content: Any = picture.content
    digest = hashlib.file_digest(content, "sha256")
    size = content.seek(0, os.SEEK_END)
    alias_of = conf.rendition_storage_alias
    several = conf.has_storages_by_organization()
    alias = alias_for(file.organization, alias_of) if several else alias_of()
    storage = named_storage(alias)
    # In the folder of the file's organization and owner. A lost one is made again.
    key = write_blob(storage, content_key(file, ""), Content(content), size, is_durable=False)
    rendition = Rendition(
        file_id=file.pk,
        height=height,
        key=key,
        storage_alias=alias,
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


def discard_rendition(sender: Any, instance: Rendition, using: str, **kwargs: Any) -> None:
    """Remove the bytes of a rendition after its row, unless the database kept the row."""
    row = all_rows(sender).using(using).filter(pk=instance.pk)
    storage = storage_of(instance, conf.rendition_storage_alias)
    discard_with_row(storage, instance.key, row)


def after_storing(sender: Any, file: AbstractFile, **kwargs: Any) -> None:
    """Enqueue making the heights of an upload."""
    if file.is_picture:
        get_queue().enqueue("make_renditions", str(file.public_id))
