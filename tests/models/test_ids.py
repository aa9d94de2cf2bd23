"""Public ids."""

import time
import uuid

from org_files.ids import new_public_id


def test_public_id__is_a_uuid_of_version_7_that_begins_with_the_time_in_milliseconds():
    before = time.time_ns() // 1_000_000
    public_id = new_public_id()
    after = time.time_ns() // 1_000_000

    assert (public_id.version, public_id.variant) == (7, uuid.RFC_4122)
    assert before <= public_id.int >> 80 <= after


def test_public_ids__are_unique_and_differ_in_every_bit_of_chance():
    values = [new_public_id().int for _ in range(1_000)]
    ones = zeros = 0
    for value in values:
        ones |= value
        zeros |= ~value

    assert len(set(values)) == 1_000
    # The lowest 32 bits are chance in every implementation of version 7.
    assert ones & zeros & 0xFFFFFFFF == 0xFFFFFFFF
