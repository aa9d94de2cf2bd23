"""Folding and verification, as far as every backend can be asked for them."""

from __future__ import annotations

from typing import Any

from org_files import counters, get_file_model, get_organization_model
from org_files.models import AbstractFile
from org_files.testing.counters.base import CountersCase
from org_files.testing.counters.totals import assert_exact, read_totals

__all__ = ["FoldingTests"]


class FoldingTests(CountersCase):
    """What jobs do to totals: nothing that a reader could see, unless they were wrong."""

    def test_fold__changes_no_total(self) -> None:
        clock = self.stop_clock()
        for _ in range(5):
            clock.advance(minutes=1)
            counters.record_download(file=self.file)
        before = read_totals(self.file)
        for _ in range(3):
            counters.fold()
            self.assertEqual(read_totals(self.file), before)
        assert_exact(self.file, 5)
        self.assertEqual(stored(self.file), (5, 5))

    def test_fold_with_nothing_pending__does_nothing(self) -> None:
        batches: list[int] = []
        self.assertEqual(counters.fold(on_batch=batches.append), 0)
        self.assertEqual(batches, [])
        assert_exact(self.file, 0)

    def test_right_totals__are_no_finding(self) -> None:
        for fold in (False, True):
            counters.record_download(file=self.file)
            if fold:
                counters.fold()
            report = counters.verify()
            self.assertEqual(report.findings, [])
            self.assertEqual(report.checked, {"files": 1, "tombstones": 0, "organizations": 1})

    def test_wrong_totals__are_found_and_mended(self) -> None:
        for _ in range(3):
            counters.record_download(file=self.file)
        counters.fold()
        counters.record_download(file=self.file)
        plant(self.file, folded_download_count=90)
        self.assertEqual([finding.repaired for finding in counters.verify().findings], [False] * 2)
        report = counters.verify(repair=True)
        self.assertEqual(
            [(finding.kind, finding.repaired) for finding in report.findings],
            [("file", True), ("organization", True)],
        )
        assert_exact(self.file, 4)
        counters.fold()
        assert_exact(self.file, 4)


def stored(file: AbstractFile) -> tuple[int, int]:
    """Return what is stored, of the file and of its organization."""
    found = get_file_model()._base_manager.get(pk=file.pk)
    organization = get_organization_model()._base_manager.get(pk=file.organization_id)
    return found.folded_download_count, organization.folded_download_count


def plant(file: AbstractFile, **values: Any) -> None:
    """Write wrong totals of file and organization, as a bug or a careless import would."""
    get_file_model()._base_manager.filter(pk=file.pk).update(**values)
    get_organization_model()._base_manager.filter(pk=file.organization_id).update(**values)
