"""Tests of downloads of many files at once, which are all recorded or none."""

from django.db import transaction
from django.db.models import QuerySet

from org_files import counters, get_file_model
from org_files.models import AbstractFile, Download, Membership
from org_files.testing.counters.cases import (
    CountersCase,
    SiteError,
    assert_exact,
    only,
    read_totals,
    remove_by_sql,
)
from org_files.testing.counters.recording import REFINEMENTS
from org_files.testing.factories import join, make_file, make_user


def all_of(*files: AbstractFile) -> QuerySet[AbstractFile]:
    """Return the queryset of ``files``."""
    return get_file_model()._base_manager.filter(pk__in=[file.pk for file in files])


class BulkTests(CountersCase):
    """Grants and withdrawals of the downloads of many files."""

    def _grant_all(self, *files: AbstractFile) -> dict[AbstractFile, Download]:
        return dict(counters.grant_downloads(all_of(*files), number=len(files)))

    def test_grant_of_files__counts_each_in_its_totals(self) -> None:
        second, elsewhere, user = make_file(self.file.organization), make_file(), make_user()
        files, clock = (self.file, second, elsewhere), self.stop_clock()
        for downloads in (1, 2):
            clock.advance(minutes=1)
            granted = counters.grant_downloads(all_of(*files), number=3, user=user)
            self.assertEqual({file for file, _download in granted}, {*files})
            for file, download in granted:
                row = Download.objects.get(pk=download.pk)
                self.assertEqual((row.file_id, row.file_public_id), (file.pk, file.public_id))
                self.assertEqual(row.organization_id, file.organization_id)
                self.assertEqual((row.user_id, row.link_id), (user.pk, None))
                self.assertEqual(row.downloaded_at, clock.time)
                self.assertEqual(download.downloaded_at, clock.time)
            for file, organization in ((self.file, 2), (second, 2), (elsewhere, 1)):
                totals = read_totals(file)
                self.assertEqual((totals.ledger, totals.file), (downloads, downloads))
                self.assertEqual(totals.organization, organization * downloads)
                self.assertEqual(totals.organization_at, clock.time)
            assert_exact(elsewhere, downloads)
            counters.fold()
        days = counters.downloads_per_day(organization=self.file.organization, days=2)
        self.assertEqual(sum(count for _day, count in days), 4)
        self.assertIsNone(counters.record_range(file=second, user=user))

    def test_grant_of_another_number_of_files__counts_none(self) -> None:
        files = all_of(self.file, make_file())
        for asked, number in ((files, 3), (files, 1), (files.none(), 2)):
            self.assertEqual(counters.grant_downloads(asked, number=number), [])
        assert_exact(self.file, 0)

    def test_grant__takes_any_queryset_and_each_file_once(self) -> None:
        for _ in range(2):
            join(self.file.organization, make_user())
        doubled = only(self.file).extra(tables=[Membership._meta.db_table])  # noqa: S610
        self.assertEqual(doubled.count(), 2)
        for files in (doubled, *(refine(only(self.file)) for refine in REFINEMENTS)):
            [(file, _download)] = counters.grant_downloads(files, number=1)
            self.assertEqual((file, file.name), (self.file, self.file.name))
        assert_exact(self.file, 1 + len(REFINEMENTS))

    def test_rollback_of_the_site__takes_all_downloads_along(self) -> None:
        with self.assertRaises(SiteError), transaction.atomic():
            self._grant_all(self.file, make_file())
            assert_exact(self.file, 1)
            raise SiteError
        assert_exact(self.file, 0)

    def test_withdrawn__are_in_no_total(self) -> None:
        others = [make_file(self.file.organization), make_file()]
        clock = self.stop_clock()
        self._grant_all(self.file, *others)
        # All pending, all folded, and some of each; where none is ever pending, the same thrice.
        for folded, pending in ((0, 3), (3, 0), (1, 2)):
            clock.advance(minutes=1)
            taken = [*self._grant_all(*[self.file, *others][:folded]).values()]
            counters.fold()
            taken += self._grant_all(*[self.file, *others][3 - pending :]).values()
            counters.withdraw_downloads(taken)
            for file, organization in ((self.file, 2), (others[0], 2), (others[1], 1)):
                totals = read_totals(file)
                self.assertEqual((totals.ledger, totals.file), (1, 1))
                self.assertEqual(totals.organization, organization)
                self.assertEqual((totals.file_at, totals.ledger_at), (totals.organization_at,) * 2)
            assert_exact(others[1], 1)

    def test_file_removed_meanwhile__is_counted_like_the_others(self) -> None:
        removed, gone = make_file(self.file.organization), make_file(self.file.organization)
        files = (self.file, removed, gone)
        rows = [
            Download(
                file_id=file.pk,
                file_public_id=file.public_id,
                organization_id=file.organization_id,
                downloaded_at=self.stop_clock().time,
            )
            for file in files
        ]
        removed.delete()
        remove_by_sql(gone)

        counters.get_counters().bulk_record(rows)

        self.assertEqual((read_totals(self.file).file, read_totals(self.file).organization), (1, 3))
        counters.fold()
        self.assertEqual(counters.count_unfoldable(), 1)
        counters.verify(repair=True)
        counters.fold()
        self.assertEqual(counters.verify().findings, [])
        self.assertEqual(read_totals(self.file).organization, 3)
