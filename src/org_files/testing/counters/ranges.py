"""Tests of ranges: many requests, one download."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from org_files import counters
from org_files.models import Download, RangeGrant
from org_files.testing.counters.base import CountersCase, SiteError
from org_files.testing.counters.totals import assert_exact
from org_files.testing.factories import make_file, make_link, make_user


class RangeTests(CountersCase):
    """Ranges that a user asks for, and a client with a share link."""

    def test_first_range__begins_a_download(self) -> None:
        for request in self.each_requester():
            begun = counters.record_range(**request)
            public_id = request["file"].public_id
            self.assertEqual(Download.objects.get(file_public_id=public_id), begun)
            assert_exact(request["file"], 1)

    def test_further_ranges_within_the_hour__belong_to_it(self) -> None:
        for request in self.each_requester():
            clock = self.stop_clock()
            counters.record_range(**request)
            for minutes in (0, 30, 29):
                clock.advance(minutes=minutes)
                self.assertIsNone(counters.record_range(**request))
            assert_exact(request["file"], 1)

    def test_range_after_61_minutes__begins_another(self) -> None:
        for request in self.each_requester():
            clock = self.stop_clock()
            counters.record_range(**request)
            clock.advance(minutes=61)
            self.assertIsNotNone(counters.record_range(**request))
            self.assertIsNone(counters.record_range(**request))
            assert_exact(request["file"], 2)

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
        for request in self.each_requester():
            counters.record_range(**request)
            self.assertIsNotNone(counters.record_range(**request | {"file": make_file()}))

    def test_whole_downloads__count_each_time_beside_ranges(self) -> None:
        for request in self.each_requester():
            counters.record_range(**request)
            for _ in range(2):
                counters.record_download(**request)
            assert_exact(request["file"], 3)

    def test_range_after_a_withdrawn_one__begins_a_download(self) -> None:
        for request in self.each_requester():
            begun = counters.record_range(**request)
            if begun is None:
                self.fail("No download was begun.")
            counters.withdraw_download(begun)
            self.assertIsNotNone(counters.record_range(**request))
            assert_exact(request["file"], 1)

    def test_marks_older_than_an_hour__are_forgotten(self) -> None:
        recent, clock = make_user(), self.stop_clock()
        counters.record_range(file=self.file, user=make_user())
        clock.advance(minutes=30)
        counters.record_range(file=self.file, user=recent)
        clock.advance(minutes=31)
        self.assertEqual(counters.forget_grants(), 1)
        self.assertEqual(RangeGrant.objects.count(), 1)
        self.assertIsNone(counters.record_range(file=self.file, user=recent))


class LinkTests(CountersCase):
    """A client with a share link, known by link, address and user agent."""

    def setUp(self) -> None:
        """Create the link."""
        super().setUp()
        self.guest: dict[str, Any] = {"file": self.file, **self.requesters()["link"]}

    def others(self) -> dict[str, dict[str, Any]]:
        """Return the arguments of other requesters, by the difference."""
        changes: dict[str, dict[str, Any]] = {
            "link": {"link": make_link(self.file, make_user())},
            "address": {"address": "192.0.2.2"},
            "user agent": {"user_agent": "Wget/1.24"},
            "user": {"user": make_user(), "link": None},
        }
        return {name: self.guest | change for name, change in changes.items()}

    def test_part__belongs_to_the_whole_download_through_the_link(self) -> None:
        clock = self.stop_clock()
        for _ in range(2):
            counters.record_download(**self.guest)
            clock.advance(minutes=59)
        self.assertIsNone(counters.record_range(**self.guest))
        clock.advance(minutes=2)
        self.assertIsNotNone(counters.record_range(**self.guest))
        assert_exact(self.file, 3)

    def test_part__does_not_belong_to_the_whole_download_of_another(self) -> None:
        counters.record_download(**self.guest)
        for downloads, (difference, other) in enumerate(self.others().items(), start=2):
            with self.subTest(difference):
                self.assertIsNotNone(counters.record_range(**other))
                assert_exact(self.file, downloads)

    def test_download__is_under_way_for_an_hour_once_begun(self) -> None:
        clock = self.stop_clock()
        for begin in (counters.record_download, counters.record_range):
            with self.subTest(begin.__name__):
                self.assertIs(counters.is_under_way(**self.guest), False)
                begin(**self.guest)
                clock.advance(minutes=59)
                self.assertIs(counters.is_under_way(**self.guest), True)
                clock.advance(minutes=2)
                self.assertIs(counters.is_under_way(**self.guest), False)
        assert_exact(self.file, 2)

    def test_download__is_under_way_for_who_began_it_alone(self) -> None:
        counters.record_download(**self.guest)
        others = self.others() | {"file": self.guest | {"file": make_file()}}
        for difference, other in others.items():
            with self.subTest(difference):
                self.assertIs(counters.is_under_way(**other), False)

    def claim_use(self, height: int = 200, *, is_partial: bool) -> bool:
        """Return whether a request for one height of the picture begins a use of the link."""
        return counters.claim_use(**self.guest, height=height, is_partial=is_partial)

    def test_height_of_a_picture__is_begun_by_the_whole_and_by_a_part_once_an_hour(self) -> None:
        clock = self.stop_clock()
        for _ in range(2):
            self.assertIs(self.claim_use(is_partial=False), True)
            self.assertIs(self.claim_use(is_partial=True), False)
        clock.advance(minutes=61)
        self.assertIs(self.claim_use(is_partial=True), True)
        self.assertIs(self.claim_use(is_partial=True), False)

    def test_height_of_a_picture__is_no_download(self) -> None:
        for is_partial in (False, True):
            self.claim_use(is_partial=is_partial)
        assert_exact(self.file, 0)

    def test_heights_and_the_original__are_begun_apart(self) -> None:
        counters.record_download(**self.guest)
        for height in (200, 400):
            with self.subTest(height):
                self.assertIs(counters.is_under_way(**self.guest, height=height), False)
                self.assertIs(self.claim_use(height, is_partial=True), True)
                self.assertIs(counters.is_under_way(**self.guest, height=height), True)
        assert_exact(self.file, 1)

    def test_height_of_a_picture__is_under_way_for_who_began_it_alone(self) -> None:
        self.claim_use(is_partial=False)
        for difference, other in self.others().items():
            with self.subTest(difference):
                self.assertIs(counters.is_under_way(**other, height=200), False)

    def test_withdrawn_whole_download__leaves_nothing_under_way(self) -> None:
        counters.withdraw_download(counters.record_download(**self.guest))
        self.assertIs(counters.is_under_way(**self.guest), False)
        assert_exact(self.file, 0)
        self.assertIsNotNone(counters.record_range(**self.guest))
        assert_exact(self.file, 1)

    def test_rollback_of_the_site__leaves_nothing_under_way(self) -> None:
        def view() -> None:
            with transaction.atomic():
                counters.record_download(**self.guest)
                raise SiteError

        self.assertRaises(SiteError, view)
        self.assertIs(counters.is_under_way(**self.guest), False)
        assert_exact(self.file, 0)
