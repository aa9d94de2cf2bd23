"""Passwords of share links: the count of wrong ones and of those being checked."""

import time
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from org_files.exceptions import LinkOver, TooManyAttempts
from org_files.links import create_link, forget_attempts, opens
from org_files.links import passwords as link_passwords
from org_files.models import PasswordAttempts, ShareLink
from org_files.testing.factories import make_link
from tests.victims import KILLED

ADDRESS = "198.51.100.7"


@pytest.fixture
def locked(link):
    """A link with a password."""
    return make_link(link.file, password="hush")


def counts():
    """Return how many have failed, and how many are looked at, of the last address."""
    row = PasswordAttempts.objects.latest("booked_at")
    return row.failed, row.trying


@pytest.fixture
def checked(monkeypatch):
    """Passwords that were checked, with the counts meanwhile. "hush" is right."""
    seen = []

    def check(password, encoded):
        seen.append((password, counts()))
        return password == "hush"

    monkeypatch.setattr(link_passwords, "check_password", check)
    return seen


def age(**by):
    """Make the tries under way older."""
    PasswordAttempts.objects.update(booked_at=F("booked_at") - timedelta(**by))


def test_try__is_booked_while_it_is_checked(locked, checked):
    opened = [opens(locked, password, address=ADDRESS) for password in ("wrong", "hush", "wrong")]

    assert opened == [False, True, False]
    assert checked == [("wrong", (0, 1)), ("hush", (1, 1)), ("wrong", (1, 1))]
    assert counts() == (2, 0)


def test_ten_that_are_checked_for_too_long__are_waited_for_and_then_refused(locked, monkeypatch):
    monkeypatch.setattr(link_passwords, "PATIENCE", 0.1)
    opens(locked, "hush", address=ADDRESS)
    PasswordAttempts.objects.update(failed=3, trying=7)

    begin = time.monotonic()
    with pytest.raises(TooManyAttempts) as refusal:
        opens(locked, "hush", address=ADDRESS)

    assert time.monotonic() - begin >= 0.1
    assert refusal.value.wait == 1
    assert counts() == (3, 7)
    PasswordAttempts.objects.update(trying=6)
    assert opens(locked, "hush", address=ADDRESS)


def test_ten_wrong_ones__are_neither_waited_for_nor_exceeded(locked, checked, monkeypatch):
    monkeypatch.setattr(link_passwords.time, "sleep", pytest.fail)
    for number in range(10):
        opens(locked, str(number), address=ADDRESS)

    with pytest.raises(TooManyAttempts) as refusal:
        opens(locked, "hush", address=ADDRESS)

    assert 3590 <= refusal.value.wait <= 3600
    assert [password for password, _counts in checked] == [str(number) for number in range(10)]
    # Another address has tries of its own.
    assert not opens(locked, "wrong", address="192.0.2.9")


def test_hour_that_ends_while_a_try_is_checked__leaves_no_count_below_none(locked, monkeypatch):
    def check(password, encoded):
        PasswordAttempts.objects.update(failed=0, trying=0, began_at=timezone.now())
        return False

    monkeypatch.setattr(link_passwords, "check_password", check)
    opens(locked, "wrong", address=ADDRESS)

    assert counts() == (1, 0)


def test_window__begins_with_the_first_try_and_is_forgotten_after_an_hour(locked):
    opens(locked, "wrong", address=ADDRESS)
    now = timezone.now()
    began_at = now - timedelta(minutes=59)
    PasswordAttempts.objects.update(began_at=began_at)
    opens(locked, "wrong", address=ADDRESS)

    row = PasswordAttempts.objects.get()
    assert (row.failed, row.began_at) == (2, began_at)
    assert forget_attempts(now) == 0
    # Tries that never ended are not taken along, either.
    PasswordAttempts.objects.update(trying=10, began_at=now - timedelta(hours=1))
    assert opens(locked, "hush", address=ADDRESS)
    assert counts() == (0, 0)
    assert forget_attempts(timezone.now() + timedelta(hours=1)) == 1
    assert not PasswordAttempts.objects.exists()


@pytest.mark.sweep
@pytest.mark.django_db(transaction=True)
def test_try_of_a_killed_process__stays_booked(locked, doomed):
    assert doomed.run("try_password", link=locked.pk, address=ADDRESS) == KILLED
    assert counts() == (0, 1)


def test_tries_of_killed_processes__expire_after_a_minute(locked, monkeypatch):
    monkeypatch.setattr(link_passwords, "PATIENCE", 0)
    opens(locked, "hush", address=ADDRESS)
    PasswordAttempts.objects.update(trying=10)

    age(seconds=57)
    with pytest.raises(TooManyAttempts):
        opens(locked, "hush", address=ADDRESS)
    age(seconds=3)
    assert opens(locked, "hush", address=ADDRESS)

    assert counts() == (0, 0)


def test_wrong_passwords__outlast_the_tries_that_expire(locked, monkeypatch):
    monkeypatch.setattr(link_passwords, "PATIENCE", 0)
    opens(locked, "hush", address=ADDRESS)
    PasswordAttempts.objects.update(failed=9, trying=1)
    with pytest.raises(TooManyAttempts):
        opens(locked, "wrong", address=ADDRESS)

    age(seconds=60)
    assert not opens(locked, "wrong", address=ADDRESS)

    assert counts() == (10, 0)
    age(seconds=60)
    with pytest.raises(TooManyAttempts):
        opens(locked, "hush", address=ADDRESS)


def test_password__opens_in_any_form_of_unicode(link):
    for given, typed in (
        ("caf\u00e9", "cafe\u0301"),
        ("cafe\u0301", "caf\u00e9"),
        ("\ufb01le \uff11", "file 1"),
    ):
        locked = create_link(file=link.file, user=link.created_by, expires_in=60, password=given)

        assert opens(locked, typed, address=ADDRESS)
        assert opens(locked, given, address=ADDRESS)
        assert not opens(locked, "cafe", address=ADDRESS)


def test_address__is_not_stored_and_counts_go_with_their_link(locked):
    opens(locked, "wrong", address=ADDRESS)

    [row] = PasswordAttempts.objects.values()
    assert ADDRESS not in str(row)
    assert row["link_id"] == locked.pk
    locked.delete()
    assert not PasswordAttempts.objects.exists()


def test_try_that_ends_in_an_error__counts_as_wrong(locked, monkeypatch):
    def fail(*args):
        raise MemoryError

    monkeypatch.setattr(link_passwords, "check_password", fail)

    with pytest.raises(MemoryError):
        opens(locked, "hush", address=ADDRESS)

    assert counts() == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_link_that_is_removed_while_others_are_waited_for__is_over(locked, monkeypatch):
    opens(locked, "hush", address=ADDRESS)
    PasswordAttempts.objects.update(trying=10)
    link_of_this_moment = ShareLink.objects.get(pk=locked.pk)
    monkeypatch.setattr(link_passwords.time, "sleep", lambda _: link_of_this_moment.delete())

    with pytest.raises(LinkOver):
        opens(locked, "hush", address=ADDRESS)
