"""Partial ranges: many requests, one download."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from org_files import counters
from org_files.models import AbstractFile, Download, RangeGrant
from tests.counters.conftest import Clock
from tests.counters.totals import assert_exact
from tests.factories import make_file, make_user
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("backend")]


class Link:
    """A share link, as far as the counters look at it."""

    def __init__(self, pk: int) -> None:
        self.pk = pk


SOMEBODY = {"link": Link(1), "address": "192.0.2.1", "user_agent": "curl/8.5"}


@pytest.fixture(params=["user", "link"])
def requester(request: pytest.FixtureRequest, db: None) -> dict[str, Any]:
    """Somebody logged in, or somebody with a link."""
    return {"user": make_user()} if request.param == "user" else SOMEBODY


def test_first_range__begins_a_download(file: AbstractFile, requester: dict[str, Any]) -> None:
    begun = counters.record_range(file=file, **requester)

    assert begun is not None
    assert Download.objects.get() == begun
    assert_exact(file, 1)


def test_further_ranges_within_the_hour__belong_to_it(
    file: AbstractFile, requester: dict[str, Any], clock: Clock
) -> None:
    counters.record_range(file=file, **requester)

    for _ in range(59):
        clock.advance(minutes=1)
        assert counters.record_range(file=file, **requester) is None

    assert_exact(file, 1)


def test_range_after_61_minutes__begins_another(
    file: AbstractFile, requester: dict[str, Any], clock: Clock
) -> None:
    counters.record_range(file=file, **requester)
    clock.advance(minutes=61)

    assert counters.record_range(file=file, **requester) is not None
    assert counters.record_range(file=file, **requester) is None

    assert_exact(file, 2)


def test_range__belongs_to_the_whole_download_that_the_user_began(
    file: AbstractFile, clock: Clock
) -> None:
    user = make_user()
    counters.record_download(file=file, user=user)
    clock.advance(minutes=59)

    assert counters.record_range(file=file, user=user) is None

    clock.advance(minutes=2)
    assert counters.record_range(file=file, user=user) is not None
    assert_exact(file, 2)


def test_range__does_not_belong_to_the_download_of_another_user(file: AbstractFile) -> None:
    counters.record_download(file=file, user=make_user())

    assert counters.record_range(file=file, user=make_user()) is not None
    assert counters.record_range(file=file, user=make_user()) is not None


def test_range__does_not_belong_to_the_download_of_another_file(
    file: AbstractFile, requester: dict[str, Any]
) -> None:
    counters.record_range(file=file, **requester)

    assert counters.record_range(file=make_file(), **requester) is not None


@pytest.mark.parametrize(
    "other", [{"link": Link(2)}, {"address": "192.0.2.2"}, {"user_agent": "Wget/1.24"}]
)
def test_link_address_and_user_agent__are_one_requester(
    file: AbstractFile, other: dict[str, Any]
) -> None:
    counters.record_range(file=file, **SOMEBODY)

    assert counters.record_range(file=file, **SOMEBODY | other) is not None


def test_whole_downloads__count_each_time_beside_ranges(file: AbstractFile) -> None:
    user = make_user()
    counters.record_range(file=file, user=user)

    for _ in range(2):
        counters.record_download(file=file, user=user)

    assert_exact(file, 3)


def test_range_after_a_withdrawn_one__begins_a_download(
    file: AbstractFile, requester: dict[str, Any]
) -> None:
    begun = counters.record_range(file=file, **requester)
    assert begun is not None
    counters.withdraw_download(begun)

    assert counters.record_range(file=file, **requester) is not None
    assert_exact(file, 1)


@pytest.mark.django_db(transaction=True)
def test_sixteen_segments_at_once__are_one_download(
    file: AbstractFile, requester: dict[str, Any], clock: Clock
) -> None:
    segment = partial(counters.record_range, file=file, **requester)

    begun = at_once([segment] * 16)
    assert len([download for download in begun if download]) == 1
    assert_exact(file, 1)

    clock.advance(minutes=61)
    begun = at_once([segment] * 16)
    assert len([download for download in begun if download]) == 1
    assert_exact(file, 2)


def test_marks_older_than_an_hour__are_forgotten(file: AbstractFile, clock: Clock) -> None:
    counters.record_range(file=file, user=make_user())
    clock.advance(minutes=30)
    recent = make_user()
    counters.record_range(file=file, user=recent)
    clock.advance(minutes=31)

    assert counters.forget_grants() == 1
    assert RangeGrant.objects.count() == 1
    assert counters.record_range(file=file, user=recent) is None
