"""Totals as a site's own lists read them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F, QuerySet

from org_files import counters, get_file_model, get_organization_model
from org_files.models import AbstractFile
from tests.counters.conftest import DIRECT, LEDGER, Clock, use_backend
from tests.counters.totals import assert_exact
from tests.factories import make_file, make_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(backend: str, clock: Clock) -> list[AbstractFile]:
    """Files, each in an organization of its own, with no download, three and one.

    Some of the downloads are folded.
    """
    files = [make_file(make_organization(name), name=name) for name in ("none", "three", "one")]
    for position in (1, 2, 1):
        clock.advance(minutes=1)
        counters.record_download(file=files[position])
    counters.fold()
    clock.advance(minutes=1)
    counters.record_download(file=files[1])
    return files


def in_order(queryset: QuerySet[Any], *ordering: Any) -> list[tuple[str, int]]:
    return list(queryset.order_by(*ordering).values_list("name", "download_count"))


@pytest.mark.parametrize("accessor", [get_file_model, get_organization_model])
def test_totals__come_with_the_list_in_one_query(
    files: list[AbstractFile], accessor: Any, django_assert_num_queries: Any, clock: Clock
) -> None:
    with django_assert_num_queries(1):
        found = {row.name: row for row in counters.with_totals(accessor()._base_manager.all())}

    assert {name: row.download_count for name, row in found.items()} == {
        "none": 0,
        "three": 3,
        "one": 1,
    }
    assert found["none"].last_downloaded_at is None
    assert found["three"].last_downloaded_at == clock.time
    assert found["one"].last_downloaded_at < found["three"].last_downloaded_at


@pytest.mark.parametrize("accessor", [get_file_model, get_organization_model])
def test_lists__can_be_ordered_and_filtered_by_totals(
    files: list[AbstractFile], accessor: Any, django_assert_num_queries: Any
) -> None:
    rows = counters.with_totals(accessor()._base_manager.all())

    with django_assert_num_queries(4):
        by_count = in_order(rows, "-download_count")
        by_time = in_order(rows, F("last_downloaded_at").desc(nulls_last=True))
        popular = in_order(rows.filter(download_count__gte=2))
        assert rows.filter(last_downloaded_at=None).count() == 1

    assert by_count == by_time == [("three", 3), ("one", 1), ("none", 0)]
    assert popular == [("three", 3)]


def test_totals__work_in_slices_and_subsets(files: list[AbstractFile]) -> None:
    rows = counters.with_totals(get_file_model()._base_manager.exclude(name="three"))

    assert in_order(rows, "-download_count")[:1] == [("one", 1)]


def test_change_of_the_backend__keeps_every_total(settings: Any, file: AbstractFile) -> None:
    for position, path in enumerate((LEDGER, DIRECT, LEDGER, DIRECT), start=1):
        use_backend(settings, path)
        counters.record_download(file=file)
        assert_exact(file, position)
