"""Public ids."""

from __future__ import annotations

import time
import uuid

from org_files.ids import new_public_id


def test_public_id__is_a_uuid_of_version_7() -> None:
    for _ in range(100):
        public_id = new_public_id()
        assert isinstance(public_id, uuid.UUID)
        assert public_id.version == 7
        assert public_id.variant == uuid.RFC_4122


def test_public_id__begins_with_the_time_in_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    stamp = new_public_id().int >> 80
    after = time.time_ns() // 1_000_000

    assert before <= stamp <= after


def test_public_ids__are_in_order_of_time() -> None:
    public_ids = []
    for _ in range(5):
        public_ids.append(new_public_id())
        time.sleep(0.002)

    assert public_ids == sorted(public_ids)
    texts = [str(public_id) for public_id in public_ids]
    assert texts == sorted(texts)


def test_public_ids__are_unique() -> None:
    assert len({new_public_id() for _ in range(5_000)}) == 5_000


def test_public_ids__differ_in_every_bit_of_chance() -> None:
    # The lowest 32 bits are chance in every implementation of version 7.
    values = [new_public_id().int for _ in range(500)]
    ones = zeros = 0
    for value in values:
        ones |= value
        zeros |= ~value

    assert ones & zeros & 0xFFFFFFFF == 0xFFFFFFFF
