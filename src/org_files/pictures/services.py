"""What is done with the pictures of files. No HTTP, no policy: callers ask those first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from django.core.files import File as Content
from django.db.models import QuerySet

from org_files.blobs import kept_if_named, write_blob
from org_files.exceptions import (
    Conflict,
    ContentUnavailable,
    HeightNotInTier,
    NotAPicture,
    StorageUnavailable,
)
from org_files.models import AbstractFile, Rendition
from org_files.pictures.claims import claim, failure
from org_files.renditions import Box, ScaledPicture, scale
from org_files.rows import conflicts, writing
from org_files.storage import content_key, original_storage, rendition_storage
from org_files.tiers import heights_of

__all__ = ["get_rendition", "make_renditions"]

BLOCK_SIZE = 256 * 1024


def get_rendition(*, file: AbstractFile, height: int) -> Rendition:
    """Return one height of ``file``, made now if it is not there yet, and then only once.

    With it the other heights of the tier are made that are missing: the picture is decoded once
    for all. Raises ``HeightNotInTier``; ``NotAPicture`` for what cannot be decoded;
    ``RenditionsBusy``, ``StorageUnavailable`` or ``StorageFull`` where trying again may help; and
    ``DoesNotExist`` where the file is gone meanwhile.
    """
    if height not in heights_of(file):
        raise HeightNotInTier
    rendition = _there(file, [height]).first()
    if rendition is None:
        make_renditions(file=file)
        rendition = _there(file, [height]).get()
    return rendition


def make_renditions(*, file: AbstractFile) -> int:
    """Make the heights of ``file`` that are missing; return how many were made here.

    Raises as ``get_rendition`` does. Of any number at once, in whichever processes, one decodes,
    and the others wait.
    """
    heights = heights_of(file)
    if _there(file, heights).count() == len(heights):
        return 0
    with claim(file) as held:
        # Somebody else may have been at it while this one waited.
        there = set(_there(file, heights).values_list("height", flat=True))
        missing = [height for height in heights if height not in there]
        if not missing:
            return 0
        try:
            return _make(file, missing)
        except NotAPicture as error:
            held.fail(error)
            raise failure(error.code) from error


def _there(file: AbstractFile, heights: Sequence[int]) -> QuerySet[Rendition]:
    return Rendition.objects.filter(file=file.pk, height__in=heights)


def _make(file: AbstractFile, heights: Sequence[int]) -> int:
    with _opened(file) as content:
        pictures = scale(content, [Box(height=height) for height in heights])
    made = 0
    for height, picture in zip(heights, pictures, strict=True):
        with picture.content:
            _store(file, height, picture)
        made += 1
    return made


@contextmanager
def _opened(file: AbstractFile) -> Iterator[IO[bytes]]:
    try:
        content = original_storage().open(file.content.name or "", "rb")
    except FileNotFoundError as error:
        _check_there(file)
        raise ContentUnavailable from error
    except OSError as error:
        raise StorageUnavailable from error
    with content:
        yield content


def _check_there(file: AbstractFile) -> None:
    """Raise ``DoesNotExist`` for a file that is gone meanwhile."""
    if not type(file)._base_manager.filter(pk=file.pk).exists():
        raise type(file).DoesNotExist


def _store(file: AbstractFile, height: int, picture: ScaledPicture) -> None:
    """Write the bytes, then the row: as it is with originals."""
    digest, size = hashlib.sha256(), 0
    while block := picture.content.read(BLOCK_SIZE):
        digest.update(block)
        size += len(block)
    storage = rendition_storage()
    # Of the same tenant and person as the file, to be found and removed with it.
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
        with kept_if_named(storage, key, rows), conflicts(), writing(Rendition):
            rendition.save(force_insert=True)
    except Conflict:
        _check_there(file)
        # Whoever took over a claim that had lasted too long may have been faster.
        if not _there(file, [height]).exists():
            raise
