"""GET organizations/{id}/usage/: what it holds, and how much of it was downloaded on which day."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache.backends import base, locmem
from django.utils import timezone

from org_files import counters
from org_files.files.quotas import verify_usage
from org_files.models import Role
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import join, make_file, make_organization, subscribe

MINUTE = timedelta(minutes=1)


@pytest.fixture
def path(acme):
    return f"organizations/{acme.pk}/usage/"


@pytest.fixture
def clock():
    with stopped_clock() as clock:
        yield clock


def per_day(who, path, days):
    answer = who.get(path, days=days)
    assert answer.status == 200, answer
    rows = answer.body["downloads_per_day"]
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    return {row["date"]: row["count"] for row in rows}


def test_shape(member, acme, path):
    make_file(acme, content=b"x" * 10)
    make_file(acme, content=b"x" * 100, deleted_at=timezone.now())
    make_file(acme, content=b"x" * 1000, expires_at=timezone.now() - timedelta(seconds=1))
    file = make_file(content=b"x" * 10_000)
    counters.record_download(file=file)
    own = make_file(acme, content=b"")
    for _ in range(3):
        counters.record_download(file=own)
    counters.fold()
    counters.record_download(file=own)

    answer = member.get(path)

    rows = answer.body.pop("downloads_per_day")
    assert answer.body == {
        # What is in the trash, or expired, takes room.
        "bytes_stored": 1110,
        "quota_bytes": None,
        "file_count": 2,
        "download_count": 4,
    }
    today = timezone.now().astimezone(UTC).date()
    assert rows == [
        {"date": (today - timedelta(days=days)).isoformat(), "count": 0 if days else 4}
        for days in range(29, -1, -1)
    ]


def test_numbers_of_long_organizations__are_the_stored_ones_less_what_has_ended(
    member, acme, path, monkeypatch
):
    monkeypatch.setattr("org_files.files.usage.COUNTED_EACH_TIME", 2)
    now = timezone.now()
    for ended in ({}, {"deleted_at": now}, {"expires_at": now}, {"expires_at": now + MINUTE}):
        make_file(acme, content=b"x" * 10, **ended)
    verify_usage(repair=True)
    # Not counted, as SQL by hand would: the numbers are those of the last count.
    make_file(acme, content=b"x")

    (listed,) = member.get("organizations/").body["results"]

    for shown in (listed, member.get(path).body):
        assert (shown["file_count"], shown["bytes_stored"]) == (2, 40)
    monkeypatch.setattr("org_files.files.usage.COUNTED_EACH_TIME", 4)
    (counted,) = member.get("organizations/").body["results"]
    assert (counted["file_count"], counted["bytes_stored"]) == (3, 41)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_days__are_those_of_utc_whatever_the_zone_of_the_site(
    member, acme, path, settings, clock, zone
):
    settings.TIME_ZONE = zone
    file = make_file(acme)
    midnight = datetime(2024, 3, 1, tzinfo=UTC)
    for moment in (
        midnight - timedelta(days=1, microseconds=1),
        midnight - timedelta(days=1),
        midnight - timedelta(microseconds=1),
        midnight,
        midnight + timedelta(microseconds=1),
    ):
        clock.time = moment
        counters.record_download(file=file)

    clock.time = midnight - timedelta(microseconds=1)
    before = per_day(member, path, "2")
    clock.time = midnight + timedelta(hours=23, minutes=59)
    after = per_day(member, path, "3")

    # What lies ahead of the clock is not of these days.
    assert before == {"2024-02-28": 1, "2024-02-29": 2}
    assert after == {"2024-02-28": 1, "2024-02-29": 2, "2024-03-01": 2}
    clock.time = midnight + timedelta(days=1)
    assert per_day(member, path, "1") == {"2024-03-02": 0}


@pytest.mark.parametrize("days", [1, 30, 366])
def test_days__are_as_many_as_asked_for_and_there_once(member, acme, path, settings, clock, days):
    settings.TIME_ZONE = "America/New_York"
    today = datetime(2025, 2, 28, 8, tzinfo=UTC)
    file = make_file(acme)
    # The day before the first is not counted.
    for back in (days, days - 1, 0):
        clock.time = today - timedelta(days=back)
        counters.record_download(file=file)

    found = per_day(member, path, str(days))

    dates = [(today - timedelta(days=back)).date().isoformat() for back in range(days)][::-1]
    assert [*found] == dates
    assert found == dict.fromkeys(dates, 0) | ({dates[0]: 1, dates[-1]: 1 + (days == 1)})


@pytest.mark.parametrize("days", ["0", "367", "", "1\n", "1.0", "\uff11", "9" * 5000])
def test_days_that_are_no_number_from_1_to_366__are_400(member, path, days):
    answer = member.get(path, days=days)

    assert (answer.status, answer.body) == (400, {"days": ["Takes a number from 1 to 366."]})


def test_usage__is_cached_for_a_minute(member, acme, path, monkeypatch):
    now = SimpleNamespace(seconds=1_000_000.0)
    for module in (base, locmem):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now.seconds))
    first = member.get(path).body
    counters.record_download(file=make_file(acme))
    # But for the quota, which holds at once.
    subscribe(acme, quota_bytes=1000)

    now.seconds += 59
    assert member.get(path).body == first | {"quota_bytes": 1000}
    now.seconds += 2
    later = member.get(path).body

    assert (first["download_count"], later["download_count"]) == (0, 1)
    assert later["downloads_per_day"][-1]["count"] == 1


def test_cache__is_apart_for_each_organization_and_number_of_days(member, acme, path):
    globex = make_organization("Globex")
    join(globex, member.user, Role.ADMIN)
    make_file(globex, content=b"x" * 7)
    other = f"organizations/{globex.pk}/usage/"

    assert member.get(path).body["bytes_stored"] == 0
    assert member.get(other).body["bytes_stored"] == 7
    for where, lengths in ((path, (1, 11)), (other, (11, 1))):
        assert [len(per_day(member, where, str(days))) for days in lengths] == [*lengths]
