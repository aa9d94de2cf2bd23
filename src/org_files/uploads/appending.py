"""One request that appends bytes to a session, until its end, or until it is ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db.models import Q

from org_files.db.prepared import update_rows
from org_files.db.rows import after_deadlocks, writing
from org_files.exceptions import FileTooLarge
from org_files.files import Fingerprinter, content_type_of
from org_files.files.content import HEAD_SIZE
from org_files.files.quotas import quota_of, reserve_upload
from org_files.files.threads import MAX_UNSYNCED, Beside, Syncs
from org_files.models import Upload, open_uploads
from org_files.uploads import hashing
from org_files.uploads.exceptions import (
    DigestMismatch,
    InconsistentLength,
    UploadSuperseded,
    UploadTooSlow,
)
from org_files.uploads.protocols.digests import Digests
from org_files.uploads.taking import Taken
from org_files.uploads.watching import Watched, watch

#: Bytes and seconds after which what has arrived is written.
WRITE_SIZE = 2 * 1024 * 1024
WRITE_SECONDS = 0.5

#: Bytes of a request after which a second thread makes the digest, beside writes and waits.
MIN_SIZE_OF_THREADS = 512 * 1024

#: Bytes and seconds after which what was written is on disk, and counts.
COMMIT_SIZE = MAX_UNSYNCED
COMMIT_SECONDS = 2


@dataclass
class Body:
    """The body of a request.

    ``stop`` makes a read that waits return what has arrived, ``None`` where that is not possible.
    """

    #: Blocks as they arrive.
    blocks: Iterable[bytes]
    #: Its length where the request says it.
    length: int | None = None
    stop: Callable[[], None] | None = None
    #: Of the content: nothing of it counts unless it has them.
    digests: Mapping[str, bytes] | None = None
    #: Called with each offset that counts.
    on_offset: Callable[[int], None] = lambda _offset: None
    #: Whether the blocks ended before the body did.
    is_cut: bool = False


def append(session: Taken, body: Body) -> bool:
    """Append ``body`` to ``session``.

    Returns whether the whole body has arrived: bytes of a request that was cut off count as far as
    they were written. ``session.upload.offset`` is what counts. Raises ``DigestMismatch``,
    ``InconsistentLength`` for more bytes than the session has, ``FileTooLarge``,
    ``QuotaExceeded``, ``TypeNotAllowed``, ``UploadLost``, ``UploadSuperseded``,
    ``UploadTooSlow``, ``StorageFull`` or ``StorageUnavailable``.
    """
    upload = session.upload
    with watch(upload, body.stop) as seen:
        return _Append(session, body).receive(seen)


class _Append:
    def __init__(self, session: Taken, body: Body) -> None:
        self.upload = upload = session.upload
        self.body = body
        # A length is checked when it is set.
        self.quota = quota_of(upload.organization_id) if upload.length is None else None
        self.limit = None if self.quota is None else self.quota.max_file_size
        self.start = self.written = upload.offset
        self.received = 0
        self.is_type_known = upload.offset > 0
        self.measured: Fingerprinter | None = hashing.take(upload)
        self.digests = Digests(body.digests or ())
        # Held from the beginning, so that a request that waits sees this one.
        self._file = session.partial()
        self._file.begin(upload)
        self._syncs = Syncs(self._sync, upload.offset)
        #: Of the row, as the last sync has returned them.
        self._columns: Mapping[str, Any] = {}
        self._blocks: list[bytes] = []
        self._unwritten = 0
        self._written_at = self._committed_at = monotonic()

    def receive(self, seen: Watched) -> bool:
        with self._syncs, Beside(self._measure, MIN_SIZE_OF_THREADS) as measure:
            for block in self.body.blocks:
                seen.received(len(block))
                self._refuse_longer(len(block))
                measure(block)
                self._blocks.append(block)
                self._unwritten += len(block)
                self._write_if_due()
                if seen.is_slow or seen.is_ended:
                    break
            # While the digest of the last blocks is made.
            self._write()
            if not self.body.digests:
                self._commit()
            measure.wait()
        if self.body.digests and not self._has_digests():
            return False
        self._commit()
        if self.measured is not None:
            hashing.keep(self.upload, self.measured)
        if seen.is_slow:
            raise UploadTooSlow
        if seen.is_ended and not self._is_whole():
            raise UploadSuperseded
        return self._is_whole()

    def _is_whole(self) -> bool:
        length = self.body.length
        return not self.body.is_cut and (length is None or self.received == length)

    def _refuse_longer(self, size: int) -> None:
        """Raise an error before the bytes pass the length of the session, or a limit."""
        self.received += size
        end = self.start + self.received
        if self.upload.length is not None and end > self.upload.length:
            raise InconsistentLength
        if self.limit is not None and end > self.limit:
            raise FileTooLarge

    def _measure(self, block: bytes | memoryview) -> None:
        if self.measured is not None:
            self.measured.update(block)
        if self.body.digests:
            self.digests.update(block)

    def _has_digests(self) -> bool:
        """Return whether the content is whole. Raises ``DigestMismatch``."""
        if not self._is_whole():
            return False
        if not self.digests.match(self.body.digests or {}):
            raise DigestMismatch
        return True

    def _write_if_due(self) -> None:
        now = monotonic()
        if self._unwritten < WRITE_SIZE and now - self._written_at < WRITE_SECONDS:
            return
        self._write()
        self._written_at = now
        is_beside = self._file.syncs_beside_writes
        if is_beside:
            self._syncs.wrote(self.written)
        if self.body.digests:
            return
        is_late = now - self._committed_at >= COMMIT_SECONDS
        if is_late or (not is_beside and self.written - self.upload.offset >= COMMIT_SIZE):
            self._commit()
        elif self._syncs.synced - self.upload.offset >= COMMIT_SIZE:
            self._count(self._syncs.synced)
        else:
            return
        self._committed_at = now

    def _write(self) -> None:
        if not self._blocks:
            return
        self._refuse_type()
        self._file.write(self._blocks, self.written)
        self.written += self._unwritten
        self._blocks, self._unwritten = [], 0

    def _refuse_type(self) -> None:
        """Raise ``TypeNotAllowed`` once the first bytes tell the type."""
        head = b"".join(self._blocks)[:HEAD_SIZE] if not self.is_type_known else b""
        if len(head) == HEAD_SIZE:
            content_type_of(self.upload.name, head)
        self.is_type_known = True

    def _sync(self) -> None:
        self._columns = self._file.sync()

    def _commit(self) -> None:
        """Make all bytes that are written count: on disk first, then in the row."""
        self._syncs.finish(self.written)
        self._count(self.written)

    def _count(self, end: int) -> None:
        """Record in the row that the bytes before ``end`` are on disk."""
        upload, grown, columns = self.upload, end - self.upload.offset, self._columns
        if not grown:
            return

        # As long as this request is its writer.
        current = open_uploads() & Q(
            pk=upload.pk, writer=upload.writer, offset=upload.offset, is_complete=False
        )

        def count() -> None:
            # Alone, the statement is a transaction of its own.
            with nullcontext() if self.quota is None else writing(Upload):
                if not update_rows(Upload, current, offset=end, **columns):
                    raise UploadSuperseded
                if self.quota is not None:
                    reserve_upload(upload.organization_id, self.quota, grown, 0)

        after_deadlocks(count, Upload)
        for column, value in columns.items():
            setattr(upload, column, value)
        upload.offset = end
        self.body.on_offset(upload.offset)
