"""Who of many that ask for a picture at once makes it: one, in whichever process."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from org_files.db.rows import after_deadlocks, writing
from org_files.exceptions import (
    DecodingStopped,
    NotAPicture,
    PictureTooLarge,
    RenditionsBusy,
)
from org_files.models import AbstractFile, Decoding

__all__ = ["Claim", "claim", "failure"]

#: A claim whose holder died is over then. Longer than decoding may take at most.
HELD = timedelta(seconds=60)

#: What could not be decoded is not tried again before; what was stopped, which may have been the
#: machine's fault, not before the second.
FAILED = timedelta(days=1)
STOPPED = timedelta(minutes=5)

#: Seconds between two looks whether somebody else is done, and for how long.
INTERVAL = 0.05
PATIENCE = 20.0

#: So many requests of one process wait so long, since each holds a thread of the server; the others
#: for these seconds, which all but few pictures take less than.
WAITERS = 4
HASTE = 4.0

_waiters = threading.BoundedSemaphore(WAITERS)


class Claim:
    """The right to decode one picture."""

    def __init__(self, file: AbstractFile, key: uuid.UUID) -> None:
        self._rows = Decoding.objects.filter(pk=file.pk, claim=key)

    def fail(self, error: NotAPicture) -> None:
        """Write down that the picture cannot be decoded."""
        lasts = STOPPED if isinstance(error, DecodingStopped) else FAILED
        self._rows.update(until=timezone.now() + lasts, failure=error.code)

    def release(self) -> None:
        """Let others decode, unless it has failed."""
        after_deadlocks(self._rows.filter(failure="").delete, Decoding)


def failure(code: str) -> NotAPicture:
    """Return the error of a picture that failed with ``code``: one code for all, to clients."""
    is_large = code == PictureTooLarge.code
    return NotAPicture(str(PictureTooLarge.message)) if is_large else NotAPicture()


@contextmanager
def claim(file: AbstractFile) -> Iterator[Claim]:
    """Wait for the right to decode ``file``, and hold it for the block.

    Raises ``NotAPicture`` where somebody found lately that it cannot be decoded,
    ``RenditionsBusy`` where others take too long, and ``DoesNotExist`` where the file is gone.
    """
    key = _try(file) or _wait(file)
    held = Claim(file, key)
    try:
        yield held
    finally:
        held.release()


def _wait(file: AbstractFile) -> uuid.UUID:
    """Return the key of a claim, once nobody else holds one."""
    is_patient = _waiters.acquire(blocking=False)
    until = time.monotonic() + (PATIENCE if is_patient else HASTE)
    try:
        while (key := _try(file)) is None:
            if time.monotonic() >= until:
                raise RenditionsBusy
            time.sleep(INTERVAL)
        return key
    finally:
        if is_patient:
            _waiters.release()


def _try(file: AbstractFile) -> uuid.UUID | None:
    return after_deadlocks(partial(_begin, file), Decoding)


def _begin(file: AbstractFile) -> uuid.UUID | None:
    """Return the key of a new claim, ``None`` while somebody else holds one."""
    now, key = timezone.now(), uuid.uuid4()
    rows = Decoding.objects.filter(pk=file.pk)
    mine: dict[str, Any] = {"claim": key, "until": now + HELD, "failure": ""}
    if rows.filter(until__lte=now).update(**mine):
        return key
    found = rows.first()
    if found is not None:
        if found.failure:
            raise failure(found.failure)
        return None
    # The file may be gone, which not every database says by this statement.
    with suppress(IntegrityError), writing(Decoding):
        Decoding.objects.bulk_create([Decoding(file_id=file.pk, **mine)], ignore_conflicts=True)
    if rows.filter(claim=key).exists():
        return key
    if not type(file)._base_manager.filter(pk=file.pk).exists():
        raise type(file).DoesNotExist
    return None
