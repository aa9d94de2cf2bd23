"""Tests of downloads per day."""

from datetime import UTC, date, datetime, timedelta

from django.db.models import F

from org_files import counters
from org_files.models import DailyDownloads
from org_files.testing.clock import Clock
from org_files.testing.counters.cases import CountersCase, assert_exact, remove_by_sql
from org_files.testing.factories import make_file, make_organization

MIDNIGHT = datetime(2024, 3, 1, tzinfo=UTC)


class DayTests(CountersCase):
    """The downloads of each day agree with the ledger, whether or not they are folded."""

    clock: Clock

    def setUp(self) -> None:
        super().setUp()
        self.clock = self.stop_clock()

    def record_at(self, *moments: timedelta) -> None:
        """Record a download at each of these times before or after midnight."""
        for moment in moments:
            self.clock.time = MIDNIGHT + moment
            counters.record_download(file=self.file)

    def days(self) -> dict[date, int]:
        """Return the days with downloads. One statement, whatever is pending."""
        with self.assertNumQueries(1):
            found = counters.downloads_per_day(organization=self.file.organization, days=7)
        return {day: count for day, count in found if count}

    def test_days__are_those_of_the_ledger_before_a_fold_and_after(self) -> None:
        second = timedelta(seconds=1)
        self.record_at(-second, timedelta(0), second)
        counters.record_download(file=make_file(make_organization("Globex")))
        expected = {date(2024, 2, 29): 1, date(2024, 3, 1): 2}
        self.assertEqual(self.days(), expected)
        counters.fold()
        self.assertEqual(self.days(), expected)
        self.record_at(-second, second)
        self.assertEqual(self.days(), {date(2024, 2, 29): 2, date(2024, 3, 1): 3})
        counters.fold()
        assert_exact(self.file, 5)

    def test_days_of_a_file__are_those_of_its_rows_in_the_ledger(self) -> None:
        self.record_at(timedelta(seconds=-1), timedelta(0))
        counters.record_download(file=make_file(self.file.organization))
        counters.fold()
        self.record_at(timedelta(0))
        with self.assertNumQueries(1):
            found = counters.file_downloads_per_day(file=self.file, days=3)
        expected = [(date(2024, 2, 28), 0), (date(2024, 2, 29), 1), (date(2024, 3, 1), 2)]
        self.assertEqual(found, expected)

    def test_sizes__are_those_of_the_files_that_are_still_there(self) -> None:
        self.record_at(timedelta(seconds=-1), timedelta(0), timedelta(0))
        removed = make_file(self.file.organization, content=b"x" * 1000)
        counters.record_download(file=removed)
        pk = removed.pk
        remove_by_sql(removed)
        # Databases give the keys of removed rows out again.
        make_file(self.file.organization, pk=pk, content=b"x" * 2000)
        for folds in (False, True):
            if folds:
                counters.fold()
            with self.assertNumQueries(1):
                found = counters.bytes_per_day(
                    organization=self.file.organization, first=date(2024, 3, 1)
                )
            self.assertEqual(found, {date(2024, 3, 1): 2 * self.file.size})

    def test_withdrawn__is_in_no_day(self) -> None:
        self.record_at(timedelta(0), timedelta(0))
        for folds in (False, True):
            withdrawn = counters.record_download(file=self.file)
            if folds:
                counters.fold()
            counters.withdraw_download(withdrawn)
            self.assertEqual(self.days(), {date(2024, 3, 1): 2})
            assert_exact(self.file, 2)

    def test_wrong_days__are_found_and_repaired(self) -> None:
        self.record_at(timedelta(days=-1), timedelta(0), timedelta(0))
        counters.fold()
        self.record_at(timedelta(0))
        # So that the sum stays right.
        rows = DailyDownloads.objects.filter(organization=self.file.organization_id)
        for day, more in (("2024-02-29", 1), ("2024-03-01", -1)):
            rows.filter(day=day).update(download_count=F("download_count") + more)
        pk = self.file.organization_id
        for repair in (False, True):
            self.assertEqual(
                [
                    (f.kind, f.pk, f.ledger, f.counted)
                    for f in counters.verify(repair=repair).findings
                ],
                [("day", f"{pk}/2024-02-29", 1, 2), ("day", f"{pk}/2024-03-01", 3, 2)],
            )
        assert_exact(self.file, 4)
        self.assertEqual(self.days(), {date(2024, 2, 29): 1, date(2024, 3, 1): 3})

    def test_days_that_lack_a_download__are_not_shown(self) -> None:
        self.record_at(timedelta(days=-1), timedelta(0))
        counters.fold()
        # As after a fold by a process that keeps no days.
        DailyDownloads.objects.filter(day="2024-02-29").delete()
        found = counters.downloads_per_day(organization=self.file.organization, days=2)
        self.assertEqual([count for _day, count in found], [1, 1])
        counters.verify(repair=True)
        self.assertEqual(list(self.days().values()), [1, 1])

    def test_days_of_a_removed_organization__agree_too(self) -> None:
        self.record_at(timedelta(0))
        counters.fold()
        self.record_at(timedelta(0))
        self.file.delete()
        self.file.organization.delete()
        counters.fold()
        self.assertEqual(counters.verify().findings, [])
