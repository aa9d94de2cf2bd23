"""Encrypted text that clients keep: nobody reads it, changes it or uses it elsewhere."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from org_files.rest.sealing import seal, unseal

TEXT = '[false,"2024-01-01 00:00:00+00:00",4711]'


def test_sealed_text__is_opened_for_its_purpose_alone() -> None:
    sealed = seal(TEXT, purpose="a")

    assert unseal(sealed, purpose="a") == TEXT
    assert seal(TEXT, purpose="a") == sealed
    with pytest.raises(ValueError):
        unseal(sealed, purpose="b")


def test_changed_text__is_refused() -> None:
    sealed = seal(TEXT, purpose="a")
    changed = [
        sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        for place in range(len(sealed))
    ]

    for text in [*changed, sealed[:-4], sealed + "AAAA", sealed + "=", sealed * 2]:
        with pytest.raises(ValueError):
            unseal(text, purpose="a")


@pytest.mark.parametrize(
    "text", ["zzz", "a", "++//", "\uff21\uff21", "", urlsafe_b64encode(TEXT.encode()).decode()]
)
def test_text_that_was_not_sealed_here__is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        unseal(text, purpose="a")


def test_sealed_text__tells_nothing() -> None:
    first, second = (urlsafe_b64decode(seal(TEXT + end, purpose="a").encode()) for end in ("", "1"))

    # With one key stream, the bytes of what they share would be equal.
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 20
    for data in (first, second):
        assert b"4711" not in data
        assert len(zlib.compress(data)) >= len(data)


def test_sealed_texts_of_nearby_lengths__are_of_one_length() -> None:
    assert len({len(seal("x" * length, purpose="a")) for length in (1, 60, 126)}) == 1


def test_key_among_the_fallbacks__still_opens(settings: Any) -> None:
    sealed = seal(TEXT, purpose="a")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-with-more-than-32-bytes-in-it"
    with pytest.raises(ValueError):
        unseal(sealed, purpose="a")

    settings.SECRET_KEY_FALLBACKS = [old]

    assert unseal(sealed, purpose="a") == TEXT
