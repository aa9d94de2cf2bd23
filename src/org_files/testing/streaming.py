"""The contract of delivery backends that send the bytes themselves."""

import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.test import AsyncRequestFactory, RequestFactory

from org_files.delivery import Deliverable
from org_files.exceptions import ContentUnavailable, StorageUnavailable
from org_files.testing.delivery import DeliveryContract, answer
from org_files.testing.factories import make_deliverable
from org_files.testing.storages import BrokenStorage, UnseekableStorage, WatchedStorage

MIB = 1024 * 1024


class StreamingDeliveryContract(DeliveryContract):
    """Further tests of a delivery backend that sends the bytes itself, out of any storage."""

    def setUp(self) -> None:
        """Prepare a folder for what is delivered."""
        super().setUp()
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def make_storage(self) -> WatchedStorage:
        """Return a storage that remembers what it opened."""
        storage = WatchedStorage(str(self.folder))
        self.addCleanup(storage.close)
        return storage

    def _requests(self, **headers: str) -> Iterator[Any]:
        """Yield a request under WSGI and one under ASGI."""
        for factory in (RequestFactory(), AsyncRequestFactory()):
            yield factory.get("/", headers=headers)

    def _large(self, storage: WatchedStorage) -> Deliverable:
        """Return 64 MiB that take no space on the disk."""
        with (self.folder / "large").open("wb") as file:
            file.truncate(64 * MIB)
        return make_deliverable(storage=storage, key="large", size=64 * MIB)

    def test_content__comes_as_it_was_stored(self) -> None:
        blocks = bytes(range(251)) * (MIB // 251)
        for content, headers, expected in (
            (b"0123456789", {}, b"0123456789"),
            (b"", {}, b""),
            (b"0123456789", {"Range": "bytes=3-6"}, b"3456"),
            (b"0123456789", {"Range": "bytes=-3"}, b"789"),
            (b"0123456789", {"Range": "bytes=0-"}, b"0123456789"),
            (blocks, {"Range": "bytes=262137-524299"}, blocks[262_137:524_300]),
        ):
            for request in self._requests(**headers):
                storage = self.make_storage()
                response = answer(make_deliverable(content, storage=storage), request)
                self.addCleanup(response.close)
                self.assertEqual(_bytes_of(response), expected)
                response.close()
                self.assertTrue(storage.all_closed)

    def test_answer_without_content__opens_nothing(self) -> None:
        storage = self.make_storage()
        item = make_deliverable(storage=storage)
        self.assertEqual(_bytes_of(self.deliver(item, "HEAD")), b"")
        self.assertEqual(_bytes_of(self.deliver(item, If_None_Match="*")), b"")
        self.deliver(item, Range="bytes=99-")
        self.assertEqual(storage.opened, [])

    def test_client_that_goes_away__leaves_no_open_file(self) -> None:
        for read in (False, True):
            for value in ("bytes=0-", "bytes=1-"):
                storage = self.make_storage()
                response = self.deliver(self._large(storage), Range=value)
                if read:
                    next(iter(response))
                response.close()
                self.assertTrue(storage.all_closed, f"{value}, read: {read}")

    def test_large_content__is_never_in_memory(self) -> None:
        for start in (0, 5):
            item = self._large(self.make_storage())
            tracemalloc.start()
            try:
                response = self.deliver(item, Range=f"bytes={start}-")
                sent = sum(map(len, response))
                response.close()
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            self.assertEqual(sent, item.size - start)
            self.assertLess(peak, 4 * MIB)

    def test_store_that_cannot_give_the_bytes__is_an_error_of_ours(self) -> None:
        for error, expected in (
            (FileNotFoundError(), ContentUnavailable),
            (TimeoutError(), StorageUnavailable),
            (OSError(5, "Input/output error"), StorageUnavailable),
        ):
            with self.assertRaises(expected):
                self.deliver(make_deliverable(storage=BrokenStorage(error), key="key"))
        unseekable = UnseekableStorage(b"0123456789")
        with self.assertRaises(StorageUnavailable):
            self.deliver(make_deliverable(storage=unseekable, key="key"), Range="bytes=3-")
        self.assertTrue(unseekable.file.closed)

    def test_content_of_another_size__is_refused_before_the_first_byte(self) -> None:
        for damaged in (b"", b"012345678", b"0123456789a"):
            for headers in ({}, {"Range": "bytes=2-4"}):
                for request in self._requests(**headers):
                    storage = self.make_storage()
                    item = make_deliverable(damaged, storage=storage, size=10)
                    with self.assertRaises(ContentUnavailable):
                        answer(item, request)
                    self.assertTrue(storage.all_closed)

    def test_symbolic_link__is_followed_to_a_folder_but_not_to_a_file(self) -> None:
        (self.folder / "real").mkdir()
        storage = self.make_storage()
        file = make_deliverable(storage=storage)
        key = storage.save("real/key", ContentFile(b"0123"))
        for path in (self.folder / file.key, self.folder / "real"):
            moved = path.rename(path.with_name(f"{path.name}-moved"))
            try:
                path.symlink_to(moved)
            except OSError as error:  # Windows, without the privilege
                self.skipTest(str(error))
        with self.assertRaises(ContentUnavailable):
            self.deliver(file)
        inside = replace(make_deliverable(storage=storage, key=key), size=4)
        self.assertEqual(_bytes_of(self.deliver(inside)), b"0123")

    def test_content_that_is_cut_off_while_it_is_sent__ends_with_an_error(self) -> None:
        for value in ("bytes=0-", "bytes=5-"):
            for request in self._requests(Range=value):
                response = answer(self._large(self.make_storage()), request)
                self.addCleanup(response.close)
                os.truncate(self.folder / "large", 2 * MIB)
                with self.assertRaises(StorageUnavailable):
                    _bytes_of(response)


def _bytes_of(response: Any) -> bytes:
    """Return the body of an answer of any kind."""
    if not getattr(response, "is_async", False):
        return bytes(response.getvalue())

    async def collect() -> bytes:
        return b"".join([block async for block in response.streaming_content])

    return async_to_sync(collect)()
