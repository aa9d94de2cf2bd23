"""Tests of recording and withdrawing downloads, and of ranges that belong to them."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from org_files import counters
from org_files.models import AbstractFile, Download, Membership, RangeGrant
from org_files.testing.counters.cases import (
    CountersCase,
    SiteError,
    assert_exact,
    only,
    read_totals,
)
from org_files.testing.factories import join, make_file, make_link, make_user

REFINEMENTS: tuple[Callable[[Any], QuerySet[AbstractFile]], ...] = (
    lambda files: files.select_related("organization", "owner"),
    lambda files: files.order_by("-created_at"),
    lambda files: files.distinct(),
    lambda files: counters.with_totals(files),
    lambda files: files.defer("comment"),
)


class RecordingTests(CountersCase):
    """Recording and granting."""

    def test_download__is_one_row_of_the_ledger(self) -> None:
        file, clock = self.file, self.stop_clock()
        for requester in self.requesters().values():
            returned = counters.record_download(file=file, **requester)
            row = Download.objects.get(pk=returned.pk)
            self.assertEqual((row.file_id, row.file_public_id), (file.pk, file.public_id))
            self.assertEqual(row.organization_id, file.organization_id)
            user, link = requester.get("user"), requester.get("link")
            self.assertEqual(row.user_id, user and user.pk)
            self.assertEqual(row.link_id, link and link.public_id)
            self.assertEqual(row.downloaded_at, clock.time)
        self.assertEqual(Download.objects.count(), 2)

    def test_downloads__are_in_both_totals_at_once(self) -> None:
        clock = self.stop_clock()
        assert_exact(self.file, 0)
        self.assertIsNone(read_totals(self.file).file_at)
        for downloads in (1, 2):
            clock.advance(minutes=1)
            counters.record_download(file=self.file)
            assert_exact(self.file, downloads)
            self.assertEqual(read_totals(self.file).file_at, clock.time)

    def test_downloads_of_two_files__are_added_up_in_their_organization(self) -> None:
        second, elsewhere = make_file(self.file.organization), make_file()
        for downloaded in (self.file, second, second, elsewhere):
            counters.record_download(file=downloaded)
        self.assertEqual(read_totals(self.file).file, 1)
        self.assertEqual(read_totals(second).file, 2)
        self.assertEqual(read_totals(self.file).organization, 3)
        assert_exact(elsewhere, 1)

    def test_grant__finds_the_file_and_counts(self) -> None:
        make_file(self.file.organization)
        file, user, clock = self.file, make_user(), self.stop_clock()
        found, download = self._grant(only(file), user=user)
        self.assertEqual(found, file)
        self.assertEqual((found.name, found.sha256), (file.name, file.sha256))
        self.assertEqual(found.content.name, file.content.name)
        for row in (Download.objects.get(), download):
            self.assertEqual((row.pk, row.file_id, row.user_id), (download.pk, file.pk, user.pk))
            self.assertEqual(row.organization_id, file.organization_id)
            self.assertEqual((row.file_public_id, row.downloaded_at), (file.public_id, clock.time))
        assert_exact(file, 1)

    def _grant(self, files: QuerySet[AbstractFile], **by: Any) -> tuple[AbstractFile, Download]:
        granted = counters.grant_download(files, **by)
        if granted is None:
            self.fail("Nothing was granted.")
        return granted

    def test_grant_of_a_file_not_visible__counts_nothing(self) -> None:
        for files in (only(self.file).filter(name="another"), only(self.file).none()):
            self.assertIsNone(counters.grant_download(files))
        assert_exact(self.file, 0)

    def test_grant_through_a_join_that_doubles_the_file__counts_once(self) -> None:
        for _ in range(2):
            join(self.file.organization, make_user())
        doubled = only(self.file).extra(tables=[Membership._meta.db_table])  # noqa: S610
        self.assertEqual(doubled.count(), 2)
        self._grant(doubled)
        assert_exact(self.file, 1)

    def test_grant__takes_any_queryset_of_files(self) -> None:
        for refine in REFINEMENTS:
            self.assertEqual(self._grant(refine(only(self.file)))[0], self.file)
        assert_exact(self.file, len(REFINEMENTS))

    def test_rollback_of_the_site__takes_the_count_along(self) -> None:
        counters.record_download(file=self.file)

        with self.assertRaises(SiteError), transaction.atomic():
            counters.record_download(file=self.file)
            counters.grant_download(only(self.file))
            counters.record_range(file=self.file, user=make_user())
            assert_exact(self.file, 4)
            raise SiteError
        assert_exact(self.file, 1)

    def test_download_in_a_transaction_of_the_site__counts_when_it_commits(self) -> None:
        with transaction.atomic():
            counters.record_download(file=self.file)
            with transaction.atomic():
                counters.grant_download(only(self.file))
        assert_exact(self.file, 2)

    # Many requests for ranges are one download.

    def test_ranges_within_the_hour__are_one_download(self) -> None:
        clock = self.stop_clock()
        for request in self.each_requester():
            file = request["file"]
            begun = counters.record_range(**request)
            self.assertEqual(Download.objects.get(file_public_id=file.public_id), begun)
            for minutes in (0, 30, 29):
                clock.advance(minutes=minutes)
                self.assertIsNone(counters.record_range(**request))
            assert_exact(file, 1)
            self.assertIsNotNone(counters.record_range(**request | {"file": make_file()}))
            clock.advance(minutes=2)
            self.assertIsNotNone(counters.record_range(**request))
            self.assertIsNone(counters.record_range(**request))
            assert_exact(file, 2)

    def test_range__belongs_to_the_whole_download_before_it(self) -> None:
        clock = self.stop_clock()
        for request in self.each_requester():
            counters.record_range(**request)
            # Whole downloads count each time.
            for _ in range(2):
                counters.record_download(**request)
                clock.advance(minutes=59)
            self.assertIsNone(counters.record_range(**request))
            clock.advance(minutes=2)
            self.assertIsNotNone(counters.record_range(**request))
            assert_exact(request["file"], 4)

    def test_range_after_a_withdrawal__begins_a_download(self) -> None:
        begins: list[Callable[..., Any]] = [counters.record_download, counters.record_range]
        for request in self.each_requester():
            for begin in begins:
                counters.withdraw_download(begin(**request))
                self.assertIs(counters.is_under_way(**request), False)
                assert_exact(request["file"], 0)
            self.assertIsNotNone(counters.record_range(**request))
            assert_exact(request["file"], 1)

    def test_grants_older_than_an_hour__are_forgotten(self) -> None:
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
        super().setUp()
        self.guest: dict[str, Any] = {"file": self.file, **self.requesters()["link"]}

    def _others(self) -> list[dict[str, Any]]:
        """Return the arguments of other requesters."""
        changes: tuple[dict[str, Any], ...] = (
            {"link": make_link(self.file, make_user())},
            {"address": "192.0.2.2"},
            {"user_agent": "Wget/1.24"},
            {"user": make_user(), "link": None},
            {"user": make_user(), "link": None},
        )
        return [self.guest | change for change in changes]

    def _claim(self, height: int = 200, *, is_partial: bool = True) -> bool:
        return counters.claim_use(**self.guest, height=height, is_partial=is_partial)

    def test_part__does_not_belong_to_the_whole_download_of_another(self) -> None:
        counters.record_download(**self.guest)
        for other in self._others():
            self.assertIsNotNone(counters.record_range(**other), other)
        assert_exact(self.file, 6)

    def test_download__is_under_way_for_an_hour_once_begun(self) -> None:
        clock = self.stop_clock()
        begin: Callable[..., object]
        for begin in (counters.record_download, counters.record_range):
            self.assertIs(counters.is_under_way(**self.guest), False)
            begin(**self.guest)
            clock.advance(minutes=59)
            self.assertIs(counters.is_under_way(**self.guest), True)
            clock.advance(minutes=2)
            self.assertIs(counters.is_under_way(**self.guest), False)
        assert_exact(self.file, 2)

    def test_download__is_under_way_for_who_began_it_alone(self) -> None:
        counters.record_download(**self.guest)
        self._claim()
        for other in (*self._others(), self.guest | {"file": make_file()}):
            for height in (None, 200):
                self.assertIs(counters.is_under_way(**other, height=height), False, other)

    def test_height_of_a_picture__is_used_once_an_hour_and_is_no_download(self) -> None:
        clock = self.stop_clock()
        for _ in range(2):
            self.assertIs(self._claim(is_partial=False), True)
            self.assertIs(self._claim(), False)
        clock.advance(minutes=61)
        self.assertIs(self._claim(), True)
        self.assertIs(self._claim(), False)
        assert_exact(self.file, 0)

    def test_heights_and_the_original__are_begun_apart(self) -> None:
        counters.record_download(**self.guest)
        for height in (200, 400):
            self.assertIs(counters.is_under_way(**self.guest, height=height), False)
            self.assertIs(self._claim(height), True)
            self.assertIs(counters.is_under_way(**self.guest, height=height), True)
        assert_exact(self.file, 1)

    def test_rollback_of_the_site__leaves_nothing_under_way(self) -> None:
        with self.assertRaises(SiteError), transaction.atomic():
            counters.record_download(**self.guest)
            raise SiteError
        self.assertIs(counters.is_under_way(**self.guest), False)
        assert_exact(self.file, 0)


class WithdrawalTests(CountersCase):
    """Withdrawals, before the download is folded and after."""

    def _each_moment(self) -> Iterator[tuple[AbstractFile, Callable[[], object]]]:
        """Yield a file and what happens before the withdrawal: nothing, or a fold."""
        yield make_file(), lambda: None
        yield make_file(), counters.fold

    def test_withdrawn__is_in_no_total(self) -> None:
        for file, fold in self._each_moment():
            download = counters.record_download(file=file)
            fold()
            counters.withdraw_download(download)
            assert_exact(file, 0)
            self.assertIsNone(read_totals(file).file_at)

    def test_withdrawn_of_several__leave_the_others_and_the_time_of_the_newest(self) -> None:
        clock = self.stop_clock()
        for file, fold in self._each_moment():
            downloads = []
            for _ in range(3):
                clock.advance(minutes=1)
                downloads.append(counters.record_download(file=file))
            oldest, _, newest = downloads
            fold()
            for withdrawn, left in ((newest, 2), (oldest, 1), (oldest, 1)):
                counters.withdraw_download(withdrawn)
                assert_exact(file, left)
            counters.fold()
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
