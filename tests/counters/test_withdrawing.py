"""Downloads that were recorded, but that the store could not answer with content."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction

from org_files import counters
from org_files.models import AbstractFile
from tests.counters.conftest import Clock
from tests.counters.totals import assert_exact, read_totals
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("backend")]


@pytest.fixture(params=["before a fold", "after a fold"])
def fold(request: pytest.FixtureRequest) -> Any:
    """Fold, or leave what is pending."""
    return counters.fold if request.param == "after a fold" else lambda: None


def test_withdrawn__is_in_no_total(file: AbstractFile, fold: Any) -> None:
    download = counters.record_download(file=file)
    fold()

    counters.withdraw_download(download)

    assert_exact(file, 0)
    assert read_totals(file).file_at is None


def test_newest_withdrawn__leaves_the_time_of_the_one_before(
    file: AbstractFile, clock: Clock, fold: Any
) -> None:
    counters.record_download(file=file)
    before = clock.time
    clock.advance(minutes=1)
    newest = counters.record_download(file=file)
    fold()

    counters.withdraw_download(newest)

    assert_exact(file, 1)
    assert read_totals(file).file_at == before


def test_older_withdrawn__leaves_the_newest_time(
    file: AbstractFile, clock: Clock, fold: Any
) -> None:
    older = counters.record_download(file=file)
    clock.advance(minutes=1)
    counters.record_download(file=file)
    fold()

    counters.withdraw_download(older)

    assert_exact(file, 1)
    assert read_totals(file).file_at == clock.time


def test_withdrawn_twice__is_taken_back_once(file: AbstractFile, fold: Any) -> None:
    counters.record_download(file=file)
    twice = counters.record_download(file=file)
    fold()

    for _ in range(2):
        counters.withdraw_download(twice)

    assert_exact(file, 1)


def test_folded_and_pending_both_withdrawn__leave_no_time(file: AbstractFile, clock: Clock) -> None:
    folded = counters.record_download(file=file)
    counters.fold()
    clock.advance(minutes=1)
    pending = counters.record_download(file=file)

    counters.withdraw_download(folded)
    assert_exact(file, 1)
    counters.withdraw_download(pending)

    assert_exact(file, 0)
    assert read_totals(file).file_at is None


def test_pending_withdrawn_after_a_repair__leaves_the_time_of_the_one_before(
    file: AbstractFile, clock: Clock
) -> None:
    counters.record_download(file=file)
    counters.fold()
    clock.advance(minutes=1)
    pending = counters.record_download(file=file)
    type(file)._base_manager.filter(pk=file.pk).update(folded_download_count=9)
    counters.verify(repair=True)

    counters.withdraw_download(pending)

    assert_exact(file, 1)


def test_fold_after_a_withdrawal__adds_what_is_left(file: AbstractFile, clock: Clock) -> None:
    downloads = []
    for _ in range(4):
        clock.advance(minutes=1)
        downloads.append(counters.record_download(file=file))
    counters.withdraw_download(downloads[1])
    counters.withdraw_download(downloads[3])

    counters.fold()

    assert_exact(file, 2)


@pytest.mark.django_db(transaction=True)
def test_withdrawals_at_once_with_downloads_and_folds__stay_exact(file: AbstractFile) -> None:
    def failing_downloads() -> None:
        for _ in range(10):
            counters.withdraw_download(counters.record_download(file=file))

    def downloads() -> None:
        for _ in range(10):
            counters.record_download(file=file)

    def folds() -> None:
        for _ in range(10):
            counters.fold(batch_size=3)

    at_once([failing_downloads, failing_downloads, downloads, downloads, folds])

    assert_exact(file, 20)


@pytest.mark.django_db(transaction=True)
def test_withdrawal_while_a_newer_download_commits__keeps_the_newer_time(
    file: AbstractFile, clock: Clock
) -> None:
    withdrawn = counters.record_download(file=file)
    counters.fold()
    clock.advance(minutes=1)
    open_transaction = Event()

    def record_and_fold_slowly(withdrawal_waits: Event) -> None:
        with transaction.atomic():
            counters.record_download(file=file)
            counters.fold()
            open_transaction.set()
            withdrawal_waits.wait(0.5)

    def withdraw(withdrawal_waits: Event) -> None:
        open_transaction.wait()
        counters.withdraw_download(withdrawn)
        withdrawal_waits.set()

    done = Event()
    at_once([partial(record_and_fold_slowly, done), partial(withdraw, done)])

    assert_exact(file, 1)
