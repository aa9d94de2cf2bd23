"""Totals as a site's own lists read them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from org_files import counters, get_file_model, get_organization_model
from org_files.testing.clock import Clock
from org_files.testing.counters.base import CountersCase
from org_files.testing.factories import make_file, make_organization

__all__ = ["ListTests"]

NAMES = {"none", "three", "one"}


class ListTests(CountersCase):
    """Files, each in an organization of its own, with no download, three and one."""

    def lists(self) -> list[QuerySet[Any]]:
        """Return the files and the organizations with their totals."""
        return [
            counters.with_totals(accessor()._base_manager.filter(name__in=NAMES))
            for accessor in (get_file_model, get_organization_model)
        ]

    def download(self) -> Clock:
        """Download them; some of the downloads are folded."""
        clock = self.stop_clock()
        files = [make_file(make_organization(name), name=name) for name in ("none", "three", "one")]
        for position in (1, 2, 1):
            clock.advance(minutes=1)
            counters.record_download(file=files[position])
        counters.fold()
        clock.advance(minutes=1)
        counters.record_download(file=files[1])
        return clock

    def test_totals__come_with_the_list_in_one_query(self) -> None:
        clock = self.download()
        for rows in self.lists():
            with self.subTest(rows.model.__name__):
                with self.assertNumQueries(1):
                    found = {row.name: row for row in rows}
                self.assertEqual(
                    {name: row.download_count for name, row in found.items()},
                    {"none": 0, "three": 3, "one": 1},
                )
                self.assertIsNone(found["none"].last_downloaded_at)
                self.assertEqual(found["three"].last_downloaded_at, clock.time)
                self.assertLess(found["one"].last_downloaded_at, found["three"].last_downloaded_at)

    def test_lists__can_be_ordered_and_filtered_by_totals(self) -> None:
        self.download()
        for rows in self.lists():
            with self.subTest(rows.model.__name__):
                with self.assertNumQueries(4):
                    by_count = in_order(rows, "-download_count")
                    by_time = in_order(rows, F("last_downloaded_at").desc(nulls_last=True))
                    popular = in_order(rows.filter(download_count__gte=2))
                    self.assertEqual(rows.filter(last_downloaded_at=None).count(), 1)
                self.assertEqual(by_count, [("three", 3), ("one", 1), ("none", 0)])
                self.assertEqual(by_time, by_count)
                self.assertEqual(popular, [("three", 3)])

    def test_totals__work_in_slices_and_subsets(self) -> None:
        self.download()
        for rows in self.lists():
            with self.subTest(rows.model.__name__):
                subset = rows.exclude(name="three")
                self.assertEqual(in_order(subset, "-download_count")[:1], [("one", 1)])


def in_order(queryset: QuerySet[Any], *ordering: Any) -> list[tuple[str, int]]:
    """Return names and counts."""
    return list(queryset.order_by(*ordering).values_list("name", "download_count"))
