"""Downloads through share links: the whole, and the parts that belong to it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from org_files import counters
from org_files.testing.counters.base import CountersCase
from org_files.testing.counters.totals import assert_exact
from org_files.testing.factories import make_file, make_link, make_user

__all__ = ["LinkTests"]


class SiteError(Exception):
    """Something that goes wrong in a view of the site."""


class LinkTests(CountersCase):
    """Somebody with a link, who is nobody in the ledger, and is known again all the same."""

    def setUp(self) -> None:
        """Have somebody with a link."""
        super().setUp()
        self.somebody: dict[str, Any] = {"file": self.file, **self.requesters()["link"]}

    def others(self) -> dict[str, dict[str, Any]]:
        """Return who differs from somebody, and by what."""
        link = make_link(self.file, make_user())
        changes: dict[str, dict[str, Any]] = {
            "link": {"link": link},
            "address": {"address": "192.0.2.2"},
            "user agent": {"user_agent": "Wget/1.24"},
            "user": {"user": make_user(), "link": None},
        }
        return {name: self.somebody | change for name, change in changes.items()}

    def test_part__belongs_to_the_whole_download_through_the_link(self) -> None:
        clock = self.stop_clock()
        counters.record_download(**self.somebody)
        clock.advance(minutes=59)
        self.assertIsNone(counters.record_range(**self.somebody))
        clock.advance(minutes=2)
        self.assertIsNotNone(counters.record_range(**self.somebody))
        assert_exact(self.file, 2)

    def test_part__does_not_belong_to_the_whole_download_of_another(self) -> None:
        counters.record_download(**self.somebody)
        for downloads, (difference, other) in enumerate(self.others().items(), start=2):
            with self.subTest(difference):
                self.assertIsNotNone(counters.record_range(**other))
                assert_exact(self.file, downloads)

    def test_whole_downloads_through_a_link__count_each_time(self) -> None:
        for downloads in (1, 2, 3):
            counters.record_download(**self.somebody)
            assert_exact(self.file, downloads)

    def test_part__belongs_to_the_last_whole_download(self) -> None:
        clock = self.stop_clock()
        for _ in range(2):
            counters.record_download(**self.somebody)
            clock.advance(minutes=50)
        self.assertIsNone(counters.record_range(**self.somebody))
        assert_exact(self.file, 2)

    def test_download__is_under_way_for_an_hour_once_begun(self) -> None:
        clock = self.stop_clock()
        for begin in (counters.record_download, counters.record_range):
            with self.subTest(begin.__name__):
                self.assertIs(counters.is_under_way(**self.somebody), False)
                begin(**self.somebody)
                clock.advance(minutes=59)
                self.assertIs(counters.is_under_way(**self.somebody), True)
                clock.advance(minutes=2)
                self.assertIs(counters.is_under_way(**self.somebody), False)

    def test_download__is_under_way_for_who_began_it_alone(self) -> None:
        counters.record_download(**self.somebody)
        for difference, other in self.others().items():
            with self.subTest(difference):
                self.assertIs(counters.is_under_way(**other), False)
        elsewhere = self.somebody | {"file": make_file()}
        self.assertIs(counters.is_under_way(**elsewhere), False)

    def test_question_whether_it_is_under_way__counts_nothing(self) -> None:
        for downloads in (0, 1):
            for _ in range(2):
                counters.is_under_way(**self.somebody)
            assert_exact(self.file, downloads)
            if not downloads:
                self.assertIsNotNone(counters.record_range(**self.somebody))

    def begins(self, height: int = 200, *, is_partial: bool, **of: Any) -> bool:
        """Return whether a request for one height of the picture begins a use of the link."""
        return counters.claim_use(**self.somebody | of, height=height, is_partial=is_partial)

    def test_height_of_a_picture__is_begun_by_the_whole_and_by_a_part_once_an_hour(self) -> None:
        clock = self.stop_clock()
        for _ in range(2):
            self.assertIs(self.begins(is_partial=False), True)
            self.assertIs(self.begins(is_partial=True), False)
        clock.advance(minutes=61)
        self.assertIs(self.begins(is_partial=True), True)
        self.assertIs(self.begins(is_partial=True), False)

    def test_height_of_a_picture__is_no_download(self) -> None:
        for is_partial in (False, True):
            self.begins(is_partial=is_partial)
        assert_exact(self.file, 0)

    def test_heights_and_the_original__are_begun_apart(self) -> None:
        counters.record_download(**self.somebody)
        for height in (200, 400):
            with self.subTest(height):
                self.assertIs(counters.is_under_way(**self.somebody, height=height), False)
                self.assertIs(self.begins(height, is_partial=True), True)
                self.assertIs(counters.is_under_way(**self.somebody, height=height), True)
        assert_exact(self.file, 1)

    def test_height_of_a_picture__is_under_way_for_who_began_it_alone(self) -> None:
        self.begins(is_partial=False)
        for difference, other in self.others().items():
            with self.subTest(difference):
                self.assertIs(counters.is_under_way(**other, height=200), False)

    def test_withdrawn_whole_download__leaves_nothing_under_way(self) -> None:
        counters.withdraw_download(counters.record_download(**self.somebody))
        self.assertIs(counters.is_under_way(**self.somebody), False)
        assert_exact(self.file, 0)
        self.assertIsNotNone(counters.record_range(**self.somebody))
        assert_exact(self.file, 1)

    def test_rollback_of_the_site__leaves_nothing_under_way(self) -> None:
        def view() -> None:
            with transaction.atomic():
                counters.record_download(**self.somebody)
                raise SiteError

        self.assertRaises(SiteError, view)
        self.assertIs(counters.is_under_way(**self.somebody), False)
        assert_exact(self.file, 0)
