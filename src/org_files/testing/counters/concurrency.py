"""Tests of concurrent downloads, folds, reads, withdrawals and repairs."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any, ClassVar

from django.db import connection, transaction

from org_files import counters
from org_files.models import AbstractFile, Download
from org_files.testing.counters.bulk import all_of
from org_files.testing.counters.cases import (
    CountersCase,
    Totals,
    assert_exact,
    only,
    read_totals,
    set_totals,
)
from org_files.testing.factories import make_file
from org_files.testing.threads import PATIENCE, at_once


class ConcurrentCountersContract(CountersCase):
    """Behaviour of every counters backend under concurrent requests.

    ::

        class TestMyCountersAtOnce(ConcurrentCountersContract, TransactionTestCase):
            backend = {"BACKEND": "mysite.counters.MyCounters"}

    The threads need a database that they can share: not SQLite in memory.
    """

    #: The number of concurrent clients, and the downloads of each.
    clients: ClassVar[int] = 16
    downloads: ClassVar[int] = 50

    def setUp(self) -> None:
        """Refuse a database that threads cannot share."""
        super().setUp()
        is_in_memory = getattr(connection, "is_in_memory_db", lambda: False)
        if is_in_memory():
            self.fail('SQLite in memory: threads need a file, DATABASES[...]["TEST"]["NAME"].')

    def test_downloads_at_once__agree_whenever_read(self) -> None:
        has_read, over, unfinished = Event(), Event(), [None] * self.clients
        seen: list[Totals] = []
        per_day: list[tuple[int, int, int]] = []

        def client(number: int) -> None:
            try:
                for turn in range(self.downloads):
                    if (number + turn) % 2:
                        counters.record_download(file=self.file)
                    else:
                        counters.grant_download(only(self.file))
                    # Not over before the first read.
                    has_read.wait(PATIENCE)
            finally:
                unfinished.pop()
                if not unfinished:
                    over.set()

        def fold() -> None:
            while not over.wait(0.01):
                counters.fold(batch_size=50)

        def read() -> None:
            is_over = False
            while not is_over:
                is_over = over.wait(0.01)
                seen.append(read_totals(self.file))
                per_day.append((seen[-1].ledger, _on_all_days(self.file), Download.objects.count()))
                has_read.set()

        clients: list[Callable[[], None]] = [partial(client, n) for n in range(self.clients)]
        at_once([*clients, fold, read])
        self.assertEqual([totals for totals in seen if not totals.agree], [])
        torn = [found for found in per_day if list(found) != sorted(found)]
        self.assertEqual(torn, [])
        counts = [totals.ledger for totals in seen]
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], counts[0])
        counters.fold()
        assert_exact(self.file, self.clients * self.downloads)
        self.assertEqual(_on_all_days(self.file), self.clients * self.downloads)

    def test_downloads_of_several_files_at_once__wait_in_no_circle(self) -> None:
        files = [self.file, *(make_file(self.file.organization) for _ in range(3))]

        def client(number: int) -> None:
            for turn in range(8):
                counters.record_download(file=files[(number + turn) % len(files)])
                if turn % 4 == 3:
                    counters.fold(batch_size=7)

        at_once([partial(client, number) for number in range(self.clients)])
        self.assertEqual(Download.objects.count(), 8 * self.clients)
        self.assertEqual(counters.verify().findings, [])
        self.assertEqual({read_totals(file).organization for file in files}, {8 * self.clients})
        self.assertEqual({read_totals(file).file for file in files}, {2 * self.clients})

    def test_archives_of_the_same_files_at_once__wait_in_no_circle(self) -> None:
        files = [self.file, *(make_file(self.file.organization) for _ in range(3))]

        def client(number: int) -> None:
            for turn in range(4):
                start = (number + turn) % 2
                granted = counters.grant_downloads(all_of(*files[start : start + 3]), number=3)
                counters.record_download(file=files[number % 4])
                if turn % 2:
                    counters.withdraw_downloads([download for _file, download in granted[:2]])
                else:
                    counters.fold(batch_size=7)

        at_once([partial(client, number) for number in range(self.clients)])
        kept = (3 + 1 + 1 + 1) * 2 * self.clients
        self.assertEqual(Download.objects.count(), kept)
        self.assertEqual(counters.verify().findings, [])
        self.assertEqual({read_totals(file).organization for file in files}, {kept})

    def test_segments_at_once__are_one_download(self) -> None:
        clock = self.stop_clock()
        for kind, requester in self.requesters().items():
            file = make_file()
            segment = partial(counters.record_range, file=file, **requester)
            for downloads in (1, 2):
                begun = at_once([segment] * self.clients)
                self.assertEqual(len([download for download in begun if download]), 1, kind)
                assert_exact(file, downloads)
                clock.advance(minutes=61)

    def test_withdrawals_and_verifications_at_once_with_downloads__stay_exact(self) -> None:
        found: list[Any] = []

        def failing_downloads() -> None:
            for _ in range(5):
                counters.withdraw_download(counters.record_download(file=self.file))

        def verify() -> None:
            for _ in range(4):
                found.extend(counters.verify().findings)

        at_once([failing_downloads, failing_downloads, verify, *self._workers(5)])
        self.assertEqual(found, [])
        assert_exact(self.file, 10)

    def _workers(self, downloads: int) -> list[Callable[[], Any]]:
        """Return two workers that download, and one that folds."""

        def download() -> None:
            for _ in range(downloads):
                counters.record_download(file=self.file)

        def fold() -> None:
            for _ in range(6):
                counters.fold(batch_size=3)

        return [download, download, fold]

    def test_withdrawal_while_a_newer_download_commits__keeps_the_newer_time(self) -> None:
        clock = self.stop_clock()
        withdrawn = counters.record_download(file=self.file)
        counters.fold()
        clock.advance(minutes=1)
        open_transaction, withdrawn_by_now = Event(), Event()

        def record_and_fold_slowly() -> None:
            with transaction.atomic():
                counters.record_download(file=self.file)
                counters.fold()
                open_transaction.set()
                withdrawn_by_now.wait(0.1)

        def withdraw() -> None:
            open_transaction.wait()
            counters.withdraw_download(withdrawn)
            withdrawn_by_now.set()

        at_once([record_and_fold_slowly, withdraw])
        assert_exact(self.file, 1)

    def test_repair_while_downloads_are_recorded__is_exact(self) -> None:
        counters.record_download(file=self.file)
        counters.fold()
        set_totals(self.file, folded_download_count=1000)

        def repair() -> None:
            for _ in range(4):
                counters.verify(repair=True)

        at_once([repair, *self._workers(8)])
        counters.verify(repair=True)
        assert_exact(self.file, 17)


def _on_all_days(file: AbstractFile) -> int:
    found = counters.downloads_per_day(organization=file.organization, days=2)
    return sum(count for _day, count in found)
