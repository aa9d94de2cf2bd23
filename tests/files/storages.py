"""Stores that fail, each in its way."""

import errno
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from org_files.storage.owners import OWNER


class FailingStorage(FileSystemStorage):
    """A folder that fails as told.

    ``fault``: what goes wrong. ``code``: the error number of what is raised.
    """

    def __init__(self, *, fault, code=errno.EIO, **options):
        super().__init__(**options)
        self.fault = fault
        self.code = code

    def _save(self, name, content):
        if self.fault == "cannot be reached":
            raise self.error()
        if self.fault == "cannot take a blob" and not name.endswith(OWNER):
            raise self.error()
        if self.fault.startswith("fails midway"):
            self._write_half(name, content)
            raise self.error()
        if self.fault == "writes short":
            # As if the first short read were the end of the file.
            return self._write_half(name, content)
        return super()._save(name, content)

    def size(self, name):
        if self.fault == "cannot be asked":
            raise self.error()
        return super().size(name)

    def delete(self, name):
        if self.fault.endswith("and stays away"):
            raise self.error()
        super().delete(name)

    def error(self):
        return OSError(self.code, "told to fail")

    def _write_half(self, name, content):
        half = content.read(content.size // 2)
        return super()._save(name, ContentFile(half))


class BucketStorage(InMemoryStorage):
    """A storage that tells its bucket by the names of django-storages."""

    def __init__(self, *, bucket_name):
        super().__init__()
        self.bucket_name = bucket_name


def blobs(storage):
    """Return the keys of everything in a store, but for its owner object and marks of writers."""
    folder = Path(storage.location)
    keys = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {key for key in keys if not key.startswith(OWNER)}
