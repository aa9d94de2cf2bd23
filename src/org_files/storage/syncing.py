"""Syncs of local files and their folders: what is on disk outlives a power failure."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path, PurePosixPath

#: Errors of file systems that sync no folders.
NO_FOLDERS = (errno.EBADF, errno.EINVAL)


def sync_file(descriptor: int) -> None:
    """Return once the bytes of an open file are on disk.

    With its size, which is needed to read them, and without its times.
    """
    getattr(os, "fdatasync", os.fsync)(descriptor)


def sync_folders(path: Path, key: str) -> None:
    """Return once the entry of a file is on disk, and those of the folders above it.

    ``path`` ends with ``key``: the folders are those up to the root of the storage.
    """
    if sys.platform == "win32":  # where folders cannot be opened
        return
    for folder in path.parents[: len(PurePosixPath(key).parts)]:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in NO_FOLDERS:
                raise
        finally:
            os.close(descriptor)
