"""Objects that are written and read: in parts, whole, and with errors that the package knows."""

import io
import tracemalloc
from contextlib import nullcontext

import pytest
from django.core.files.base import File

from org_files.exceptions import ContentUnavailable, StorageFull, StorageUnavailable
from org_files.storage.blobs import open_blob, storage_errors, write_blob

pytestmark = [pytest.mark.s3, pytest.mark.django_db]

MIB = 1024 * 1024
BLOCK = bytes(range(256)) * (MIB // 256)


class ShortReads(io.BytesIO):
    """A file that gives at most 1,000 bytes at once, as a socket may."""

    def read(self, size=-1, /):
        return super().read(1000 if size is None or size < 0 else min(size, 1000))


def test_short_reads__are_no_end_of_the_file(store):
    key = write_blob(store, "key", File(ShortReads(BLOCK * 9)), 9 * MIB)
    with open_blob(store, key, 9 * MIB) as content:
        assert content.read() == BLOCK * 9


@pytest.fixture
def reads(store):
    """The keys of the blobs that are read."""
    found, events = [], store.connection.meta.client.meta.events

    def read(params, **kwargs):
        if not params["Key"].startswith("."):
            found.append(params["Key"])

    events.register("provide-client-params.s3.GetObject", read)
    yield found
    events.unregister("provide-client-params.s3.GetObject", read)


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 16 * MIB, 20 * MIB])
def test_written_object__is_compared_by_its_entity_tag(store, reads, size):
    assert write_blob(store, "key", File(io.BytesIO((BLOCK * 20)[:size])), size)
    assert reads == []


@pytest.mark.parametrize("size", [10, 9 * MIB])
@pytest.mark.parametrize("is_changed", [False, True])
def test_written_object_with_another_entity_tag__is_read(
    store, reads, monkeypatch, size, is_changed
):
    from boto3.s3.transfer import TransferConfig

    data = (BLOCK * 9)[:size]
    stored = data[:-1] + b"x" if is_changed else data
    save = store.save

    def save_in_other_parts(key, content):
        if key != "key":
            return save(key, content)
        # With keys of KMS, too, the entity tag is not made of the bytes as they were sent.
        parts = TransferConfig(multipart_threshold=1, multipart_chunksize=5 * MIB)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "transfer_config", parts)
            return save(key, File(io.BytesIO(stored)))

    monkeypatch.setattr(store, "save", save_in_other_parts)
    refused = pytest.raises(StorageUnavailable) if is_changed else nullcontext()
    with refused:
        write_blob(store, "key", File(io.BytesIO(data)), size)
    assert reads
    assert store.exists("key") is not is_changed


def test_large_object__is_never_in_memory(store):
    key = write_blob(store, "key", File(io.BytesIO(BLOCK * 40)), 40 * MIB)
    with open_blob(store, key, 40 * MIB) as content:
        content.read(1)
        tracemalloc.start()
        try:
            sent = 1 + sum(map(len, iter(lambda: content.read(MIB // 4), b"")))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert sent == 40 * MIB
    assert peak < MIB


def test_object_that_is_replaced_while_it_is_read__ends_with_an_error(store):
    key = write_blob(store, "key", File(io.BytesIO(BLOCK * 9)), 9 * MIB)
    with open_blob(store, key, 9 * MIB) as content:
        assert content.read(5) == BLOCK[:5]
        store.bucket.Object(key).put(Body=b"x" * 9 * MIB)
        content.seek(-5, io.SEEK_END)
        with pytest.raises(OSError, match="PreconditionFailed"):
            content.read(5)


def test_name_that_is_taken__is_not_overwritten(store):
    names = {write_blob(store, "key", File(io.BytesIO(text)), 1) for text in (b"a", b"b")}
    assert {store.bucket.Object(name).get()["Body"].read() for name in names} == {b"a", b"b"}


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AccessDenied", StorageUnavailable),
        (404, "NoSuchBucket", StorageUnavailable),
        (404, "NoSuchKey", StorageUnavailable),
        (403, "QuotaExceeded", StorageFull),
        (507, "InsufficientStorage", StorageFull),
        (503, "SlowDown", StorageUnavailable),
    ],
)
def test_refusal_of_a_store__is_an_error_of_ours(status, code, expected):
    from botocore.exceptions import ClientError

    with pytest.raises(expected) as raised, storage_errors():
        raise client_error(ClientError, status, code)
    assert type(raised.value) is expected


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [(403, "AccessDenied", StorageUnavailable), (412, "PreconditionFailed", ContentUnavailable)],
)
def test_refusal_to_open__is_an_error_of_ours(store, monkeypatch, status, code, expected):
    from botocore.exceptions import ClientError

    def refuse(*args):
        raise client_error(ClientError, status, code)

    monkeypatch.setattr(store, "open", refuse)
    with pytest.raises(expected) as raised:
        open_blob(store, "key", 1)
    assert type(raised.value) is expected


def client_error(kind, status, code):
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return kind(response, "GetObject")
