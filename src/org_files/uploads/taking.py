"""Requests for a session: one at a time, and the latest ends the one before."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import router
from django.db.models import F, Q

from org_files.db.prepared import update_rows
from org_files.db.rows import after_deadlocks, writing
from org_files.models import Upload, open_uploads
from org_files.uploads.choice import place_of
from org_files.uploads.exceptions import UploadLost, UploadSuperseded
from org_files.uploads.places import PartialFile
from org_files.uploads.rows import discard_on_commit, own_uploads, row_of

#: Seconds that a request waits for the end of the one before, and between two looks.
WAIT_SECONDS = 3.5
WAIT_PAUSE = 0.05


class Taken:
    """A session of which this request is the only writer."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        #: The bytes, if they are held: there are some, and no other request holds them.
        self._partial: PartialFile | None = None

    def take(self) -> None:
        """Become the writer, after the request before has ended, if that can be ended.

        Raises ``DoesNotExist`` if the session has ended, and ``UploadLost``.
        """
        while not self.upload.is_complete:
            self._partial, key = _held(self.upload), self.upload.key
            self.upload = after_deadlocks(lambda: _become_writer(self.upload), Upload)
            if self.upload.key == key:
                break
            # Copied by another request meanwhile.
            self.close()
        try:
            if not self.upload.is_complete:
                place_of(self.upload).check(self.upload)
        except UploadLost:
            # Unless another request has made the file meanwhile.
            self.upload = own_uploads(self.upload.public_id, self.upload.owner_id).get()
            if not self.upload.is_complete:
                raise

    def partial(self) -> PartialFile:
        """Return the bytes. Those that another request still holds are copied first."""
        if self._partial is None:
            self._open()
        assert self._partial is not None
        return self._partial

    def close(self) -> None:
        """Let the next request take the session."""
        if self._partial is not None:
            self._partial.close()
            self._partial = None

    def _open(self) -> None:
        upload = self.upload
        place, old = place_of(upload), copy.copy(upload)
        if place.is_fenced or not upload.offset:
            self._partial = place.open(upload, creates=True)
            if self._is_free() or place.is_fenced:
                return
            self.close()
        # A request that cannot be ended, such as one of a machine that is gone, holds the bytes. It
        # may go on to write to the old ones.
        upload.key = place.copy(upload)
        row = row_of(upload).filter(writer=upload.writer, is_complete=False)
        if not row.update(key=upload.key):
            place.discard(upload)
            raise UploadSuperseded
        discard_on_commit(old, router.db_for_write(Upload))
        self._partial = place.open(upload, creates=True)
        if not self._is_free():
            raise UploadSuperseded

    def _is_free(self) -> bool:
        return self._partial is not None and self._partial.is_free()


@contextmanager
def taken(upload: Upload) -> Iterator[Taken]:
    """Take a session, as ``find_upload`` has returned it: this request is its only writer then.

    A request that writes is ended within seconds, and what it has received counts. Raises
    ``DoesNotExist``, and ``UploadLost`` if bytes that were acknowledged are missing.
    """
    this = Taken(upload)
    try:
        this.take()
        yield this
    finally:
        this.close()


def _held(upload: Upload) -> PartialFile | None:
    """Return the bytes of a session once no other request holds them.

    ``None`` if there are none, or if a request holds them that cannot be ended.
    """
    partial = place_of(upload).open(upload, creates=False)
    if partial is None or partial.is_free():
        return partial
    is_free, deadline = False, time.monotonic() + WAIT_SECONDS
    try:
        row_of(upload).update(is_wanted=True)
        while not is_free and time.monotonic() < deadline:
            time.sleep(WAIT_PAUSE)
            is_free = partial.is_free()
    finally:
        if not is_free:
            partial.close()
    return partial if is_free else None


def _become_writer(upload: Upload) -> Upload:
    if _is_writer_at_once(upload):
        return upload
    with writing(Upload):
        own = own_uploads(upload.public_id, upload.owner_id)
        # Locks the row, so that the offset is the last one of the request before.
        own.filter(is_complete=False).update(writer=F("writer") + 1, is_wanted=False)
        return own.get()


def _is_writer_at_once(upload: Upload) -> bool:
    """Become the writer by one statement, if the row is as it was read; return whether it is.

    Other columns that change do so together with one of these, but for those of S3.
    """
    if upload.stored:
        return False
    as_read = {name: getattr(upload, name) for name in ("pk", "writer", "offset", "length", "key")}
    same = open_uploads() & Q(is_complete=False, **as_read)
    is_same = update_rows(Upload, same, writer=upload.writer + 1, is_wanted=False) > 0
    if is_same:
        upload.writer, upload.is_wanted = upload.writer + 1, False
    return is_same
