"""Preconditions: RFC 9110 §13."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from time import thread_time

import pytest

from org_files.delivery import ByteRange, Plan, is_conditional, plan

ETAG = '"5891b5b522d5df086d0ff0b110fbd9d2"'
MODIFIED = datetime(2024, 2, 29, 12, 30, 15, 999_999, tzinfo=UTC)
SIZE = 100

# The same second in the three formats that a recipient must take (§5.6.7).
AT = "Thu, 29 Feb 2024 12:30:15 GMT"
AT_RFC_850 = "Thursday, 29-Feb-24 12:30:15 GMT"
AT_ASCTIME = "Thu Feb 29 12:30:15 2024"
SECOND_BEFORE = "Thu, 29 Feb 2024 12:30:14 GMT"
SECOND_AFTER = "Thu, 29 Feb 2024 12:30:16 GMT"

NO_DATES = [
    "yesterday",
    "",
    "0",
    "1709209815",
    "Thu, 30 Feb 2024 12:30:15 GMT",
    "Thu, 29 Feb 2024 25:30:15 GMT",
    "Thu, 29 Feb 99999999999999999999 12:30:15 GMT",
    "9" * 5000,
    "Thu, 29 Feb 2024 12:30:15 +9999",
    # Dates that leave the calendar when they are brought to UTC.
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Fri, 31 Dec 9999 23:59:59 -0001",
    "²",
]

PART = Plan(206, ByteRange(0, 10, SIZE))
WHOLE = Plan(200)


def planned(method: str = "GET", **headers: str) -> Plan:
    return plan(
        {name.replace("_", "-"): value for name, value in headers.items()},
        method=method,
        etag=ETAG,
        last_modified=MODIFIED,
        size=SIZE,
    )


@pytest.mark.parametrize(
    "header",
    [
        ETAG,
        f"W/{ETAG}",  # the weak comparison (§8.8.3.2)
        f'"other", {ETAG}',
        f'"other",{ETAG},"another"',
        f'W/"other" , W/{ETAG}',
        f'"with, a comma", {ETAG}',
        f" {ETAG} ",
        "*",
        " * ",
    ],
)
def test_if_none_match_with_the_tag__is_304(header: str) -> None:
    assert planned(If_None_Match=header).status == 304
    assert planned("HEAD", If_None_Match=header).status == 304


@pytest.mark.parametrize(
    "header",
    [
        '"other"',
        'W/"other"',
        "",
        ETAG.strip('"'),  # a tag has quotes
        ETAG.rstrip('"'),
        ETAG.upper(),
        f'"x{ETAG}',
        '"*"',
        '""',
    ],
)
def test_if_none_match_without_the_tag__is_200(header: str) -> None:
    assert planned(If_None_Match=header) == WHOLE


def test_if_none_match__hides_if_modified_since() -> None:
    # §13.1.3: a recipient must ignore If-Modified-Since then.
    assert planned(If_None_Match='"other"', If_Modified_Since=SECOND_AFTER) == WHOLE


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (AT, 304),
        (AT_RFC_850, 304),
        (AT_ASCTIME, 304),
        (SECOND_AFTER, 304),
        (SECOND_BEFORE, 200),
        ("Thu, 29 Feb 2024 13:30:15 +0100", 304),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 304),
    ],
)
def test_if_modified_since__compares_whole_seconds(header: str, status: int) -> None:
    assert planned(If_Modified_Since=header).status == status


@pytest.mark.parametrize("header", NO_DATES)
def test_what_is_no_date__is_ignored(header: str) -> None:
    assert planned(If_Modified_Since=header) == WHOLE
    assert planned(If_Unmodified_Since=header) == WHOLE


def test_moment_of_another_zone__is_compared_in_utc() -> None:
    moved = MODIFIED.astimezone(timezone(timedelta(hours=9)))
    answer = plan(
        {"If-Modified-Since": AT}, method="GET", etag=ETAG, last_modified=moved, size=SIZE
    )
    assert answer.status == 304


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (ETAG, 200),
        (f'"other", {ETAG}', 200),
        ("*", 200),
        ('"other"', 412),
        ("", 412),
        (f"W/{ETAG}", 412),  # the strong comparison
    ],
)
def test_if_match__needs_the_strong_tag(header: str, status: int) -> None:
    assert planned(If_Match=header).status == status


@pytest.mark.parametrize(
    ("header", "status"),
    [(AT, 200), (AT_RFC_850, 200), (AT_ASCTIME, 200), (SECOND_AFTER, 200), (SECOND_BEFORE, 412)],
)
def test_if_unmodified_since__is_412_for_what_is_newer(header: str, status: int) -> None:
    assert planned(If_Unmodified_Since=header).status == status


def test_if_match__hides_if_unmodified_since() -> None:
    assert planned(If_Match=ETAG, If_Unmodified_Since=SECOND_BEFORE) == WHOLE


def test_order_of_preconditions__is_that_of_the_standard() -> None:
    # §13.2.2: If-Match, then If-None-Match, then Range.
    assert planned(If_Match='"other"', If_None_Match=ETAG, Range="bytes=0-9").status == 412
    assert planned(If_Match=ETAG, If_None_Match=ETAG, Range="bytes=0-9").status == 304
    assert planned(If_Match=ETAG, If_None_Match='"other"', Range="bytes=0-9") == PART
    assert planned(If_Modified_Since=AT, Range="bytes=900-").status == 304


@pytest.mark.parametrize("header", [ETAG, f" {ETAG} ", AT, AT_RFC_850, AT_ASCTIME])
def test_if_range_that_holds__gives_the_part(header: str) -> None:
    assert planned(Range="bytes=0-9", If_Range=header) == PART


@pytest.mark.parametrize(
    "header",
    [
        '"other"',
        f"W/{ETAG}",  # weak tags never match here (§13.1.5)
        f'{ETAG}, "other"',  # one tag, no list
        "*",
        SECOND_BEFORE,
        SECOND_AFTER,  # a date must match exactly
        *NO_DATES,
    ],
)
def test_if_range_that_is_stale_or_none__gives_the_whole(header: str) -> None:
    assert planned(Range="bytes=0-9", If_Range=header) == WHOLE
    # Nor is a range that could not be given an error then.
    assert planned(Range="bytes=900-", If_Range=header) == WHOLE


def test_if_range_without_a_range__changes_nothing() -> None:
    assert planned(If_Range='"other"') == WHOLE


@pytest.mark.parametrize("method", ["HEAD", "POST", ""])
def test_range_of_other_methods_than_get__is_ignored(method: str) -> None:
    assert planned(method, Range="bytes=0-9") == WHOLE
    assert planned(method, Range="bytes=900-") == WHOLE


def test_range_behind_the_end__is_416() -> None:
    assert planned(Range="bytes=100-") == Plan(416)


@pytest.mark.parametrize(
    ("answer", "has_content", "is_partial"),
    [
        (WHOLE, True, False),
        (PART, True, True),
        (Plan(206, ByteRange(0, SIZE, SIZE)), True, False),
        (Plan(304), False, False),
        (Plan(412), False, False),
        (Plan(416), False, False),
    ],
)
def test_plan__says_whether_there_is_content_and_how_much(
    answer: Plan, has_content: bool, is_partial: bool
) -> None:
    assert answer.has_content is has_content
    assert answer.is_partial is is_partial


@pytest.mark.parametrize(
    ("headers", "conditional"),
    [
        ({}, False),
        ({"Accept": "*/*", "If-Range": ETAG}, False),
        ({"Range": "bytes=0-"}, True),
        ({"If-Match": "*"}, True),
        ({"If-None-Match": ""}, True),
        ({"If-Modified-Since": AT}, True),
        ({"If-Unmodified-Since": AT}, True),
    ],
)
def test_request_with_a_condition__is_conditional(
    headers: dict[str, str], conditional: bool
) -> None:
    assert is_conditional(headers) is conditional


@pytest.mark.parametrize(
    "header",
    [
        '"' * 100_000,
        'W/"' * 30_000,
        '"a",' * 25_000,
        '"' + "a" * 100_000,
        "W/" * 50_000,
        " " * 100_000,
    ],
)
def test_long_list_of_tags__is_read_in_no_time(header: str) -> None:
    def seconds() -> float:
        began = thread_time()
        assert planned(If_None_Match=header) == WHOLE
        return thread_time() - began

    # Far from what a pattern that backtracks would take.
    assert min(seconds() for _ in range(3)) < 0.1
