"""Passwords of share links: what is counted of whoever tries them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files.exceptions import TooManyAttempts
from org_files.links import forget_attempts, opens
from org_files.links import passwords as link_passwords
from org_files.models import PasswordAttempts, ShareLink
from org_files.testing.factories import make_link

ADDRESS = "198.51.100.7"


@pytest.fixture
def locked(link: ShareLink) -> ShareLink:
    """A link with a password."""
    return make_link(link.file, password="hush")


def test_right_password__opens_and_leaves_no_failure(locked: ShareLink) -> None:
    assert not opens(locked, "wrong", address=ADDRESS)
    assert opens(locked, "hush", address=ADDRESS)

    assert PasswordAttempts.objects.get().failed == 1


def test_address__is_not_stored(locked: ShareLink) -> None:
    opens(locked, "wrong", address=ADDRESS)

    [row] = PasswordAttempts.objects.values()
    assert ADDRESS not in str(row)
    assert row["link_id"] == locked.pk


def test_try_beyond_the_tenth__is_not_looked_at(
    locked: ShareLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []

    def check(password: str, encoded: str) -> bool:
        looked_at.append(password)
        return False

    monkeypatch.setattr(link_passwords, "check_password", check)
    for number in range(10):
        opens(locked, str(number), address=ADDRESS)

    for _ in range(3):
        with pytest.raises(TooManyAttempts) as refusal:
            opens(locked, "hush", address=ADDRESS)
        assert 3590 <= refusal.value.wait <= 3600
    assert looked_at == [str(number) for number in range(10)]


def test_try_that_fails_in_our_hands__counts_as_one(
    locked: ShareLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> bool:
        raise MemoryError

    monkeypatch.setattr(link_passwords, "check_password", fail)

    with pytest.raises(MemoryError):
        opens(locked, "hush", address=ADDRESS)

    assert PasswordAttempts.objects.get().failed == 1


def test_window__begins_with_the_first_try_and_is_not_moved(locked: ShareLink) -> None:
    opens(locked, "wrong", address=ADDRESS)
    began_at = timezone.now() - timedelta(minutes=59)
    PasswordAttempts.objects.update(began_at=began_at)

    opens(locked, "wrong", address=ADDRESS)

    row = PasswordAttempts.objects.get()
    assert (row.failed, row.began_at) == (2, began_at)


def test_counts__are_forgotten_after_their_hour(locked: ShareLink) -> None:
    opens(locked, "wrong", address=ADDRESS)
    now = timezone.now()
    assert forget_attempts(now) == 0

    assert forget_attempts(now + timedelta(hours=1)) == 1
    assert not PasswordAttempts.objects.exists()


def test_counts__go_with_their_link(locked: ShareLink) -> None:
    opens(locked, "wrong", address=ADDRESS)

    locked.delete()

    assert not PasswordAttempts.objects.exists()
