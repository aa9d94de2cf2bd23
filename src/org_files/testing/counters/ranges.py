"""Partial ranges: many requests, one download."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from org_files import counters
from org_files.models import AbstractFile, Download, RangeGrant
from org_files.testing.counters.base import CountersCase
from org_files.testing.counters.totals import assert_exact
from org_files.testing.factories import make_file, make_link, make_user

__all__ = ["RangeTests"]


class RangeTests(CountersCase):
    """Ranges, asked for by somebody logged in and by somebody with a link."""

    def each_requester(self) -> Iterator[tuple[str, AbstractFile, dict[str, Any]]]:
        """Yield each kind of requester, with a file of its own."""
        for kind, requester in self.requesters().items():
            yield kind, make_file(), requester

    def test_first_range__begins_a_download(self) -> None:
        for kind, file, requester in self.each_requester():
            with self.subTest(kind):
                begun = counters.record_range(file=file, **requester)
                self.assertEqual(Download.objects.get(file_public_id=file.public_id), begun)
                assert_exact(file, 1)

    def test_further_ranges_within_the_hour__belong_to_it(self) -> None:
        for kind, file, requester in self.each_requester():
            with self.subTest(kind):
                clock = self.stop_clock()
                counters.record_range(file=file, **requester)
                for _ in range(59):
                    clock.advance(minutes=1)
                    self.assertIsNone(counters.record_range(file=file, **requester))
                assert_exact(file, 1)

    def test_range_after_61_minutes__begins_another(self) -> None:
        for kind, file, requester in self.each_requester():
            with self.subTest(kind):
                clock = self.stop_clock()
                counters.record_range(file=file, **requester)
                clock.advance(minutes=61)
                self.assertIsNotNone(counters.record_range(file=file, **requester))
                self.assertIsNone(counters.record_range(file=file, **requester))
                assert_exact(file, 2)

    def test_range__belongs_to_the_whole_download_that_the_user_began(self) -> None:
        user, clock = make_user(), self.stop_clock()
        counters.record_download(file=self.file, user=user)
        clock.advance(minutes=59)
        self.assertIsNone(counters.record_range(file=self.file, user=user))
        clock.advance(minutes=2)
        self.assertIsNotNone(counters.record_range(file=self.file, user=user))
        assert_exact(self.file, 2)

    def test_range__does_not_belong_to_the_download_of_another_user(self) -> None:
        counters.record_download(file=self.file, user=make_user())
        for _ in range(2):
            self.assertIsNotNone(counters.record_range(file=self.file, user=make_user()))

    def test_range__does_not_belong_to_the_download_of_another_file(self) -> None:
        for kind, file, requester in self.each_requester():
            with self.subTest(kind):
                counters.record_range(file=file, **requester)
                self.assertIsNotNone(counters.record_range(file=make_file(), **requester))

    def test_link_address_and_user_agent__are_one_requester(self) -> None:
        somebody = self.requesters()["link"]
        counters.record_range(file=self.file, **somebody)
        for other in (
            {"link": make_link(self.file, make_user())},
            {"address": "192.0.2.2"},
            {"user_agent": "Wget/1.24"},
        ):
            with self.subTest(*other):
                begun = counters.record_range(file=self.file, **somebody | other)
                self.assertIsNotNone(begun)

    def test_whole_downloads__count_each_time_beside_ranges(self) -> None:
        user = make_user()
        counters.record_range(file=self.file, user=user)
        for _ in range(2):
            counters.record_download(file=self.file, user=user)
        assert_exact(self.file, 3)

    def test_range_after_a_withdrawn_one__begins_a_download(self) -> None:
        for kind, file, requester in self.each_requester():
            with self.subTest(kind):
                begun = counters.record_range(file=file, **requester)
                if begun is None:
                    self.fail("No download was begun.")
                counters.withdraw_download(begun)
                self.assertIsNotNone(counters.record_range(file=file, **requester))
                assert_exact(file, 1)

    def test_marks_older_than_an_hour__are_forgotten(self) -> None:
        recent, clock = make_user(), self.stop_clock()
        counters.record_range(file=self.file, user=make_user())
        clock.advance(minutes=30)
        counters.record_range(file=self.file, user=recent)
        clock.advance(minutes=31)
        self.assertEqual(counters.forget_grants(), 1)
        self.assertEqual(RangeGrant.objects.count(), 1)
        self.assertIsNone(counters.record_range(file=self.file, user=recent))
