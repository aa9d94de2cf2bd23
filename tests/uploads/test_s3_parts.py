"""Sizes and numbers of the parts of sessions in S3."""

import pytest

from org_files.storage import multipart
from org_files.uploads.s3 import PARTS, next_number, part_size_for

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("arrived", "first_number", "expected"),
    [
        ([], 0, 2),
        # The part after the last one may be on its way.
        ([1, 2], 1, 4),
        # None of a request that has begun to send has arrived.
        ([1], 3, 4),
        ([1, 3], 3, 5),
    ],
)
def test_number_of_a_part__is_one_that_no_request_before_can_use(
    monkeypatch, arrived, first_number, expected
):
    parts = [multipart.Part(number, "tag", 1) for number in arrived]
    monkeypatch.setattr(multipart, "parts_of", lambda *args: parts)
    stored = {"target": "a", "id": "b", "first_number": first_number}
    assert next_number(None, stored) == expected


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (None, 8 * MIB),
        (8 * MIB * PARTS, 8 * MIB),
        (8 * MIB * PARTS + 1, 9 * MIB),
        (10**18, multipart.MAX_PART_SIZE),
    ],
)
def test_size_of_parts__grows_up_to_that_of_the_protocol(length, size):
    assert part_size_for(length) == size
