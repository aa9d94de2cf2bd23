"""The contracts of counters backends find what is wrong with one."""

import time

import pytest
from django.db import connection
from django.db.models import F
from django.test import TestCase, TransactionTestCase

from org_files import get_file_model, get_organization_model
from org_files.counters import DirectCounters
from org_files.models import DailyDownloads, Download, PendingDownload
from org_files.testing.counters import ConcurrentCountersContract, CountersContract
from tests.testing.trials import failures

# Not within a transaction: a test case closes the connections that it used.
pytestmark = [pytest.mark.sweep, pytest.mark.django_db(transaction=True)]


class ForgetsOrganizations(DirectCounters):
    def record(self, row):
        row.save(force_insert=True)
        get_file_model()._base_manager.filter(pk=row.file_id).update(
            folded_download_count=F("folded_download_count") + 1,
            folded_last_downloaded_at=row.downloaded_at,
        )
        return row


class ForgetsDays(DirectCounters):
    def record(self, row):
        row = super().record(row)
        DailyDownloads.objects.all().delete()
        return row


class CommitsByItself(DirectCounters):
    """Counts whether or not the site's transaction is rolled back."""

    kept = []

    def with_totals(self, queryset):
        return super().with_totals(queryset).annotate(download_count=F("pk") * 0 + len(self.kept))

    def record(self, row):
        self.kept.append(row)
        return super().record(row)


class CountsEachSegment(DirectCounters):
    def record_range(self, row, **of):
        return self.record(row)


class WithdrawsTheRowAlone(DirectCounters):
    def withdraw(self, download):
        Download.objects.filter(pk=download.pk).delete()


class ForgetsWhoHasTheWhole(DirectCounters):
    def record_whole(self, row, **of):
        return self.record(row)


class TakesAllForOneRequester(DirectCounters):
    def is_under_way(self, row, **of):
        return Download.objects.filter(file=row.file_id).exists()


class TakesEachPartOfAHeightForAUse(DirectCounters):
    def claim_use(self, row, *, is_partial, **of):
        return True


class RecordsHeights(DirectCounters):
    def claim_use(self, row, *, is_partial, **of):
        self.record(row)
        return super().claim_use(row, is_partial=is_partial, **of)


class MixesHeightsUp(DirectCounters):
    def claim_use(self, row, *, is_partial, content, **of):
        content = content.partition("@")[0]
        return super().claim_use(row, is_partial=is_partial, content=content, **of)


class KeepsTheMarkOfWhatItWithdraws(DirectCounters):
    def withdraw(self, download):
        download.grant_key = None
        super().withdraw(download)


class ReadsThenWrites(DirectCounters):
    """The tutorial's counter: what two do at once, one of them loses."""

    def record(self, row):
        row.save(force_insert=True)
        for model, pk in (
            (get_file_model(), row.file_id),
            (get_organization_model(), row.organization_id),
        ):
            rows = model._base_manager.filter(pk=pk)
            count = rows.values_list("folded_download_count", flat=True).get()
            time.sleep(0.002)
            rows.update(
                folded_download_count=count + 1, folded_last_downloaded_at=row.downloaded_at
            )
        return row


class FindsDownloadsByPrimaryKey(DirectCounters):
    def record_range(self, row, **of):
        if Download.objects.filter(user=row.user_id, file=row.file_id).exists():
            return None
        return super().record_range(row, **of)


class LosesWhatNoTotalTakes(DirectCounters):
    def _count(self, row):
        super()._count(row)
        PendingDownload.objects.all().delete()


class GrantsTheFilesThatThereAre(DirectCounters):
    def bulk_grant(self, files, *, number, user):
        return super().bulk_grant(files, number=len(files), user=user)


class WithdrawsOneOfMany(DirectCounters):
    def bulk_withdraw(self, downloads):
        super().bulk_withdraw(downloads[:1])


def run(contract, case, backend, test, **of):
    spec = {"BACKEND": f"{backend.__module__}.{backend.__name__}"}
    return "".join(failures(contract, case, test, backend=spec, **of))


RANGES = "test_ranges_within_the_hour__are_one_download"
WHOLE = "test_range__belongs_to_the_whole_download_before_it"
WITHDRAWAL = "test_range_after_a_withdrawal__begins_a_download"
OTHERS = "test_download__is_under_way_for_who_began_it_alone"
HEIGHT = "test_height_of_a_picture__is_used_once_an_hour_and_is_no_download"
LOST = "test_download_of_a_file_removed_by_sql__is_counted_once_there_is_a_tombstone"


@pytest.mark.parametrize(
    ("backend", "test", "said"),
    [
        (ForgetsOrganizations, "test_downloads__are_in_both_totals_at_once", "organization=0"),
        (
            ForgetsDays,
            "test_downloads__are_in_both_totals_at_once",
            "the ledger has 1 downloads, the totals 0",
        ),
        (CountsEachSegment, RANGES, "is not None"),
        (WithdrawsTheRowAlone, "test_withdrawn__is_in_no_total", "ledger=0, file=1"),
        (ForgetsWhoHasTheWhole, WHOLE, "is not None"),
        (TakesAllForOneRequester, OTHERS, "True is not False"),
        (TakesEachPartOfAHeightForAUse, HEIGHT, "True is not False"),
        (RecordsHeights, HEIGHT, "ledger=6"),
        (MixesHeightsUp, "test_heights_and_the_original__are_begun_apart", "is not True"),
        (KeepsTheMarkOfWhatItWithdraws, WITHDRAWAL, "True is not False"),
        (FindsDownloadsByPrimaryKey, "test_key_given_out_again__brings_no_history", "None"),
        (LosesWhatNoTotalTakes, LOST, "0 != 1"),
        (
            GrantsTheFilesThatThereAre,
            "test_grant_of_another_number_of_files__counts_none",
            "!= []",
        ),
        (WithdrawsOneOfMany, "test_withdrawn__are_in_no_total", "3 != 2"),
        (CommitsByItself, "test_rollback_of_the_site__takes_the_count_along", "file=4"),
    ],
)
def test_broken_counters__fail(backend, test, said):
    CommitsByItself.kept.clear()

    assert said in run(CountersContract, TestCase, backend, test)


def test_counters_that_lose_updates__fail():
    test = "test_downloads_of_several_files_at_once__wait_in_no_circle"

    said = run(ConcurrentCountersContract, TransactionTestCase, ReadsThenWrites, test)

    assert "Finding(kind='organization'" in said


def test_database_that_threads_cannot_share__is_refused(monkeypatch):
    monkeypatch.setattr(connection, "is_in_memory_db", lambda: True, raising=False)
    test = "test_segments_at_once__are_one_download"

    said = run(ConcurrentCountersContract, TestCase, DirectCounters, test)

    assert "threads need a file" in said
