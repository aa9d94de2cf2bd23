"""Encrypted text that clients keep: nobody reads it, changes it or uses it elsewhere."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from org_files.rest.sealing import seal, unseal

TEXT = '[false,"2024-01-01 00:00:00+00:00",4711]'


def refuses(text, purpose="a"):
    with pytest.raises(ValueError):
        unseal(text, purpose=purpose)
    return True


def test_sealed_text__is_opened_for_its_purpose_alone():
    sealed = seal(TEXT, purpose="a")

    assert unseal(sealed, purpose="a") == TEXT
    assert seal(TEXT, purpose="a") == sealed
    assert refuses(sealed, purpose="b")


def test_changed_text__is_refused():
    sealed = seal(TEXT, purpose="a")
    changed = [
        sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        for place in range(len(sealed))
    ]

    assert all(map(refuses, changed))
    assert all(map(refuses, [sealed[:-4], sealed + "AAAA", sealed + "=", sealed * 2]))
    assert all(map(refuses, ["zzz", "", "++//", "\uff21", urlsafe_b64encode(b"x" * 99).decode()]))


def test_sealed_text__tells_nothing():
    first, second = (urlsafe_b64decode(seal(TEXT + end, purpose="a").encode()) for end in ("", "1"))

    # With one key stream, the bytes of what they share would be equal.
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 20
    for data in (first, second):
        assert b"4711" not in data
        assert len(zlib.compress(data)) >= len(data)
    assert len({len(seal("x" * length, purpose="a")) for length in (1, 60, 126)}) == 1


def test_key_among_the_fallbacks__still_opens(settings):
    sealed = seal(TEXT, purpose="a")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-with-more-than-32-bytes-in-it"
    assert refuses(sealed)

    settings.SECRET_KEY_FALLBACKS = [old]

    assert unseal(sealed, purpose="a") == TEXT
