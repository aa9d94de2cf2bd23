"""Smaller pictures and descriptions, by child processes that are confined and kept."""

import atexit
import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from typing import IO, Any

from org_files import conf
from org_files.exceptions import (
    ConfigurationError,
    DecodingStopped,
    NotAPicture,
    OrgFilesError,
    PictureTooLarge,
    RenditionsBusy,
    StorageUnavailable,
)
from org_files.picture_types import HEAD_SIZE, PICTURES, picture_type
from org_files.renditions.child import BLOCK_SIZE, Child, Ended, disk_errors
from org_files.renditions.turns import Turns

MIB = 1024 * 1024

#: The longest side that libjpeg writes. No result is longer than its original.
MAX_SIDE = 65_500
#: Bytes of a file: one uncompressed picture of 40 megapixels in 16 bits has 320 MB.
MAX_BYTES = 400 * MIB

#: Children of one user on this machine that decode at the same moment.
CHILDREN = 2
#: Bytes of address space.
CHILD_MEMORY = 1024 * MIB
CHILD_CPU_SECONDS = 10
#: Seconds for one picture, by the clock, from the start of the child on.
CHILD_SECONDS = 18
#: Seconds after which a child without work ends.
IDLE_SECONDS = 60
#: Seconds until a child is free. PATIENCE and CHILD_SECONDS together are less than 30, the timeout
#: of workers in common servers.
PATIENCE = 8.0

logger = logging.getLogger("org_files.renditions")


@dataclass(frozen=True)
class PictureInfo:
    """The description of a picture."""

    content_type: str
    #: Pixels, upright.
    width: int
    height: int
    #: Whether there is more than one frame. Only the first is ever decoded.
    is_animated: bool

    @property
    def format(self) -> str:
        """``"JPEG"``, ``"PNG"``, ``"WEBP"`` or ``"GIF"``."""
        return PICTURES[self.content_type].pillow


@dataclass(frozen=True)
class Box:
    """The largest width and height of a result, in pixels; ``None`` is no limit."""

    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        if any(side is not None and side < 1 for side in (self.width, self.height)):
            raise ValueError(f"No picture fits {self.width} x {self.height} pixels.")

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the largest size of the same shape in this box, at most the given one."""
        scale = min(
            Fraction(1),
            Fraction(self.width or width, width),
            Fraction(self.height or height, height),
        )
        return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True)
class ScaledPicture:
    """A result: upright, in sRGB, without metadata."""

    #: Open for reading, at its beginning. Close it: a large one is a temporary file.
    content: IO[bytes]
    #: ``image/jpeg``, or ``image/png`` where something of it is transparent.
    content_type: str
    #: Pixels.
    width: int
    height: int

    @property
    def suffix(self) -> str:
        """The suffix of a file name, without the dot."""
        return PICTURES[self.content_type].suffixes[0].removeprefix(".")


Sizes = Sequence[Box] | Callable[[PictureInfo], Sequence[Box]]

_turns = Turns("org-files-pictures", CHILDREN)
_idle: list[Child] = []


def describe_picture(content: IO[bytes] | Any) -> PictureInfo:
    """Return what the headers of ``content``, an open and seekable file, say; rewind it.

    The pixels are not decoded: a truncated file can pass here and fail in :func:`scale`. Raises
    what :func:`scale` raises.
    """
    return _decode(content, [])[0]


def scale(content: IO[bytes] | Any, sizes: Sizes) -> list[ScaledPicture]:
    """Return the picture in ``content``, an open and seekable file, in each of ``sizes``.

    It is decoded once for all of them, its first frame alone; each result has its shape, is
    upright, in sRGB, without metadata, and never larger than the original: a JPEG, or a PNG where
    something of it is transparent. ``content`` is rewound. ``sizes`` may be a function, which is
    called with the description of the picture.

    Raises ``NotAPicture`` for what is no picture or cannot be decoded, such as half of one,
    ``PictureTooLarge`` (a ``NotAPicture`` as well) above ``MAX_PICTURE_PIXELS``, or above 200
    megapixels for a baseline JPEG that is made so much smaller, ``RenditionsBusy`` where
    others are decoded for too long, ``StorageUnavailable`` or ``StorageFull`` where ``content`` or
    the temporary folder fails, and ``ConfigurationError`` without Pillow.
    """
    return _decode(content, sizes)[1]


def _decode(content: IO[bytes], sizes: Sizes) -> tuple[PictureInfo, list[ScaledPicture]]:
    with disk_errors():
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        content_type = picture_type(content.read(HEAD_SIZE))
        content.seek(0)
    if content_type is None:
        raise NotAPicture
    if size > MAX_BYTES:
        raise PictureTooLarge
    if find_spec("PIL") is None:
        raise ConfigurationError('Pictures need Pillow: pip install "django-org-files[images]"')
    job = {
        "format": PICTURES[content_type].pillow,
        "size": size,
        "pixels": conf.max_picture_pixels(),
        "side": MAX_SIDE,
        "idle_seconds": IDLE_SECONDS,
        "bounds": {
            # Later than the limit of this process, which then knows that the time ran out.
            "seconds": CHILD_SECONDS + 1,
            "cpu_seconds": CHILD_CPU_SECONDS,
            "memory": CHILD_MEMORY,
        },
    }
    try:
        with _turns.take(PATIENCE):
            return _decode_in_child(content, content_type, job, sizes)
    finally:
        with disk_errors():
            content.seek(0)


def _decode_in_child(
    content: IO[bytes], content_type: str, job: dict[str, Any], sizes: Sizes
) -> tuple[PictureInfo, list[ScaledPicture]]:
    until = time.monotonic() + CHILD_SECONDS
    child = _child_for(job, until)
    try:
        if until - time.monotonic() < CHILD_SECONDS / 2:
            # Too little time is left to tell whether the picture can be decoded.
            raise RenditionsBusy
        with ExitStack() as opened, child.limited(until):
            _copy(content, child, job["size"])
            info = PictureInfo(content_type, **child.receive())
            boxes = sizes(info) if callable(sizes) else sizes
            fitted = [box.fit(info.width, info.height) for box in boxes]
            child.send(fitted)
            made = []
            for size in fitted:
                picture = ScaledPicture(*child.receive_file(), *size)
                opened.enter_context(picture.content)
                made.append(picture)
            opened.pop_all()
    except Ended as error:
        raise _failure(child) from error
    except BaseException:
        child.kill()
        raise
    _idle.append(child)
    return info, made


def _child_for(job: dict[str, Any], until: float) -> Child:
    """Return a child that has accepted ``job``: an idle one, or a new one."""
    _remove_ended()
    while True:
        # One step, as two threads can find the last idle child.
        try:
            child, is_new = _idle.pop(), False
        except IndexError:
            child, is_new = Child(), True
        try:
            with child.limited(until):
                child.send(job)
                child.receive()
        except Ended as error:
            code = child.wait()
            if not is_new:
                continue
            if code > 0:
                raise ConfigurationError(
                    f"Pictures cannot be decoded by {child.program}: {error}"
                ) from error
            # Killed before it has seen the picture.
            logger.warning("A picture was not decoded: exit code %s. %s", code, error)
            raise RenditionsBusy from error
        except BaseException:
            child.kill()
            raise
        return child


def _copy(content: IO[bytes], child: Child, size: int) -> None:
    child.reading_seconds = 0.0
    left = size
    while left:
        began = time.monotonic()
        with disk_errors():
            block = content.read(min(left, BLOCK_SIZE))
        child.reading_seconds += time.monotonic() - began
        if not block:
            raise NotAPicture
        child.write(block)
        left -= len(block)


def _failure(child: Child) -> OrgFilesError:
    code = child.wait()
    reason = f"not done in {CHILD_SECONDS} s" if child.is_late else f"exit code {code}"
    logger.warning("A picture was not decoded: %s.", reason)
    if child.is_late and child.reading_seconds > CHILD_SECONDS / 2:
        return StorageUnavailable()
    # By a signal: out of its time or memory, or of the machine's. The exit code is always 0 if the
    # site ignores SIGCHLD.
    return DecodingStopped() if code < 0 or child.is_late else NotAPicture()


def _remove_ended() -> None:
    """Remove idle children that have ended, which are zombies until then."""
    for child in tuple(_idle):
        if child.process.poll() is not None:
            # Another thread may have taken it.
            with suppress(ValueError):
                _idle.remove(child)
                child.wait()


def _end_idle() -> None:
    while _idle:
        _idle.pop().kill()


def _after_fork() -> None:
    """Leave children and turns to the process that was forked: its threads are not in this one."""
    global _turns
    while _idle:
        _idle.pop().disown()
    _turns.close()
    _turns = Turns(_turns.name, _turns.count)


atexit.register(_end_idle)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
