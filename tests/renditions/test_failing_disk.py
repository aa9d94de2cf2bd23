"""A disk that fails is not the picture's fault."""

from __future__ import annotations

import errno
import io
import tempfile
from typing import Any

import pytest

from org_files.exceptions import NotAPicture, StorageFull, StorageUnavailable
from org_files.renditions import Box, child, describe_picture, scale
from tests.renditions.pictures import picture

BOXES = [Box(200, 200)]


class Failing(io.BytesIO):
    """A file that cannot be read behind so many bytes."""

    def __init__(self, data: bytes, readable: int) -> None:
        super().__init__(data)
        self.readable_bytes = readable

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.tell() > self.readable_bytes:
            raise OSError(errno.EIO, "Input/output error")
        return data


def test_content_that_cannot_be_read__is_the_stores_fault() -> None:
    with pytest.raises(StorageUnavailable):
        describe_picture(Failing(picture().getvalue(), 20))
    with pytest.raises(StorageUnavailable):
        scale(Failing(picture(320, 240).getvalue(), 2000), BOXES)


def test_full_disk__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(child, "IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)

    with pytest.raises(StorageFull):
        scale(picture(), BOXES)


def test_file_that_is_cut_while_it_is_read__is_no_picture() -> None:
    class Cut(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) if self.tell() < 100 else b""

    with pytest.raises(NotAPicture):
        scale(Cut(picture().getvalue() + bytes(3_000_000)), BOXES)
