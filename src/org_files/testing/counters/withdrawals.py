"""Downloads that were recorded, but that the store could not answer with content."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from org_files import counters
from org_files.models import AbstractFile
from org_files.testing.counters.base import CountersCase, only
from org_files.testing.counters.totals import assert_exact, read_totals
from org_files.testing.factories import make_file

__all__ = ["WithdrawalTests"]


class WithdrawalTests(CountersCase):
    """Withdrawals, before what they withdraw is folded and after."""

    def each_moment(self) -> Iterator[tuple[str, AbstractFile, Callable[[], object]]]:
        """Yield when it is, a file, and what folds then."""
        yield "before a fold", make_file(), lambda: None
        yield "after a fold", make_file(), counters.fold

    def test_withdrawn__is_in_no_total(self) -> None:
        for when, file, fold in self.each_moment():
            with self.subTest(when):
                download = counters.record_download(file=file)
                fold()
                counters.withdraw_download(download)
                assert_exact(file, 0)
                self.assertIsNone(read_totals(file).file_at)

    def test_newest_withdrawn__leaves_the_time_of_the_one_before(self) -> None:
        clock = self.stop_clock()
        for when, file, fold in self.each_moment():
            with self.subTest(when):
                counters.record_download(file=file)
                before = clock.time
                clock.advance(minutes=1)
                newest = counters.record_download(file=file)
                fold()
                counters.withdraw_download(newest)
                assert_exact(file, 1)
                self.assertEqual(read_totals(file).file_at, before)

    def test_older_withdrawn__leaves_the_newest_time(self) -> None:
        clock = self.stop_clock()
        for when, file, fold in self.each_moment():
            with self.subTest(when):
                older = counters.record_download(file=file)
                clock.advance(minutes=1)
                counters.record_download(file=file)
                fold()
                counters.withdraw_download(older)
                assert_exact(file, 1)
                self.assertEqual(read_totals(file).file_at, clock.time)

    def test_withdrawn_twice__is_taken_back_once(self) -> None:
        for when, file, fold in self.each_moment():
            with self.subTest(when):
                counters.record_download(file=file)
                twice = counters.record_download(file=file)
                fold()
                for _ in range(2):
                    counters.withdraw_download(twice)
                assert_exact(file, 1)

    def test_folded_and_pending_both_withdrawn__leave_no_time(self) -> None:
        clock = self.stop_clock()
        folded = counters.record_download(file=self.file)
        counters.fold()
        clock.advance(minutes=1)
        pending = counters.record_download(file=self.file)
        counters.withdraw_download(folded)
        assert_exact(self.file, 1)
        counters.withdraw_download(pending)
        assert_exact(self.file, 0)
        self.assertIsNone(read_totals(self.file).file_at)

    def test_pending_withdrawn_after_a_repair__leaves_the_time_of_the_one_before(self) -> None:
        clock = self.stop_clock()
        counters.record_download(file=self.file)
        counters.fold()
        clock.advance(minutes=1)
        pending = counters.record_download(file=self.file)
        only(self.file).update(folded_download_count=9)
        counters.verify(repair=True)
        counters.withdraw_download(pending)
        assert_exact(self.file, 1)

    def test_fold_after_a_withdrawal__adds_what_is_left(self) -> None:
        clock = self.stop_clock()
        downloads = []
        for _ in range(4):
            clock.advance(minutes=1)
            downloads.append(counters.record_download(file=self.file))
        counters.withdraw_download(downloads[1])
        counters.withdraw_download(downloads[3])
        counters.fold()
        assert_exact(self.file, 2)
