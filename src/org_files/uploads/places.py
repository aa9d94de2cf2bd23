"""Partial files: where the bytes of a session are until it is complete.

A place is chosen by the storage of the organization. This module has the one on a local disk. The
bytes are in the folder of the storage itself, which all web servers share, so that no byte is
copied when the session is complete.
"""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File as Content
from django.core.files import locks
from django.core.files.storage import FileSystemStorage, Storage

from org_files import conf
from org_files.exceptions import StorageUnavailable, UploadLost
from org_files.models import AbstractOrganization, Upload
from org_files.storage import named_storage
from org_files.storage.blobs import storage_errors
from org_files.storage.owners import claim_store

#: The folder of partial files in a storage.
FOLDER = ".org_files_uploads"

#: Seconds that a request waits for the write of another one.
LOCK_SECONDS = 5
LOCK_PAUSE = 0.02


class Superseded(Exception):
    """Another request writes to the session by now, or has ended it."""


class PartialFile(ABC):
    """The bytes of one session, to which one request appends."""

    @abstractmethod
    def append(self, blocks: Sequence[bytes], is_current: Callable[[], bool]) -> None:
        """Write ``blocks`` behind the last ones.

        ``is_current`` is called while no other process can write. Where it returns false, nothing
        is written and ``Superseded`` is raised.
        """

    @abstractmethod
    def sync(self) -> None:
        """Return when all bytes are on disk."""

    @abstractmethod
    def close(self) -> None:
        """Release what the request holds. The bytes stay."""


class Place(ABC):
    """Where the bytes of sessions are."""

    @abstractmethod
    def new_key(self) -> str:
        """Return a new key, without writing anything."""

    @abstractmethod
    def check(self, upload: Upload) -> None:
        """Raise ``UploadLost`` if bytes that were acknowledged are missing."""

    @abstractmethod
    def open(self, upload: Upload) -> PartialFile:
        """Return the bytes, to be appended to at the offset of ``upload``."""

    @abstractmethod
    def content(self, upload: Upload) -> Any:
        """Return a context manager with the whole content, for ``store_file``."""

    @abstractmethod
    def discard(self, key: str) -> None:
        """Remove the bytes, if there are any. Raises ``StorageUnavailable``."""


class LocalPlace(Place):
    """A folder of a local disk, or of a network file system with locks."""

    def __init__(self, root: Path, storage: Storage | None = None) -> None:
        self.root = root
        self.storage = storage

    def new_key(self) -> str:
        return f"{FOLDER}/{uuid.uuid4().hex}"

    def check(self, upload: Upload) -> None:
        if upload.offset:
            with storage_errors():
                try:
                    size = self._path(upload.key).stat().st_size
                except FileNotFoundError:
                    size = -1
            if size < upload.offset:
                raise UploadLost

    def open(self, upload: Upload) -> PartialFile:
        self.check(upload)
        with storage_errors():
            if self.storage is not None:
                claim_store(self.storage)
            return LocalPartialFile(self._path(upload.key), upload.offset)

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
        path = self._path(upload.key)
        second = path.with_name(uuid.uuid4().hex)
        with storage_errors():
            opened = path.open("r+b")
        try:
            with storage_errors(), _alone(opened.fileno()):
                # A request that was superseded may have written more.
                opened.truncate(upload.offset)
                is_linked = _link(path, second)
            yield (_LinkedPartial if is_linked else _Partial)(opened, str(second))
        finally:
            opened.close()
            # It is gone where a storage has moved it.
            with suppress(OSError):
                second.unlink(missing_ok=True)

    def discard(self, key: str) -> None:
        with storage_errors():
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.root / key


class LocalPartialFile(PartialFile):
    """A partial file on a local disk."""

    def __init__(self, path: Path, offset: int) -> None:
        self._position = offset
        self._is_new = not offset
        self._folder = path.parent
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        if self._is_new:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags |= os.O_CREAT
        self._descriptor = os.open(path, flags, 0o600)

    def append(self, blocks: Sequence[bytes], is_current: Callable[[], bool]) -> None:
        with storage_errors(), _alone(self._descriptor):
            if not is_current():
                raise Superseded
            os.lseek(self._descriptor, self._position, os.SEEK_SET)
            for block in blocks:
                view = memoryview(block)
                while view:
                    view = view[os.write(self._descriptor, view) :]
            self._position += sum(map(len, blocks))

    def sync(self) -> None:
        with storage_errors():
            os.fsync(self._descriptor)
            if self._is_new:
                _sync_folder(self._folder)
                self._is_new = False

    def close(self) -> None:
        os.close(self._descriptor)


class _Partial(Content):
    """An open partial file, as the content of a new file."""

    def __init__(self, opened: Any, path: str = "") -> None:
        super().__init__(opened, name="upload.org-files")
        self.path = path
        self.fingerprint: Any = None


class _LinkedPartial(_Partial):
    """A partial file whose second name Django's storage moves into its place."""

    def temporary_file_path(self) -> str:
        return self.path


def alias_for(organization: AbstractOrganization) -> str:
    """Return the alias of the storage that has the partial files of an organization.

    Empty where that storage is not on a local disk.
    """
    alias = conf.storage_alias(organization)
    return alias if isinstance(named_storage(alias), FileSystemStorage) else ""


def place_of(alias: str) -> Place:
    """Return the place of the sessions with ``alias`` in their column ``storage_alias``."""
    storage = named_storage(alias) if alias else None
    if isinstance(storage, FileSystemStorage):
        return LocalPlace(Path(storage.location), storage)
    return LocalPlace(Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()))


@contextmanager
def _alone(descriptor: int) -> Iterator[None]:
    """Hold the lock of a partial file for one write. That of a killed process is gone with it."""
    deadline = time.monotonic() + LOCK_SECONDS
    while not locks.lock(descriptor, locks.LOCK_EX | locks.LOCK_NB):
        if time.monotonic() > deadline:
            raise StorageUnavailable
        time.sleep(LOCK_PAUSE)
    try:
        yield
    finally:
        locks.unlock(descriptor)


def _link(path: Path, second: Path) -> bool:
    """Give a file a second name; return whether the file system has such names."""
    try:
        os.link(path, second)
    except (OSError, AttributeError, NotImplementedError):
        return False
    return True


def _sync_folder(folder: Path) -> None:
    # Its entry of the file. Windows has no such descriptors.
    for each in (folder, folder.parent):
        with suppress(OSError, AttributeError):
            descriptor = os.open(each, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
