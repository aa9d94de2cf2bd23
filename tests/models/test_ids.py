"""Public ids."""

import time
import uuid

from org_files.ids import named_id, new_public_id, place_of


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


def test_named_ids__are_of_a_kind_that_every_database_takes():
    ids = [named_id("shop.product.manual:1", f"manuals/{n}.txt") for n in range(1_000)]

    assert {(each.version, each.variant) for each in ids} == {(8, uuid.RFC_4122)}
    assert len(set(ids)) == 1_000
    assert len({place_of(each) for each in ids}) == 1
    # MariaDB refuses these.
    assert 0x80 not in {each.bytes[8] for each in ids}
