"""The contract of delivery backends that send the bytes themselves."""

from __future__ import annotations

import os
import tracemalloc
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

__all__ = ["StreamingDeliveryContract"]

MIB = 1024 * 1024


class StreamingDeliveryContract(DeliveryContract):
    """What a delivery backend does besides that sends the bytes itself, out of any storage."""

    def setUp(self) -> None:
        """Prepare a folder for what is delivered."""
        super().setUp()
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def make_storage(self) -> WatchedStorage:
        """Return a storage that knows what it opened."""
        storage = WatchedStorage(str(self.folder))
        self.addCleanup(storage.close)
        return storage

    def check_bytes(self, expected: bytes, content: bytes = b"0123456789", **headers: str) -> None:
        """Check what comes, under WSGI and under ASGI, and that nothing stays open."""
        for factory in (RequestFactory(), AsyncRequestFactory()):
            storage = self.make_storage()
            item = make_deliverable(content, storage=storage)
            request = factory.get("/", headers=headers)
            with self.subTest(type(request).__name__):
                response = answer(item, request)
                self.addCleanup(response.close)
                self.assertEqual(bytes_of(response), expected)
                response.close()
                self.assertTrue(storage.all_closed)

    def test_whole_content__comes_as_it_was_stored(self) -> None:
        self.check_bytes(b"0123456789")
        self.check_bytes(b"", content=b"")

    def test_part__comes_without_what_is_around_it(self) -> None:
        for value, expected in (
            ("bytes=3-6", b"3456"),
            ("bytes=-3", b"789"),
            ("bytes=7-", b"789"),
            ("bytes=0-", b"0123456789"),
        ):
            with self.subTest(value):
                self.check_bytes(expected, Range=value)

    def test_part_of_a_large_content__begins_and_ends_where_it_should(self) -> None:
        content = bytes(range(251)) * (MIB // 251)
        self.check_bytes(content[262_137:524_300], content, Range="bytes=262137-524299")

    def test_answer_without_content__opens_nothing(self) -> None:
        storage = self.make_storage()
        item = make_deliverable(storage=storage)
        for response in (
            self.deliver(item, "HEAD"),
            self.deliver(item, If_None_Match="*"),
            self.deliver(item, Range="bytes=99-"),
        ):
            with self.subTest(response.status_code):
                if response.status_code != 416:
                    self.assertEqual(bytes_of(response), b"")
                response.close()
        self.assertEqual(storage.opened, [])

    def test_client_that_goes_away__leaves_no_open_file(self) -> None:
        for read in (False, True):
            for value in ("bytes=0-", "bytes=1-"):
                storage = self.make_storage()
                with self.subTest(value, read=read):
                    response = self.deliver(self.large(storage), Range=value)
                    if read:
                        next(iter(response))
                    response.close()
                    self.assertTrue(storage.all_closed)

    def test_large_content__is_never_in_memory(self) -> None:
        for value in ("bytes=0-", "bytes=5-"):
            with self.subTest(value):
                item = self.large(self.make_storage())
                tracemalloc.start()
                try:
                    response = self.deliver(item, Range=value)
                    sent = sum(map(len, response))
                    response.close()
                    peak = tracemalloc.get_traced_memory()[1]
                finally:
                    tracemalloc.stop()
                self.assertEqual(sent, item.size - int(value[6]))
                self.assertLess(peak, 4 * MIB)

    def large(self, storage: WatchedStorage) -> Deliverable:
        """Return 64 MiB that take no room on the disk."""
        with (self.folder / "large").open("wb") as file:
            file.truncate(64 * MIB)
        return make_deliverable(storage=storage, key="large", size=64 * MIB)

    def test_store_that_cannot_give_the_bytes__is_an_error_of_ours(self) -> None:
        for error, expected in (
            (FileNotFoundError(), ContentUnavailable),
            (PermissionError(), StorageUnavailable),
            (TimeoutError(), StorageUnavailable),
            (OSError(5, "Input/output error"), StorageUnavailable),
        ):
            with self.subTest(repr(error)), self.assertRaises(expected):
                self.deliver(make_deliverable(storage=BrokenStorage(error), key="key"))

    def test_content_of_another_size__is_refused_before_the_first_byte(self) -> None:
        for damaged in (b"", b"012345678", b"0123456789a"):
            for factory in (RequestFactory(), AsyncRequestFactory()):
                for headers in ({}, {"Range": "bytes=2-4"}, {"Range": "bytes=0-"}):
                    storage = self.make_storage()
                    item = make_deliverable(damaged, storage=storage, size=10)
                    with (
                        self.subTest(damaged, headers=headers),
                        self.assertRaises(ContentUnavailable),
                    ):
                        answer(item, factory.get("/", headers=headers))
                    self.assertTrue(storage.all_closed)

    def test_symbolic_link__is_not_followed(self) -> None:
        storage = self.make_storage()
        item = make_deliverable(storage=storage)
        self._replace_by_link(self.folder / item.key)
        with self.assertRaises(ContentUnavailable):
            self.deliver(item)

    def test_link_of_a_folder__is_followed(self) -> None:
        (self.folder / "real").mkdir()
        storage = self.make_storage()
        item = make_deliverable(storage=storage, key=storage.save("real/key", ContentFile(b"0123")))
        self._replace_by_link(self.folder / "real")
        self.assertEqual(bytes_of(self.deliver(replace(item, size=4))), b"0123")

    def _replace_by_link(self, path: Path) -> None:
        moved = path.rename(path.with_name("elsewhere"))
        try:
            path.symlink_to(moved)
        except OSError as error:  # Windows, without the privilege
            self.skipTest(str(error))

    def test_content_that_is_cut_off_while_it_is_sent__ends_with_an_error(self) -> None:
        for factory in (RequestFactory(), AsyncRequestFactory()):
            for value in ("bytes=0-", "bytes=5-"):
                with self.subTest(value, factory=type(factory).__name__):
                    item = self.large(self.make_storage())
                    response = answer(item, factory.get("/", headers={"Range": value}))
                    self.addCleanup(response.close)
                    os.truncate(self.folder / "large", 2 * MIB)
                    with self.assertRaises(StorageUnavailable):
                        bytes_of(response)

    def test_store_that_breaks_at_the_beginning_of_a_part__is_an_error_of_ours(self) -> None:
        storage = UnseekableStorage(b"0123456789")
        with self.assertRaises(StorageUnavailable):
            self.deliver(make_deliverable(storage=storage, key="key"), Range="bytes=3-")
        self.assertTrue(storage.file.closed)


def bytes_of(response: Any) -> bytes:
    """Return the body of an answer, whichever kind of response it is."""
    if not getattr(response, "is_async", False):
        return bytes(response.getvalue())

    async def collect() -> bytes:
        return b"".join([block async for block in response.streaming_content])

    return async_to_sync(collect)()
