"""Stores that speak S3, through django-storages: their errors, and objects that are read in parts.

Nothing here imports boto3: where no storage has, no error and no file is of its classes.
"""

from __future__ import annotations

import errno
import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from typing import Any

from django.core.files import File as Content
from django.core.files.storage import Storage

#: Bytes asked for at once. Between two requests a slow client holds no connection to the store.
WINDOW = 8 * 1024 * 1024

BUFFER = 256 * 1024

#: Parts of an upload, of 8 MiB each, that are sent at once. The next one is read meanwhile.
PARTS_AT_ONCE = 1

#: The object is not there, is another one by now, or ends before the range.
WITHOUT_CONTENT = (404, 412, 416)

#: Codes by which stores say that a bucket or all of the store is full, beside status 507.
FULL = ("QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded")


def store_errors() -> tuple[type[Exception], ...]:
    """Return the classes of errors of a store that does not do what it is asked for."""
    found: list[type[Exception]] = [OSError]
    for module, names in (
        ("botocore.exceptions", ("BotoCoreError", "ClientError")),
        ("boto3.exceptions", ("Boto3Error",)),
    ):
        if module in sys.modules:
            found += [getattr(sys.modules[module], name) for name in names]
    return tuple(found)


@contextmanager
def os_errors() -> Iterator[None]:
    """Raise an ``OSError`` for an error of an S3 client, as a storage on disk does."""
    try:
        yield
    except store_errors() as error:
        if isinstance(error, OSError):
            raise
        raise _os_error(error) from error


def _os_error(error: Exception) -> OSError:
    response = getattr(error, "response", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    code = response.get("Error", {}).get("Code")
    # A bucket that is missing is no missing object.
    if status in WITHOUT_CONTENT and code != "NoSuchBucket":
        return FileNotFoundError(errno.ENOENT, str(error))
    if status == 507 or code in FULL:
        return OSError(errno.ENOSPC, str(error))
    return OSError(errno.EIO, str(error))


def is_s3(storage: Storage) -> bool:
    """Return whether ``storage`` is one of django-storages for S3."""
    module = sys.modules.get("storages.backends.s3")
    return module is not None and isinstance(storage, module.S3Storage)


def check_bucket(storage: Any) -> None:
    """Raise an ``OSError`` if the bucket of ``storage`` is missing, or may not be listed."""
    with os_errors():
        client = storage.connection.meta.client
        client.list_objects_v2(Bucket=storage.bucket_name, MaxKeys=1)


def objects(storage: Any, prefix: str = "") -> Iterator[tuple[str, int, datetime]]:
    """Yield key, size and age of all objects with ``prefix``, a thousand in each request."""
    location = f"{storage.location.strip('/')}/".lstrip("/")
    with os_errors():
        pages = storage.connection.meta.client.get_paginator("list_objects_v2").paginate(
            Bucket=storage.bucket_name, Prefix=location + prefix
        )
        for page in pages:
            for each in page.get("Contents", ()):
                yield each["Key"].removeprefix(location), each["Size"], each["LastModified"]


def for_upload(storage: Any, content: Content[bytes]) -> Content[bytes]:
    """Return ``content`` as it is handed to ``storage``.

    S3 gets it without the content type, which the client of an upload has chosen: a header with
    any text, on an object that would be shown as what it says, and compressed where it is a text.
    """
    if not is_s3(storage):
        return content
    # boto3 has ten in memory by default, and no argument for them.
    config = storage.transfer_config
    config.max_in_memory_upload_chunks = min(config.max_in_memory_upload_chunks, PARTS_AT_ONCE)
    bare: Any = _Bare(content)
    return Content(bare)


def in_parts(storage: Storage, content: Any) -> Any:
    """Return ``content``, open for reading, as a file that has no more than a part in memory.

    A file of django-storages loads the whole object before it gives the first byte.
    """
    if is_s3(storage) and hasattr(content, "obj"):
        return io.BufferedReader(_ObjectReader(storage, content), BUFFER)
    return content


def is_stored(storage: Any, key: str, content: Content[bytes], size: int) -> bool:
    """Return whether the object under ``key`` has the ``size`` bytes of ``content``.

    Its entity tag tells that if it is the MD5 of the bytes, or made of the MD5 of each part, as
    most stores have it. If not, as with keys of KMS, the object is read once.
    """
    with in_parts(storage, storage.open(key, "rb")) as stored:
        # A subclass may open an object in its own way.
        if isinstance(raw := getattr(stored, "raw", None), _ObjectReader):
            if raw.size != size:
                return False
            if raw.etag.strip('"') == _entity_tag(content, size, storage.transfer_config):
                return True
        content.seek(0)
        while block := content.read(BUFFER):
            if stored.read(len(block)) != block:
                return False
        return not stored.read(1)


def _entity_tag(content: Content[bytes], size: int, config: Any) -> str:
    """Return the entity tag of ``content`` after an upload by boto3 with ``config``."""
    in_one = size < config.multipart_threshold
    step = max(size, 1) if in_one else config.multipart_chunksize
    content.seek(0)
    digests = []
    for start in range(0, size, step) or (0,):
        digest, left = hashlib.md5(usedforsecurity=False), min(step, size - start)
        while left and (block := content.read(min(left, BUFFER))):
            digest.update(block)
            left -= len(block)
        digests.append(digest)
    if in_one:
        return digests[0].hexdigest()
    joined = b"".join(digest.digest() for digest in digests)
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(digests)}"


class _Bare:
    """The bytes of a file, in full reads, and nothing that is known of them."""

    def __init__(self, content: Content[bytes]) -> None:
        self.content = content
        self.seek, self.tell = content.seek, content.tell
        self.size = content.size
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Return ``size`` bytes, fewer only at the end: boto3 takes a short read for the end."""
        blocks = []
        left = sys.maxsize if size is None or size < 0 else size
        # A whole part at once, of which there is no copy then.
        while left and (block := self.content.read(min(left, WINDOW))):
            blocks.append(block)
            left -= len(block)
        return b"".join(blocks)

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """Do nothing: the file belongs to the caller."""


class _ObjectReader(io.RawIOBase):
    """One object of a bucket, read by ranges. Of another object under its key no byte is read."""

    def __init__(self, storage: Any, content: Any) -> None:
        allowed = import_module("s3transfer.constants").ALLOWED_DOWNLOAD_ARGS
        self._object = content.obj
        # Kept here: boto3 forgets both with each action, and asks for them again.
        self.size: int = self._object.content_length
        self.etag: str = self._object.e_tag
        parameters = storage.get_object_parameters(content.name)
        self._parameters = {name: value for name, value in parameters.items() if name in allowed}
        self._position = self._end = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset != self._position:
            self._drop()
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        if self._position >= self.size:
            return 0
        with os_errors():
            if self._body is None:
                self._end = min(self._position + WINDOW, self.size)
                self._body = self._object.get(
                    Range=f"bytes={self._position}-{self._end - 1}",
                    IfMatch=self.etag,
                    **self._parameters,
                )["Body"]
            block = self._body.read(min(len(buffer), self._end - self._position))
        if not block:
            raise OSError(errno.EIO, "The store ended an object before its end.")
        buffer[: len(block)] = block
        self._position += len(block)
        if self._position == self._end:
            self._drop()
        return len(block)

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        """End the answer that is being read. One that is read to its end costs no connection."""
        body, self._body = self._body, None
        if body is not None:
            body.close()
