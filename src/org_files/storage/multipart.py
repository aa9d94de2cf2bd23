"""Multipart uploads of S3: objects that arrive in parts, and are there once all have arrived.

Each function raises an ``OSError``; ``FileNotFoundError`` where the object or upload is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple

from org_files.storage.s3 import os_errors

#: Limits of the protocol: bytes of each part but the last, and parts of one object.
MIN_PART_SIZE = 5 * 1024 * 1024
MAX_PART_SIZE = 5 * 1024**3
MAX_PARTS = 10_000


class Part(NamedTuple):
    """A part that has arrived."""

    number: int
    #: Without quotes.
    etag: str
    size: int


class Unfinished(NamedTuple):
    """A multipart upload that was neither completed nor aborted."""

    key: str
    id: str
    began: datetime


def start(storage: Any, key: str) -> str:
    """Begin a multipart upload and return its id."""
    with os_errors():
        answer = _client(storage).create_multipart_upload(
            **_named(storage, key), **_parameters(storage, key)
        )
    return str(answer["UploadId"])


def send_part(storage: Any, key: str, upload_id: str, number: int, body: Any) -> str:
    """Send a part and return its entity tag. ``body`` is seekable bytes or an open file."""
    with os_errors():
        answer = _client(storage).upload_part(
            **_named(storage, key), UploadId=upload_id, PartNumber=number, Body=body
        )
    return _tag(answer["ETag"])


def copy_part(storage: Any, key: str, upload_id: str, number: int, source: str) -> str:
    """Make the object ``source`` a part and return its entity tag; the store copies it."""
    with os_errors():
        answer = _client(storage).upload_part_copy(
            **_named(storage, key),
            UploadId=upload_id,
            PartNumber=number,
            CopySource=_source(storage, source),
        )
    return _tag(answer["CopyPartResult"]["ETag"])


def parts_of(storage: Any, key: str, upload_id: str) -> list[Part]:
    """Return the parts that have arrived, in the order of their numbers."""
    with os_errors():
        pages = _client(storage).get_paginator("list_parts")
        found = [
            Part(each["PartNumber"], _tag(each["ETag"]), each["Size"])
            for page in pages.paginate(**_named(storage, key), UploadId=upload_id)
            for each in page.get("Parts", ())
        ]
    return sorted(found)


def complete(storage: Any, key: str, upload_id: str, parts: Iterable[tuple[int, str]]) -> None:
    """Make an object of exactly these parts: pairs of number and entity tag."""
    listed = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in parts]
    with os_errors():
        _client(storage).complete_multipart_upload(
            **_named(storage, key), UploadId=upload_id, MultipartUpload={"Parts": listed}
        )


def abort(storage: Any, key: str, upload_id: str) -> None:
    """Remove a multipart upload with its parts, if there is one."""
    try:
        with os_errors():
            _client(storage).abort_multipart_upload(**_named(storage, key), UploadId=upload_id)
    except FileNotFoundError:
        pass


def unfinished(storage: Any) -> Iterator[Unfinished]:
    """Yield the multipart uploads in the folder of ``storage`` that are not complete."""
    prefix = _full(storage, "")
    with os_errors():
        pages = _client(storage).get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=storage.bucket_name, Prefix=prefix):
            for each in page.get("Uploads", ()):
                key = each["Key"].removeprefix(prefix)
                yield Unfinished(key, each["UploadId"], each["Initiated"])


def part_url(storage: Any, key: str, upload_id: str, number: int, seconds: int) -> str:
    """Return a URL that takes a PUT of one part for that many seconds."""
    parameters = {**_named(storage, key), "UploadId": upload_id, "PartNumber": number}
    with os_errors():
        return str(
            _client(storage).generate_presigned_url(
                "upload_part", Params=parameters, ExpiresIn=seconds
            )
        )


def put(storage: Any, key: str, body: Any) -> None:
    """Write one object. ``body`` is bytes or an open file."""
    with os_errors():
        _client(storage).put_object(**_named(storage, key), Body=body, **_parameters(storage, key))


def copy_object(storage: Any, source: str, key: str) -> None:
    """Copy an object; the store copies it."""
    with os_errors():
        _client(storage).copy_object(
            **_named(storage, key),
            CopySource=_source(storage, source),
            **_parameters(storage, key),
            MetadataDirective="REPLACE",
        )


def copy_between(source: Any, name: str, storage: Any, key: str) -> None:
    """Copy an object of any size from another bucket of one store; the store copies it."""
    config = import_module("boto3.s3.transfer").TransferConfig(
        multipart_threshold=MAX_PART_SIZE, multipart_chunksize=MAX_PART_SIZE // 8
    )
    with os_errors():
        _client(storage).copy(
            _source(source, name),
            *_named(storage, key).values(),
            ExtraArgs={**_parameters(storage, key), "MetadataDirective": "REPLACE"},
            SourceClient=_client(source),
            Config=config,
        )


def size_of(storage: Any, key: str) -> int | None:
    """Return the bytes of an object, ``None`` if there is none."""
    found = state_of(storage, key)
    return None if found is None else found[0]


def state_of(storage: Any, key: str) -> tuple[int, str] | None:
    """Return the bytes and the entity tag of an object, ``None`` if there is none."""
    try:
        with os_errors():
            found = _client(storage).head_object(**_named(storage, key))
    except FileNotFoundError:
        return None
    return int(found["ContentLength"]), _tag(found["ETag"])


def _client(storage: Any) -> Any:
    return storage.connection.meta.client


def _full(storage: Any, key: str) -> str:
    return f"{storage.location.strip('/')}/".lstrip("/") + key


def _named(storage: Any, key: str) -> dict[str, str]:
    return {"Bucket": storage.bucket_name, "Key": _full(storage, key)}


def _source(storage: Any, key: str) -> dict[str, str]:
    return _named(storage, key)


def _parameters(storage: Any, key: str) -> dict[str, Any]:
    """Return the parameters of the storage for a new object, such as encryption, and its type."""
    allowed = import_module("s3transfer.manager").TransferManager.ALLOWED_UPLOAD_ARGS
    found = {
        name: value for name, value in storage.get_object_parameters(key).items() if name in allowed
    }
    if storage.default_acl:
        found.setdefault("ACL", storage.default_acl)
    # As ``for_upload`` says: the type is in the row.
    return found | {"ContentType": "application/octet-stream"}


def _tag(text: str) -> str:
    return text.strip('"')
