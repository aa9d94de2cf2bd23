"""Storages in a folder of a local disk: hard links, and files that outlive a power failure."""

import errno
import os
import stat
import uuid
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files import File as Content
from django.core.files.storage import FileSystemStorage, Storage

#: The folder of a storage for files that are not complete, and for second names.
FOLDER = ".org_files_uploads"

#: Seconds after which a system has written a change to the disk by itself; Linux does after 30.
WRITTEN_AFTER = 600

#: Errors of file systems that sync no folders.
NO_FOLDERS = (errno.EBADF, errno.EINVAL)


class _Linked(Content):  # type: ignore[type-arg]
    """A second name of a file, as content that a folder takes by renaming it."""

    def __init__(self, path: Path) -> None:
        super().__init__(None, name="linked.org-files")
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


def is_folder(storage: Storage) -> bool:
    """Return whether ``storage`` keeps the very bytes of each blob in a file."""
    # Not its type: Django's default storage is a lazy object. A subclass may encrypt.
    cls, folder = storage.__class__, FileSystemStorage
    methods = ("_open", "_save")
    return issubclass(cls, folder) and all(
        getattr(cls, method) is getattr(folder, method) for method in methods
    )


def link_blob(source: Any, name: str, target: Any, key: str) -> str:
    """Give a file of one folder a second name in another, by a hard link; return its key.

    The text is empty, and nothing is done, where that is not possible or not safe: a file with
    another name already may be written by that name, and permissions belong to all names. A storage
    that may overwrite its files writes into them.
    """
    if not (is_folder(source) and is_folder(target)) or source._allow_overwrite:
        return ""
    old, second = Path(source.path(name)), Path(target.path(f"{FOLDER}/{uuid.uuid4().hex}"))
    try:
        status = old.lstat()
        mode = target.file_permissions_mode
        has_mode = mode is None or stat.S_IMODE(status.st_mode) == mode
        if not (stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and has_mode):
            return ""
        second.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.link(old, second)
    except (OSError, AttributeError, NotImplementedError):
        return ""
    try:
        return str(target.save(key, _Linked(second)))
    finally:
        # It is gone once the folder has renamed it.
        second.unlink(missing_ok=True)


def is_same_file(one: Storage, name: str, other: Storage, key: str) -> bool:
    """Return whether both names are names of one file."""
    try:
        return Path(one.path(name)).samefile(other.path(key))
    except (NotImplementedError, FileNotFoundError):
        return False


def sync_file(descriptor: int) -> None:
    """Return once the bytes of an open file are on the disk.

    With its size, which is needed to read them, and without its times.
    """
    getattr(os, "fdatasync", os.fsync)(descriptor)


def sync_folders(path: Path, root: Path) -> None:
    """Return once the entries that lead from the folder ``root`` to ``path`` are on the disk."""
    if os.name == "nt":  # where folders cannot be opened
        return
    # By the clock of the disk: that of a network file system may be another.
    newest = path.parent.stat().st_mtime
    for folder in path.parents:
        if newest - folder.stat().st_mtime < WRITTEN_AFTER:
            _sync_folder(folder)
        if folder == root:
            return


def sync_blob(storage: Storage, key: str, content: Any = None) -> None:
    """Return once a file, and its name, are on the disk. Other storages do that by themselves.

    Its bytes are not synced again if ``content``, which the storage has moved into its place, has a
    true attribute ``is_synced``.
    """
    try:
        path = Path(storage.path(key))
        # Windows writes the buffers of a file that is open for writing alone.
        descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except NotImplementedError:
        return
    except FileNotFoundError:
        if storage.exists(key):  # one in memory that has paths
            return
        raise
    try:
        if not (getattr(content, "is_synced", False) and _is_open(content, descriptor)):
            sync_file(descriptor)
    finally:
        os.close(descriptor)
    sync_folders(path, path.parents[len(PurePosixPath(key).parts) - 1])


def _is_open(content: Any, descriptor: int) -> bool:
    return os.path.samestat(os.fstat(content.fileno()), os.fstat(descriptor))


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:  # one that may be written alone
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_FOLDERS:
            raise
    finally:
        os.close(descriptor)
