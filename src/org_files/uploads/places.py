"""Partial files: where the bytes of a session are until it is complete.

This module has the one on a local disk. The bytes are in the folder of the storage itself, which
all web servers share, so that no byte is copied when the session is complete. ``s3`` has the one in
a bucket, and ``choice`` chooses by the storage of the organization.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.files import File as Content
from django.core.files import locks
from django.core.files.storage import Storage

from org_files.files.content import BLOCK_SIZE
from org_files.models import Upload
from org_files.storage.blobs import storage_errors
from org_files.storage.disk import FOLDER, sync_file, sync_folders
from org_files.storage.owners import claim_store
from org_files.uploads.exceptions import NoDirectUpload, UploadLost


class PartialFile(ABC):
    """The bytes of one session, held by one request."""

    #: Whether ``sync`` may run in another thread while ``write`` goes on.
    syncs_beside_writes = False

    @abstractmethod
    def is_free(self) -> bool:
        """Hold the bytes, and return whether no other request does.

        A process that is killed holds nothing any more.
        """

    def begin(self, upload: Upload) -> None:  # noqa: B027
        """Prepare to write after ``upload.offset``, as the writer of ``upload``."""

    @abstractmethod
    def write(self, blocks: Sequence[bytes], offset: int) -> None:
        """Write ``blocks`` at ``offset``, which is the end of what was written before."""

    @abstractmethod
    def sync(self) -> Mapping[str, Any]:
        """Return once no failure loses a byte, with the columns of the row that say where."""

    @abstractmethod
    def close(self) -> None:
        """Let another request hold the bytes."""


class Place(ABC):
    """A store of the bytes of sessions."""

    #: Whether what a superseded request still writes goes nowhere.
    is_fenced = False

    @staticmethod
    def new_key() -> str:
        """Return a new key, without writing anything."""
        return f"{FOLDER}/{uuid.uuid4().hex}"

    def prepare(self, upload: Upload) -> None:  # noqa: B027
        """Set the columns of a new session that say where its bytes will be."""

    def prepare_direct(self, upload: Upload, part_size: int | None) -> None:
        """Let the client of a new session send its bytes to the store, in parts of that size.

        Raises ``NoDirectUpload`` where no client can.
        """
        raise NoDirectUpload

    @abstractmethod
    def check(self, upload: Upload) -> None:
        """Raise ``UploadLost`` if bytes that were acknowledged are missing."""

    @abstractmethod
    def open(self, upload: Upload, *, creates: bool) -> PartialFile | None:
        """Return the bytes of a session; ``None`` if there are none and none are created."""

    @abstractmethod
    def copy(self, upload: Upload) -> str:
        """Copy the bytes that count, and return the new key. Not called where ``is_fenced``.

        For a session whose bytes are held by a request that cannot be ended.
        """

    @abstractmethod
    def content(self, upload: Upload) -> Any:
        """Return a context manager with the whole content, for ``store_file``."""

    @abstractmethod
    def discard(self, upload: Upload) -> None:
        """Remove the bytes of a session, if there are any. The file that it became stays."""


class LocalPlace(Place):
    """A folder of a local disk, or of a network file system with locks."""

    def __init__(self, root: Path, storage: Storage | None = None) -> None:
        self.root = root
        self.storage = storage

    def check(self, upload: Upload) -> None:
        if upload.offset:
            with storage_errors():
                size = self._size(upload.key)
            if size < upload.offset:
                raise UploadLost

    def open(self, upload: Upload, *, creates: bool) -> PartialFile | None:
        # Without bytes that count, the request that created it may have ended too early.
        return self._open(upload.key, creates=creates, has_entry=upload.offset > 0)

    def _open(self, key: str, *, creates: bool, has_entry: bool = False) -> PartialFile | None:
        with storage_errors():
            if creates and self.storage is not None:
                claim_store(self.storage)
            try:
                return LocalPartialFile(self.root, key, creates=creates, has_entry=has_entry)
            except FileNotFoundError:
                return None

    def copy(self, upload: Upload) -> str:
        self.check(upload)
        key, left = self.new_key(), upload.offset
        new = self._open(key, creates=True) if left else None
        if new is None:
            return key
        try:
            with storage_errors(), (self.root / upload.key).open("rb") as old:
                while left and (block := old.read(min(left, BLOCK_SIZE))):
                    new.write([block], upload.offset - left)
                    left -= len(block)
                new.sync()
        except BaseException:
            with suppress(OSError):
                (self.root / key).unlink()
            raise
        finally:
            new.close()
        return key

    @contextmanager
    def content(self, upload: Upload) -> Iterator[Any]:
        """Yield the content as a file that a local storage takes by renaming a second name of it.

        The first name stays until the session is complete, so that no failure loses a byte.
        """
        if not upload.offset:
            with tempfile.TemporaryFile() as empty:
                yield _Partial(empty)
            return
        self.check(upload)
        path = self.root / upload.key
        second = path.with_name(uuid.uuid4().hex)
        with storage_errors():
            opened = path.open("r+b")
        try:
            with storage_errors():
                # A request that was ended may have written more.
                is_synced = opened.seek(0, os.SEEK_END) == upload.offset
                opened.truncate(upload.offset)
                is_linked = _link(path, second)
            content = (_LinkedPartial if is_linked else _Partial)(opened, str(second))
            content.is_synced = is_synced
            yield content
        finally:
            opened.close()
            # It is gone where a storage has moved it.
            with suppress(OSError):
                second.unlink(missing_ok=True)

    def discard(self, upload: Upload) -> None:
        with storage_errors():
            (self.root / upload.key).unlink(missing_ok=True)

    def _size(self, key: str) -> int:
        try:
            return (self.root / key).stat().st_size
        except FileNotFoundError:
            return -1


class LocalPartialFile(PartialFile):
    """A partial file on a local disk."""

    syncs_beside_writes = True

    def __init__(self, root: Path, key: str, *, creates: bool, has_entry: bool) -> None:
        self._root, self._path = root, root / key
        #: Whether the entry of the file in its folder is on disk.
        self._has_entry = has_entry
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        if creates:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags |= os.O_CREAT
        self._descriptor = os.open(self._path, flags, 0o600)

    def is_free(self) -> bool:
        try:
            return locks.lock(self._descriptor, locks.LOCK_EX | locks.LOCK_NB)
        except OSError:  # a file system without locks
            return True

    def write(self, blocks: Sequence[bytes], offset: int) -> None:
        with storage_errors():
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            for block in blocks:
                view = memoryview(block)
                while view:
                    view = view[os.write(self._descriptor, view) :]

    def sync(self) -> Mapping[str, Any]:
        with storage_errors():
            sync_file(self._descriptor)
            if not self._has_entry:
                sync_folders(self._path, self._root)
                self._has_entry = True
        return {}

    def close(self) -> None:
        os.close(self._descriptor)


class _Partial(Content):  # type: ignore[type-arg]
    """An open partial file, as the content of a new file."""

    def __init__(self, opened: Any, path: str = "") -> None:
        super().__init__(opened, name="upload.org-files")
        self.path = path
        #: Whether its bytes are on disk.
        self.is_synced = False
        self.fingerprint: Any = None


class _LinkedPartial(_Partial):
    """A partial file whose second name Django's storage moves into its place."""

    def temporary_file_path(self) -> str:
        return self.path


def _link(path: Path, second: Path) -> bool:
    """Give a file a second name; return whether the file system has such names."""
    try:
        os.link(path, second)
    except (OSError, AttributeError, NotImplementedError):
        return False
    return True
