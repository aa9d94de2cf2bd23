"""Bytes of sessions in S3: a multipart upload, with the short tail as an object of its own.

The row tells what counts. A request that was superseded writes under other numbers and keys, so
what it still writes harms nothing.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File as Content
from django.core.files import locks
from django.db.models import QuerySet

from org_files.db.rows import all_rows
from org_files.exceptions import ContentUnavailable, FileTooLarge
from org_files.files.uploads import SUFFIX
from org_files.models import Upload
from org_files.storage import content_key, multipart
from org_files.storage.blobs import discard_blob, open_blob, storage_errors
from org_files.storage.owners import claim_store
from org_files.uploads.exceptions import UploadLost, UploadSuperseded
from org_files.uploads.places import PartialFile, Place

#: Bytes of a part, more for a file that would have too many of them. Some stores take numbers up to
#: 1,000 by default, of which each request leaves one unused.
PART_SIZE = 8 * 1024 * 1024
PARTS = 800


def part_size_for(length: int | None) -> int:
    """Return the bytes of the parts of a content, in whole MiB."""
    size = max(PART_SIZE, math.ceil((length or 0) / PARTS / 2**20) * 2**20)
    return min(size, multipart.MAX_PART_SIZE)


def next_number(storage: Any, stored: Mapping[str, Any]) -> int:
    """Return a number of a part that no earlier request uses.

    One part of each may still be on its way: the one after the last that has arrived, or the first,
    whose number is in the row. ``FileNotFoundError`` without a multipart upload.
    """
    found = multipart.parts_of(storage, stored["target"], stored["id"])
    last = max((part.number for part in found), default=0)
    return max(last + 2, int(stored["first_number"]) + 1)


class S3Place(Place):
    """A bucket."""

    is_fenced = True

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def prepare(self, upload: Upload) -> None:
        upload.tail_size = 0
        upload.stored = {
            "target": content_key(upload, ""),
            "part_size": part_size_for(upload.length),
            "id": "",
            "first_number": 0,
            "parts": [],
        }

    def prepare_direct(self, upload: Upload, part_size: int | None) -> None:
        stored = upload.stored
        least = math.ceil((upload.length or 0) / PARTS)
        stored["is_direct"] = True
        stored["part_size"] = max(part_size or stored["part_size"], least)
        with storage_errors():
            claim_store(self.storage)
            stored["id"] = multipart.start(self.storage, stored["target"])

    def check(self, upload: Upload) -> None:
        stored = upload.stored
        if not upload.offset:
            return
        with storage_errors():
            try:
                found = set(self.parts(upload)) if stored["id"] else set()
            except FileNotFoundError:
                # Completed, but its file was not made.
                if multipart.size_of(self.storage, stored["target"]) != upload.offset:
                    raise UploadLost from None
                return
            if not found.issuperset(tuple(part) for part in stored["parts"]):
                raise UploadLost
            tail = upload.tail_size
            if tail and multipart.size_of(self.storage, upload.key) != tail:
                raise UploadLost

    def parts(self, upload: Upload) -> list[multipart.Part]:
        """Return the parts that the store has. ``FileNotFoundError`` without a multipart upload."""
        return multipart.parts_of(self.storage, upload.stored["target"], upload.stored["id"])

    def open(self, upload: Upload, *, creates: bool) -> PartialFile:
        if creates:
            with storage_errors():
                claim_store(self.storage)
        return S3PartialFile(self.storage, upload)

    def copy(self, upload: Upload) -> str:
        raise NotImplementedError

    @contextmanager
    def content(self, upload: Upload) -> Iterator[Any]:
        """Yield the object under its final key. It stays if no file is made of it."""
        target = upload.stored["target"]
        try:
            with storage_errors():
                self._assemble(upload)
            try:
                opened = open_blob(self.storage, target, upload.offset)
            except ContentUnavailable as error:
                raise UploadLost from error
            with opened:
                yield _Stored(opened, target, upload)
        except UploadSuperseded:
            if not all_rows(Upload).filter(pk=upload.pk).exists():
                self.discard(upload)
            raise

    def discard(self, upload: Upload) -> None:
        stored = upload.stored
        with storage_errors():
            if stored["id"]:
                multipart.abort(self.storage, stored["target"], stored["id"])
            if upload.tail_size:
                self.storage.delete(upload.key)
            # Of a complete session it is the file.
            if not upload.is_complete:
                self.storage.delete(stored["target"])

    def _assemble(self, upload: Upload) -> None:
        """Make the object of the parts and the tail, unless an earlier request has."""
        storage, target = self.storage, upload.stored["target"]
        if not upload.offset:
            multipart.put(storage, target, b"")
        elif multipart.size_of(storage, target) != upload.offset:
            try:
                self._join(upload, upload.stored)
            except FileNotFoundError as error:
                # Another request, or one that the client of S3 has repeated, may have joined them.
                if multipart.size_of(storage, target) != upload.offset:
                    raise UploadLost from error

    def _join(self, upload: Upload, stored: Mapping[str, Any]) -> None:
        storage, target, upload_id = self.storage, stored["target"], stored["id"]
        if not upload_id:
            multipart.copy_object(storage, upload.key, target)
            return
        parts = [(number, etag) for number, etag, _size in stored["parts"]]
        if upload.tail_size:
            last = min(next_number(storage, stored), multipart.MAX_PARTS)
            parts += [(last, multipart.copy_part(storage, target, upload_id, last, upload.key))]
        multipart.complete(storage, target, upload_id, parts)


class S3PartialFile(PartialFile):
    """The parts and the tail of one session, written by one request."""

    def __init__(self, storage: Any, upload: Upload) -> None:
        self.storage = storage
        self._pk = upload.pk
        # Requests on one machine wait for each other, so that the first keeps what it has received.
        self._lock = _lock_path(upload)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        with storage_errors():
            self._descriptor = os.open(self._lock, flags, 0o600)
        self._has_lock = False
        self._tails: set[str] = set()
        self._buffer: Any = None

    def is_free(self) -> bool:
        try:
            self._has_lock = locks.lock(self._descriptor, locks.LOCK_EX | locks.LOCK_NB)
        except OSError:
            return True
        return self._has_lock

    def begin(self, upload: Upload) -> None:
        self._writer = upload.writer
        self._stored = {**upload.stored, "parts": list(upload.stored["parts"])}
        self._size = upload.tail_size or 0
        #: Of the next part; 0 before the first.
        self._number = 0
        self._key = upload.key
        with storage_errors():
            self._buffer = tempfile.TemporaryFile()  # noqa: SIM115, closed by ``close``
        if self._size:
            self._tails.add(upload.key)
            with storage_errors(), open_blob(self.storage, upload.key, self._size) as tail:
                while block := tail.read(1024 * 1024):
                    self._buffer.write(block)

    def write(self, blocks: Sequence[bytes], offset: int) -> None:
        with storage_errors():
            for block in blocks:
                view = memoryview(block)
                while view:
                    left = self._stored["part_size"] - self._size
                    self._buffer.write(view[:left])
                    self._size += len(view[:left])
                    view = view[left:]
                    if self._size == self._stored["part_size"]:
                        self._send_part()

    def sync(self) -> dict[str, Any]:
        # A new one also without a tail, so that the old one is removed.
        self._key = Place.new_key()
        if self._size:
            self._tails.add(self._key)
            self._buffer.seek(0)
            with storage_errors():
                multipart.put(self.storage, self._key, self._buffer)
            self._buffer.seek(0, os.SEEK_END)
        return {"stored": self._stored, "key": self._key, "tail_size": self._size}

    def close(self) -> None:
        try:
            if self._buffer is not None:
                self._buffer.close()
                self._remove_tails()
        finally:
            if self._has_lock:
                with suppress(OSError):
                    self._lock.unlink()
            os.close(self._descriptor)

    def _send_part(self) -> None:
        stored = self._stored
        if not self._number:
            self._begin_parts()
        # Of a request that was superseded, no more than one part is on its way.
        elif not self._row().exists():
            raise UploadSuperseded
        if self._number > multipart.MAX_PARTS - 1:
            raise FileTooLarge
        self._buffer.seek(0)
        number, size = self._number, self._size
        target, upload_id = stored["target"], stored["id"]
        etag = multipart.send_part(self.storage, target, upload_id, number, self._buffer)
        stored["parts"].append([number, etag, size])
        self._number += 1
        self._buffer.seek(0)
        self._buffer.truncate()
        self._size = 0

    def _begin_parts(self) -> None:
        """Choose the first number, and save it with the id of the multipart upload.

        A multipart upload that the row does not name would not be removed with the session.
        """
        stored, is_new = self._stored, not self._stored["id"]
        if is_new:
            stored["id"] = multipart.start(self.storage, stored["target"])
        self._number = 1 if is_new else next_number(self.storage, stored)
        stored["first_number"] = self._number
        if not self._row().update(stored=stored):
            if is_new:
                multipart.abort(self.storage, stored["target"], stored["id"])
            raise UploadSuperseded

    def _row(self) -> QuerySet[Upload]:
        """Return the row, as long as this request is its writer."""
        return all_rows(Upload).filter(pk=self._pk, writer=self._writer)

    def _remove_tails(self) -> None:
        """Remove the tails that the row does not name."""
        if self._tails:
            named = all_rows(Upload).filter(pk=self._pk).values_list("key", flat=True)
            for key in self._tails - set(named):
                discard_blob(self.storage, key)


class _Stored(Content):  # type: ignore[type-arg]
    """An object that is under its final key already, as the content of a new file."""

    def __init__(self, opened: Any, key: str, upload: Upload) -> None:
        super().__init__(opened, name="upload.org-files")
        self.size = upload.offset
        self.stored_key = key
        self.stays = True  # The client can ask for the file again.
        self.stored_alias = upload.storage_alias
        self.fingerprint: Any = None


def _lock_path(upload: Upload) -> Path:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    name = upload.stored["target"].rpartition("/")[2]
    # The job ``uploads`` removes those of killed processes.
    return folder / f"{tempfile.gettempprefix()}{name}{SUFFIX}"
