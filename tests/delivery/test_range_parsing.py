"""The header Range: RFC 9110 §14.1, §14.2 and §15.5.17."""

from time import thread_time

import pytest

from org_files.delivery import ByteRange, Unsatisfiable, asks_range, parse_range

SIZE = 100


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=50-", 50, 100),
        ("bytes=-1", 99, 100),
        ("bytes=-100", 0, 100),
        # A last position behind the end means the end (§14.1.2).
        ("bytes=90-100", 90, 100),
        ("bytes=0-" + "9" * 5000, 0, 100),
        # So does a suffix that is longer than the content.
        ("bytes=-101", 0, 100),
        ("bytes=-" + "9" * 5000, 0, 100),
        # Zeros in front are digits.
        ("bytes=" + "0" * 5000 + "1-1", 1, 2),
        # Names of units are case-insensitive (§14.1).
        ("BYTES=10-19", 10, 20),
        # Optional whitespace around a list's element (§5.6.1).
        ("bytes=\t10-19 \t", 10, 20),
    ],
)
def test_one_range_within_the_content__is_that_part(header, start, stop):
    assert parse_range(header, SIZE) == ByteRange(start, stop, SIZE)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=-",
        "bytes=5-2",
        "bytes=1",
        "bytes=+1-2",
        "bytes=1_0-2_0",
        "bytes =0-9",
        "bytes=0 - 9",
        "bytes=0-9\n",
        "bytes=\u0660-\u0669",
        "bytes=²-³",
        "items=0-9",
        # More than one range may be ignored (§14.2).
        "bytes=0-9,20-29",
        "bytes=0-9,500-600",
    ],
)
def test_malformed_foreign_or_several_ranges__are_ignored(header):
    assert parse_range(header, SIZE) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("bytes=100-", 100),
        ("bytes=" + "9" * 5000 + "-", 100),
        # A suffix of nothing.
        ("bytes=-000", 100),
        # There is no first byte in an empty content.
        ("bytes=0-", 0),
        ("bytes=-1", 0),
    ],
)
def test_range_behind_the_end__is_unsatisfiable(header, size):
    with pytest.raises(Unsatisfiable):
        parse_range(header, size)


@pytest.mark.parametrize(
    "header",
    [
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        "bytes=" + " " * 100_000 + "x",
        "bytes=" + "1" * 100_000,
        "bytes=0-" + " \t" * 50_000 + "x",
    ],
)
def test_long_header__costs_one_pass(header):
    def seconds():
        began = thread_time()
        assert parse_range(header, SIZE) is None
        return thread_time() - began

    # The best of a few, as the machine may be busy. A pattern that backtracks takes seconds.
    assert min(seconds() for _ in range(5)) < (0.005 if "," in header else 0.05)


@pytest.mark.parametrize(
    ("header", "is_range"),
    [
        ("bytes=0-1", True),
        ("BYTES= 500- ", True),
        ("bytes=-0", True),
        ("bytes=" + "9" * 5000 + "-", True),
        # A set of ranges is valid, whatever is made of it.
        ("bytes=0-9,, -5", True),
        ("bytes=0-9,9-0", False),
        ("bytes=0-9,x", False),
        ("bytes=", False),
        ("bytes=,", False),
        ("bytes=-", False),
        ("bytes=9-0", False),
        ("bytes=0-9\n", False),
        ("bytes=\u0660-", False),
        ("items=0-9", False),
        ("bytes", False),
        ("", False),
        (None, False),
    ],
)
def test_range_request__is_one_by_a_valid_range_of_bytes(header, is_range):
    assert asks_range({"Range": header} if header is not None else {}) is is_range


def test_part__knows_its_length_and_header():
    whole, part = ByteRange(0, 100, 100), ByteRange(1, 100, 100)

    assert (whole.length, whole.is_whole, whole.content_range) == (100, True, "bytes 0-99/100")
    assert (part.length, part.is_whole, part.content_range) == (99, False, "bytes 1-99/100")
