"""``open_blob``: what a storage gives is compared with what the row says, at little cost."""

import os
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage

from org_files.exceptions import ContentUnavailable
from org_files.storage.blobs import open_blob

CONTENT = b"0123456789"


class Remote(File):
    """A file that knows its size from the answer that opened it, as one of S3 does."""

    size = len(CONTENT)


class RemoteStorage(Storage):
    """Has no paths, and counts further requests."""

    requests = 0

    def _open(self, name, mode="rb"):
        return Remote(ContentFile(CONTENT).file, name)

    def size(self, name):
        """Return the size, by a request of its own."""
        self.requests += 1
        return len(CONTENT)


class Reversing(FileSystemStorage):
    """Keeps bytes in a form of its own, which is longer."""

    def _open(self, name, mode="rb"):
        return ContentFile(Path(self.path(name)).read_bytes()[:0:-1])

    def size(self, name):
        """Return the size of what was stored."""
        return super().size(name) - 1


class Swapping(FileSystemStorage):
    """Puts a link in the place of a file just before it is opened."""

    def _open(self, name, mode="rb"):
        path = Path(self.path(name))
        path.unlink()
        path.symlink_to(path.with_name("other"))
        return super()._open(name, mode)


def test_file_that_knows_its_size__costs_no_further_request():
    storage = RemoteStorage()

    with open_blob(storage, "key", len(CONTENT)) as content:
        assert content.read() == CONTENT
    with pytest.raises(ContentUnavailable):
        open_blob(storage, "key", len(CONTENT) + 1)
    assert storage.requests == 0


def test_storage_that_encodes__is_asked_for_the_size(tmp_path):
    (tmp_path / "key").write_bytes(b"x" + CONTENT[::-1])

    with open_blob(Reversing(tmp_path), "key", len(CONTENT)) as content:
        assert content.read() == CONTENT


def test_link_put_in_place_just_before_it_is_opened__is_not_followed(tmp_path):
    for name in ("key", "other"):
        (tmp_path / name).write_bytes(CONTENT)

    with pytest.raises(ContentUnavailable):
        open_blob(Swapping(tmp_path), "key", len(CONTENT))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_anything_but_a_regular_file__is_refused_at_once(tmp_path, make):
    make(tmp_path / "key")

    with pytest.raises(ContentUnavailable):
        open_blob(FileSystemStorage(tmp_path), "key", 0)
