"""Many who download one file, while others fold and read."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import Any

import pytest

from org_files import counters, get_file_model
from org_files.models import AbstractFile, Download
from tests.counters.totals import Totals, assert_exact, read_totals
from tests.factories import make_file
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("backend")]


def download_at_once(file: AbstractFile, *, clients: int, downloads: int) -> list[Totals]:
    """Download ``file`` from many clients while folds go on; return what a reader saw meanwhile."""
    over = Event()
    unfinished = [None] * clients
    seen: list[Totals] = []

    def client(number: int) -> None:
        files = get_file_model()._base_manager.filter(pk=file.pk)
        try:
            for turn in range(downloads):
                if (number + turn) % 2:
                    counters.record_download(file=file)
                else:
                    counters.grant_download(files)
        finally:
            unfinished.pop()
            if not unfinished:
                over.set()

    def fold() -> None:
        while not over.wait(0.01):
            counters.fold(batch_size=50)

    def read() -> None:
        while not over.wait(0.01):
            seen.append(read_totals(file))

    calls: list[Any] = [partial(client, number) for number in range(clients)]
    at_once([*calls, fold, read])
    return seen


def check(file: AbstractFile, seen: list[Totals], downloads: int) -> None:
    assert [totals for totals in seen if not totals.agree] == []
    counts = [totals.ledger for totals in seen]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    assert_exact(file, downloads)
    counters.fold()
    assert_exact(file, downloads)


def test_downloads_at_once__agree_whenever_read(file: AbstractFile) -> None:
    seen = download_at_once(file, clients=16, downloads=50)

    check(file, seen, 16 * 50)


@pytest.mark.load
def test_many_downloads_at_once__agree_whenever_read(file: AbstractFile) -> None:
    seen = download_at_once(file, clients=32, downloads=200)

    check(file, seen, 32 * 200)


def test_downloads_of_several_files_at_once__wait_in_no_circle(file: AbstractFile) -> None:
    files = [file, *(make_file(file.organization) for _ in range(3))]

    def client(number: int) -> None:
        for turn in range(10):
            counters.record_download(file=files[(number + turn) % len(files)])
            if turn % 5 == 4:
                counters.fold(batch_size=7)

    at_once([partial(client, number) for number in range(8)])

    assert Download.objects.count() == 80
    assert counters.verify().findings == []
    assert {read_totals(each).organization for each in files} == {80}
    assert {read_totals(each).file for each in files} == {20}
