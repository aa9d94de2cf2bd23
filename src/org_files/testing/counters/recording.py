"""Tests of recording, granting and withdrawing one download."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from org_files import counters
from org_files.models import AbstractFile, Download, Membership
from org_files.testing.counters.base import CountersCase, SiteError, only
from org_files.testing.counters.totals import assert_exact, read_totals
from org_files.testing.factories import join, make_file, make_link, make_user

REFINEMENTS: dict[str, Callable[[QuerySet[AbstractFile]], QuerySet[AbstractFile]]] = {
    "related": lambda files: files.select_related("organization", "owner"),
    "ordered": lambda files: files.order_by("-created_at"),
    "distinct": lambda files: files.distinct(),
    "with totals": lambda files: counters.with_totals(files),
    "deferred": lambda files: files.defer("comment"),
}


class RecordingTests(CountersCase):
    """Recording and granting."""

    def test_download__is_one_row_of_the_ledger(self) -> None:
        file, user, clock = self.file, make_user(), self.stop_clock()
        returned = counters.record_download(file=file, user=user)
        row = Download.objects.get()
        self.assertEqual(returned.pk, row.pk)
        self.assertEqual((row.file_id, row.file_public_id), (file.pk, file.public_id))
        self.assertEqual((row.organization_id, row.user_id), (file.organization_id, user.pk))
        self.assertIsNone(row.link_id)
        self.assertEqual(row.downloaded_at, clock.time)

    def test_download_through_a_link__names_the_link_and_no_user(self) -> None:
        link = make_link(self.file, make_user())
        counters.record_download(file=self.file, link=link)
        row = Download.objects.get()
        self.assertEqual((row.link_id, row.user_id), (link.public_id, None))

    def test_downloads__are_in_both_totals_at_once(self) -> None:
        clock = self.stop_clock()
        assert_exact(self.file, 0)
        self.assertIsNone(read_totals(self.file).file_at)
        for downloads in (1, 2, 3):
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
        found, download = self.grant(only(file), user=user)
        self.assertEqual(found, file)
        self.assertEqual((found.name, found.sha256), (file.name, file.sha256))
        self.assertEqual(found.content.name, file.content.name)
        for row in (Download.objects.get(), download):
            self.assertEqual((row.pk, row.file_id, row.user_id), (download.pk, file.pk, user.pk))
            self.assertEqual(row.organization_id, file.organization_id)
            self.assertEqual((row.file_public_id, row.downloaded_at), (file.public_id, clock.time))
        assert_exact(file, 1)

    def grant(self, files: QuerySet[AbstractFile], **by: Any) -> tuple[AbstractFile, Download]:
        """Return the granted file and the ledger's row."""
        granted = counters.grant_download(files, **by)
        if granted is None:
            self.fail("Nothing was granted.")
        return granted

    def test_grant_of_a_file_not_visible__counts_nothing(self) -> None:
        narrower: list[dict[str, Any]] = [{"name": "another"}, {"pk__in": []}]
        for narrow in narrower:
            with self.subTest(narrow):
                self.assertIsNone(counters.grant_download(only(self.file).filter(**narrow)))
                assert_exact(self.file, 0)

    def test_grant_through_a_join_that_doubles_the_file__counts_once(self) -> None:
        for _ in range(2):
            join(self.file.organization, make_user())
        doubled = only(self.file).extra(tables=[Membership._meta.db_table])  # noqa: S610
        self.assertEqual(doubled.count(), 2)
        self.grant(doubled)
        assert_exact(self.file, 1)

    def test_grant__takes_any_queryset_of_files(self) -> None:
        for downloads, (name, refine) in enumerate(REFINEMENTS.items(), start=1):
            with self.subTest(name):
                found, _ = self.grant(refine(only(self.file)))
                self.assertEqual(found, self.file)
                assert_exact(self.file, downloads)

    def test_rollback_of_the_site__takes_the_count_along(self) -> None:
        counters.record_download(file=self.file)

        def view() -> None:
            with transaction.atomic():
                counters.record_download(file=self.file)
                counters.grant_download(only(self.file))
                counters.record_range(file=self.file, user=make_user())
                assert_exact(self.file, 4)
                raise SiteError

        self.assertRaises(SiteError, view)
        assert_exact(self.file, 1)

    def test_download_in_a_transaction_of_the_site__counts_when_it_commits(self) -> None:
        with transaction.atomic():
            counters.record_download(file=self.file)
            with transaction.atomic():
                counters.grant_download(only(self.file))
        assert_exact(self.file, 2)


class WithdrawalTests(CountersCase):
    """Withdrawals, before the download is folded and after."""

    def each_moment(self) -> Iterator[tuple[AbstractFile, Callable[[], object]]]:
        """Yield a file and what happens before the withdrawal: nothing, or a fold."""
        yield make_file(), lambda: None
        yield make_file(), counters.fold

    def test_withdrawn__is_in_no_total(self) -> None:
        for file, fold in self.each_moment():
            download = counters.record_download(file=file)
            fold()
            counters.withdraw_download(download)
            assert_exact(file, 0)
            self.assertIsNone(read_totals(file).file_at)

    def test_newest_withdrawn__leaves_the_time_of_the_one_before(self) -> None:
        clock = self.stop_clock()
        for file, fold in self.each_moment():
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
        for file, fold in self.each_moment():
            older = counters.record_download(file=file)
            clock.advance(minutes=1)
            counters.record_download(file=file)
            fold()
            counters.withdraw_download(older)
            assert_exact(file, 1)
            self.assertEqual(read_totals(file).file_at, clock.time)

    def test_withdrawn_twice__is_taken_back_once(self) -> None:
        for file, fold in self.each_moment():
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
