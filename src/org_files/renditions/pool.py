"""Child processes that decode pictures, confined and kept for the next picture."""

from __future__ import annotations

import atexit
import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import IO, Any

from org_files.exceptions import (
    ConfigurationError,
    DecodingStopped,
    NotAPicture,
    OrgFilesError,
    RenditionsBusy,
    StorageUnavailable,
)
from org_files.picture_types import PictureType
from org_files.renditions import limits
from org_files.renditions.child import BLOCK_SIZE, Child, Ended, disk_errors
from org_files.renditions.pictures import PictureInfo, ScaledPicture
from org_files.renditions.turns import Turns

logger = logging.getLogger("org_files.renditions")

_turns = Turns("org-files-pictures", limits.CHILDREN)
_idle: list[Child] = []


def decode(
    content: IO[bytes],
    *,
    size: int,
    picture: PictureType,
    choose: Callable[[PictureInfo], Sequence[tuple[int, int]]],
) -> tuple[PictureInfo, list[ScaledPicture]]:
    """Return the description of the picture in ``content``, and a picture of each chosen size.

    ``content`` has ``size`` bytes. ``choose`` returns the sizes for a description. Raises
    ``NotAPicture``, also if the child crashes or takes too long; ``RenditionsBusy`` if none is free
    or has started in time; ``StorageUnavailable`` if reading ``content`` took too much of the time;
    and ``ConfigurationError`` if no child can be started.
    """
    job = {
        "format": picture.pillow,
        "size": size,
        "pixels": limits.MAX_PIXELS,
        "side": limits.MAX_SIDE,
        "idle_seconds": limits.IDLE_SECONDS,
        "bounds": {
            # Later than the limit of this process, which then knows that the time ran out.
            "seconds": limits.CHILD_SECONDS + 1,
            "cpu_seconds": limits.CHILD_CPU_SECONDS,
            "memory": limits.CHILD_MEMORY,
        },
    }
    with _turns.take(limits.PATIENCE):
        until = time.monotonic() + limits.CHILD_SECONDS
        child = _child_for(job, until)
        try:
            if until - time.monotonic() < limits.CHILD_SECONDS / 2:
                # Too little time is left to tell whether the picture can be decoded.
                raise RenditionsBusy
            with ExitStack() as opened, child.limited(until):
                _copy(content, child, size)
                said = child.receive()
                info = PictureInfo(picture.content_type, **said)
                sizes = choose(info)
                child.send(sizes)
                made = []
                for each in sizes:
                    made.append(child.receive_picture(each))
                    opened.enter_context(made[-1].content)
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
        child.reading_seconds = 0.0
        return child


def _remove_ended() -> None:
    """Remove idle children that have ended, which are zombies until then."""
    for child in tuple(_idle):
        if child.process.poll() is not None:
            # Another thread may have taken it.
            with suppress(ValueError):
                _idle.remove(child)
                child.wait()


def _failure(child: Child) -> OrgFilesError:
    code = child.wait()
    reason = f"not done in {limits.CHILD_SECONDS} s" if child.is_late else f"exit code {code}"
    logger.warning("A picture was not decoded: %s.", reason)
    # The exit code is always 0 if the site ignores SIGCHLD.
    is_stopped = code < 0 or child.is_late
    if child.is_late and child.reading_seconds > limits.CHILD_SECONDS / 2:
        return StorageUnavailable()
    # By a signal: out of its time or memory, or of the machine's.
    return DecodingStopped() if is_stopped else NotAPicture()


def _copy(content: IO[bytes], child: Child, size: int) -> None:
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
