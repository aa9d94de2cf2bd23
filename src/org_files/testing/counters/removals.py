"""Files that were removed, and primary keys that are given out again."""

from __future__ import annotations

from django.db import router
from django.db.models import Sum

from org_files import counters, get_file_model
from org_files.models import AbstractFile, Tombstone
from org_files.testing.counters.base import CountersCase
from org_files.testing.counters.totals import assert_exact, read_totals
from org_files.testing.factories import make_file, make_organization, make_user

__all__ = ["RemovalTests"]


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


def remove_by_sql(file: AbstractFile) -> None:
    """Remove the row of ``file`` as SQL or a cascade of the database does."""
    rows = get_file_model()._base_manager.filter(pk=file.pk)
    rows._raw_delete(router.db_for_write(rows.model))
