"""Tests of folding, verification, lists and removed files."""

from typing import Any

from django.db.models import F, QuerySet, Sum

from org_files import counters, get_file_model, get_organization_model
from org_files.models import Tombstone
from org_files.testing.counters.cases import (
    CountersCase,
    assert_exact,
    only,
    read_totals,
    remove_by_sql,
    set_totals,
)
from org_files.testing.factories import make_file, make_organization, make_user

NAMES = ("none", "three", "one")


class FoldingTests(CountersCase):
    """Fold and verify change no total, unless it was wrong."""

    def test_fold__changes_no_total(self) -> None:
        clock = self.stop_clock()
        for _ in range(5):
            clock.advance(minutes=1)
            counters.record_download(file=self.file)
        report = counters.verify()
        self.assertEqual(report.findings, [])
        self.assertEqual(report.checked, {"files": 1, "tombstones": 0, "organizations": 1})
        before, batches = read_totals(self.file), list[int]()
        counters.fold()
        counters.fold(on_batch=batches.append)
        self.assertEqual(batches, [])
        self.assertEqual(read_totals(self.file), before)
        assert_exact(self.file, 5)
        organization = get_organization_model()._base_manager.get(pk=self.file.organization_id)
        for row in (only(self.file).get(), organization):
            self.assertEqual(row.folded_download_count, 5)

    def test_wrong_totals__are_found_and_repaired(self) -> None:
        for _ in range(3):
            counters.record_download(file=self.file)
        counters.fold()
        counters.record_download(file=self.file)
        set_totals(self.file, folded_download_count=90)
        for repair in (False, True):
            findings = counters.verify(repair=repair).findings
            self.assertEqual(
                [(finding.kind, finding.repaired) for finding in findings],
                [("file", repair), ("organization", repair)],
            )
        assert_exact(self.file, 4)
        counters.fold()
        assert_exact(self.file, 4)

    def test_totals__come_with_lists_and_order_and_filter_them(self) -> None:
        clock = self.stop_clock()
        files = [make_file(make_organization(name), name=name) for name in NAMES]
        for position in (1, 2, 1):
            clock.advance(minutes=1)
            counters.record_download(file=files[position])
        counters.fold()
        clock.advance(minutes=1)
        counters.record_download(file=files[1])
        for accessor in (get_file_model, get_organization_model):
            rows: Any = counters.with_totals(accessor()._base_manager.filter(name__in=NAMES))
            with self.assertNumQueries(1):
                found = {row.name: row for row in rows}
            self.assertEqual(
                {name: row.download_count for name, row in found.items()},
                {"none": 0, "three": 3, "one": 1},
            )
            self.assertIsNone(found["none"].last_downloaded_at)
            self.assertEqual(found["three"].last_downloaded_at, clock.time)
            self.assertLess(found["one"].last_downloaded_at, found["three"].last_downloaded_at)
            with self.assertNumQueries(5):
                by_count = _in_order(rows, "-download_count")
                by_time = _in_order(rows, F("last_downloaded_at").desc(nulls_last=True))
                popular = _in_order(rows.filter(download_count__gte=2))
                subset = _in_order(rows.exclude(name="three"), "-download_count")
                self.assertEqual(rows.filter(last_downloaded_at=None).count(), 1)
            self.assertEqual(by_count, [("three", 3), ("one", 1), ("none", 0)])
            self.assertEqual(by_time, by_count)
            self.assertEqual(popular, [("three", 3)])
            self.assertEqual(subset, by_count[1:])


def _in_order(queryset: QuerySet[Any], *ordering: Any) -> list[tuple[str, int]]:
    """Return names and counts."""
    return list(queryset.order_by(*ordering).values_list("name", "download_count"))


class RemovalTests(CountersCase):
    """The ledger meets a file by its public id, and no download is lost with a file's row."""

    def test_key_given_out_again__brings_no_history(self) -> None:
        first, user = self.file, make_user()
        key = first.pk
        counters.record_download(file=first, user=user)
        counters.fold()
        counters.record_download(file=first, user=user)
        first.delete()

        second = make_file(make_organization("Globex"), pk=key)

        assert_exact(second, 0)
        self.assertIsNone(read_totals(second).file_at)
        self.assertIsNotNone(counters.record_range(file=second, user=user))
        counters.fold()
        assert_exact(second, 1)
        self.assertEqual(Tombstone.objects.get().folded_download_count, 2)

    def test_key_given_out_again__leaves_a_tombstone_each_time(self) -> None:
        key = self.file.pk
        counters.record_download(file=self.file)
        self.file.delete()
        again = make_file(self.file.organization, pk=key)
        counters.record_download(file=again)
        again.delete()

        counters.fold()

        counts = Tombstone.objects.values_list("folded_download_count", flat=True)
        self.assertEqual(list(counts), [1, 1])
        self.assertEqual(counters.verify().findings, [])

    def test_withdrawal_after_a_key_was_given_out_again__leaves_the_new_file_alone(self) -> None:
        key = self.file.pk
        withdrawn = counters.record_download(file=self.file)
        counters.fold()
        self.file.delete()
        again = make_file(make_organization("Globex"), pk=key)
        counters.record_download(file=again)
        counters.fold()

        counters.withdraw_download(withdrawn)

        assert_exact(again, 1)
        self.assertEqual(Tombstone.objects.get().folded_download_count, 0)

    def test_download_of_a_file_removed_by_sql__is_counted_once_there_is_a_tombstone(self) -> None:
        file = make_file(self.file.organization)
        counters.record_download(file=file)
        counters.fold()
        remove_by_sql(file)

        counters.record_download(file=file)
        counters.fold()

        self.assertEqual(counters.count_unfoldable(), 1)
        self.assertEqual([finding.ledger for finding in counters.verify().findings], [2])
        counters.verify(repair=True)
        self.assertEqual(counters.count_unfoldable(), 0)
        counters.fold()
        report = counters.verify()
        self.assertEqual((report.findings, report.warnings), ([], []))
        totals = Tombstone.objects.aggregate(downloads=Sum("folded_download_count"))
        self.assertEqual(totals, {"downloads": 2})
