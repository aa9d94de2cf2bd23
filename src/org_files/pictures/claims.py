"""Claims: of several requests for one picture, in any process, one decodes."""

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
from org_files.exceptions import DecodingStopped, NotAPicture, PictureTooLarge, RenditionsBusy
from org_files.models import AbstractFile, Decoding

#: A claim ends then even if its holder died. Longer than decoding may take.
HELD = timedelta(seconds=60)

#: Time until a picture is tried again that could not be decoded, and one whose decoding was
#: stopped, which may have been the machine's fault.
FAILED = timedelta(days=1)
STOPPED = timedelta(minutes=5)

#: Seconds between two looks at another request's claim.
INTERVAL = 0.05
#: Up to 4 requests per process wait 20 s, because each holds a thread of the server; others give up
#: after 4 s.
WAITERS = 4
LONG_WAIT = 20.0
SHORT_WAIT = 4.0

_waiters = threading.BoundedSemaphore(WAITERS)


@contextmanager
def claim(file: AbstractFile) -> Iterator[None]:
    """Wait for the right to decode ``file``, and hold it for the block.

    A ``NotAPicture`` of the block is remembered, and raised until the picture may be tried again.
    Raises ``RenditionsBusy`` where others take too long, and ``DoesNotExist`` where the file is
    gone.
    """
    rows = Decoding.objects.filter(pk=file.pk, claim=_try(file) or _wait(file))
    try:
        yield
    except NotAPicture as error:
        lasts = STOPPED if isinstance(error, DecodingStopped) else FAILED
        rows.update(until=timezone.now() + lasts, failure=error.code)
        raise _failure(error.code) from error
    finally:
        after_deadlocks(rows.filter(failure="").delete, Decoding)


def _wait(file: AbstractFile) -> uuid.UUID:
    """Return the key of a new claim, once no other is held."""
    may_wait_long = _waiters.acquire(blocking=False)
    until = time.monotonic() + (LONG_WAIT if may_wait_long else SHORT_WAIT)
    try:
        while (key := _try(file)) is None:
            if time.monotonic() >= until:
                raise RenditionsBusy
            time.sleep(INTERVAL)
        return key
    finally:
        if may_wait_long:
            _waiters.release()


def _try(file: AbstractFile) -> uuid.UUID | None:
    """Return the key of a new claim, or ``None`` while another is held."""
    return after_deadlocks(partial(_create, file), Decoding)


def _create(file: AbstractFile) -> uuid.UUID | None:
    now, key = timezone.now(), uuid.uuid4()
    rows = Decoding.objects.filter(pk=file.pk)
    values: dict[str, Any] = {"claim": key, "until": now + HELD, "failure": ""}
    if rows.filter(until__lte=now).update(**values):
        return key
    found = rows.first()
    if found is not None:
        if found.failure:
            raise _failure(found.failure)
        return None
    # The file may be gone, which not every database reports by this statement.
    with suppress(IntegrityError), writing(Decoding):
        Decoding.objects.bulk_create([Decoding(file_id=file.pk, **values)], ignore_conflicts=True)
    if rows.filter(claim=key).exists():
        return key
    if not type(file)._base_manager.filter(pk=file.pk).exists():
        raise type(file).DoesNotExist
    return None


def _failure(code: str) -> NotAPicture:
    """Return the error of a picture that failed with ``code``: clients see one code for all."""
    is_large = code == PictureTooLarge.code
    return NotAPicture(str(PictureTooLarge.message)) if is_large else NotAPicture()
