"""What is done with pictures: look at one, and make smaller ones of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import IO, Any

from org_files.exceptions import ConfigurationError
from org_files.renditions.anatomy import Anatomy, dissect
from org_files.renditions.child import decode_in_child
from org_files.renditions.decoder import Encoded, Job
from org_files.renditions.local import open_pieces
from org_files.renditions.pictures import Box, PictureInfo, ScaledPicture
from org_files.renditions.temporary import reading_and_writing, temporary_file
from org_files.renditions.worker import decode_in_worker, is_for_worker

__all__ = ["describe_picture", "scale"]

BLOCK_SIZE = 64 * 1024


def describe_picture(content: IO[bytes] | Any) -> PictureInfo:
    """Return what the headers of ``content``, an open and seekable file, say; rewind it.

    Nothing is decoded, and Pillow is not needed: half a picture passes, and fails in
    :func:`scale`. Little memory is taken, whatever is in the file.

    Raises ``NotAPicture`` for what is no JPEG, PNG, WEBP or GIF by its content, and
    ``PictureTooLarge`` (a ``NotAPicture`` as well) above 40 megapixels; ``StorageUnavailable``
    where ``content`` cannot be read.
    """
    anatomy = _dissect(content)
    width, height = anatomy.upright
    return PictureInfo(anatomy.content_type, width, height, anatomy.is_animated)


def scale(content: IO[bytes] | Any, sizes: Sequence[Box]) -> list[ScaledPicture]:
    """Return the picture in ``content``, an open and seekable file, in each of ``sizes``.

    It is decoded once for all of them, its first frame alone; each result has its shape, is
    upright, in sRGB, without metadata, and never larger than the original: a JPEG, or a PNG where
    something of it is transparent. ``content`` is rewound.

    At most 64 MiB of memory are taken in this process, whatever is in the file and however many
    threads ask: what costs more is decoded in a process of its own, two at a time.

    Raises ``NotAPicture`` for what is no picture or cannot be decoded, such as half of one,
    ``PictureTooLarge`` (a ``NotAPicture`` as well), ``RenditionsBusy`` where others are decoded
    for too long, ``StorageUnavailable`` or ``StorageFull`` where ``content`` or the temporary
    folder fails, and ``ConfigurationError`` without Pillow.
    """
    anatomy = _dissect(content)
    if find_spec("PIL") is None:
        raise ConfigurationError('Pictures need Pillow: pip install "django-org-files[images]"')
    if not sizes:
        return []
    job = Job(
        content_type=anatomy.content_type,
        width=anatomy.width,
        height=anatomy.height,
        orientation=anatomy.orientation,
        sizes=tuple(box.fit(*anatomy.upright) for box in sizes),
    )
    made = None
    in_worker = is_for_worker(anatomy, job)
    local = open_pieces(content, anatomy.pieces) if in_worker else None
    if local is not None:
        with local:
            made = decode_in_worker(local, job)
    if made is None:
        with temporary_file() as pieces:
            _copy(anatomy, content, pieces)
            if in_worker and local is None:
                made = decode_in_worker(pieces, job)
            if made is None:
                return decode_in_child(pieces, job)
    return [_picture(encoded) for encoded in made]


def _dissect(content: IO[bytes]) -> Anatomy:
    with reading_and_writing():
        try:
            return dissect(content)
        finally:
            content.seek(0)


def _copy(anatomy: Anatomy, content: IO[bytes], pieces: IO[bytes]) -> None:
    """Copy what a decoder needs. It may run in another thread, where ``content`` may not go."""
    with reading_and_writing():
        for piece in anatomy.pieces:
            if isinstance(piece, bytes):
                pieces.write(piece)
                continue
            offset, left = piece
            content.seek(offset)
            while left and (block := content.read(min(left, BLOCK_SIZE))):
                pieces.write(block)
                left -= len(block)
        content.seek(0)
        pieces.seek(0)


def _picture(encoded: Encoded) -> ScaledPicture:
    return ScaledPicture(
        io.BytesIO(encoded.content), encoded.content_type, encoded.width, encoded.height
    )
