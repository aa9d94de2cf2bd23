"""Temporary files, and what becomes of their errors."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from org_files.exceptions import StorageFull, StorageUnavailable

__all__ = ["reading_and_writing", "temporary_file"]


@contextmanager
def reading_and_writing() -> Iterator[None]:
    """Turn what goes wrong with a disk into ``StorageFull`` or ``StorageUnavailable``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise StorageUnavailable from error


@contextmanager
def temporary_file() -> Iterator[IO[bytes]]:
    """Hold a file that is gone when it is closed. Raises as above where there is no room for it."""
    with reading_and_writing():
        file = tempfile.TemporaryFile()  # noqa: SIM115
    with file:
        yield file
