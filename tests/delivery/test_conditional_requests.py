"""Preconditions: RFC 9110 §13."""

from datetime import datetime, timedelta, timezone
from time import thread_time

import pytest

from org_files.delivery import ByteRange, Plan, is_conditional, plan

ETAG = '"5891b5b522d5df086d0ff0b110fbd9d2"'
# Half past twelve in UTC.
MODIFIED = datetime(2024, 2, 29, 21, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=9)))
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
    "Thu, 30 Feb 2024 12:30:15 GMT",
    "Thu, 29 Feb 99999999999999999999 12:30:15 GMT",
    "9" * 5000,
    "Thu, 29 Feb 2024 12:30:15 +9999",
    # It leaves the calendar when it is brought to UTC.
    "Fri, 31 Dec 9999 23:59:59 -0001",
]

PART = Plan(206, ByteRange(0, 10, SIZE))
WHOLE = Plan(200)


def planned(method="GET", **headers):
    return plan(
        {name.replace("_", "-"): value for name, value in headers.items()},
        method=method,
        etag=ETAG,
        last_modified=MODIFIED,
        size=SIZE,
    )


def test_if_none_match_with_the_tag__is_304():
    for header in (
        f"W/{ETAG}",  # the weak comparison (§8.8.3.2)
        f'"other",{ETAG},"another"',
        f'"with, a comma", {ETAG}',
        f" {ETAG} ",
        " * ",
    ):
        assert planned(If_None_Match=header).status == 304, header
        assert planned("HEAD", If_None_Match=header).status == 304, header


def test_if_none_match_without_the_tag__is_200():
    # A tag has quotes.
    for header in ('"other"', "", ETAG.strip('"'), ETAG.rstrip('"'), ETAG.upper(), '"*"'):
        # It hides If-Modified-Since (§13.1.3).
        assert planned(If_None_Match=header, If_Modified_Since=SECOND_AFTER) == WHOLE, header


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
def test_if_modified_since__compares_whole_seconds(header, status):
    assert planned(If_Modified_Since=header).status == status


@pytest.mark.parametrize("header", NO_DATES)
def test_text_that_is_no_date__is_ignored(header):
    assert planned(If_Modified_Since=header) == WHOLE
    assert planned(If_Unmodified_Since=header) == WHOLE
    # A range whose condition doesn't hold is ignored, also one that could not be given.
    assert planned(Range="bytes=0-9", If_Range=header) == WHOLE
    assert planned(Range="bytes=900-", If_Range=header) == WHOLE


def test_if_match__needs_the_strong_tag():
    for header in (ETAG, f'"other", {ETAG}', "*"):
        # It hides If-Unmodified-Since.
        assert planned(If_Match=header, If_Unmodified_Since=SECOND_BEFORE) == WHOLE, header
    for header in ('"other"', "", f"W/{ETAG}"):
        assert planned(If_Match=header).status == 412, header


def test_if_unmodified_since__is_412_for_a_newer_content():
    assert planned(If_Unmodified_Since=AT).status == 200
    assert planned(If_Unmodified_Since=SECOND_AFTER).status == 200
    assert planned(If_Unmodified_Since=SECOND_BEFORE).status == 412


def test_order_of_preconditions__is_that_of_the_standard():
    # §13.2.2: If-Match, then If-None-Match, then Range.
    assert planned(If_Match='"other"', If_None_Match=ETAG, Range="bytes=0-9").status == 412
    assert planned(If_Match=ETAG, If_None_Match=ETAG, Range="bytes=0-9").status == 304
    assert planned(If_Match=ETAG, If_None_Match='"other"', Range="bytes=0-9") == PART
    assert planned(If_Modified_Since=AT, Range="bytes=900-").status == 304


def test_if_range_that_holds__gives_the_part():
    for header in (f" {ETAG} ", AT, AT_RFC_850):
        assert planned(Range="bytes=0-9", If_Range=header) == PART, header


def test_if_range_that_is_stale__gives_the_whole():
    for header in (
        '"other"',
        f"W/{ETAG}",  # weak tags never match here (§13.1.5)
        f'{ETAG}, "other"',  # one tag, no list
        "*",
        SECOND_BEFORE,
        SECOND_AFTER,  # a date must match exactly
    ):
        assert planned(Range="bytes=0-9", If_Range=header) == WHOLE, header
        assert planned(If_Range=header) == WHOLE, header


def test_range__is_for_get_alone():
    assert planned(Range="bytes=100-") == Plan(416)
    for method in ("HEAD", "POST", ""):
        assert planned(method, Range="bytes=0-9") == WHOLE
        assert planned(method, Range="bytes=900-") == WHOLE


def test_plan__says_whether_there_is_content_and_how_much():
    for answer, has_content, is_partial in (
        (WHOLE, True, False),
        (PART, True, True),
        (Plan(206, ByteRange(0, SIZE, SIZE)), True, False),
        (Plan(304), False, False),
        (Plan(416), False, False),
    ):
        assert (answer.has_content, answer.is_partial) == (has_content, is_partial)


def test_request_with_a_condition__is_conditional():
    assert not is_conditional({"Accept": "*/*", "If-Range": ETAG})
    for name in ("Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"):
        assert is_conditional({name: ""})


@pytest.mark.parametrize("header", ['"' * 100_000, 'W/"' * 30_000, '"a",' * 25_000, " " * 100_000])
def test_long_list_of_tags__is_read_in_no_time(header):
    def seconds():
        began = thread_time()
        assert planned(If_None_Match=header) == WHOLE
        return thread_time() - began

    # Far from what a pattern that backtracks would take.
    assert min(seconds() for _ in range(3)) < 0.1
