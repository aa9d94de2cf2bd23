"""The job ``links``, which removes share links some time after their end."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from org_files import counters
from org_files.links import change_link, opens, redeem
from org_files.links import services as link_services
from org_files.models import Download, PasswordAttempts, ShareLink
from org_files.testing.factories import make_link

pytestmark = pytest.mark.django_db

COMMAND = "org_files_maintenance"


def ago(**duration: int) -> datetime:
    return timezone.now() - timedelta(**duration)


@pytest.fixture
def links(db: None) -> None:
    """Links at every time of their life, which is their label."""
    first = make_link(label="active")
    moments: dict[str, dict[str, Any]] = {
        "old and active": {"created_at": ago(days=900), "last_used_at": ago(days=800), "used": 3},
        "limited": {"max_downloads": 2, "used": 1, "last_used_at": ago(days=30)},
        "ending": {"expires_at": timezone.now() + timedelta(hours=1)},
        "expired today": {"expires_at": ago(hours=1)},
        "expired": {"expires_at": ago(days=7)},
        "revoked today": {"revoked_at": ago(hours=1)},
        "revoked": {"revoked_at": ago(days=7), "expires_at": ago(days=-5)},
        "expired, revoked today": {"expires_at": ago(days=8), "revoked_at": ago(hours=1)},
        "used up today": {"max_downloads": 2, "used": 2, "exhausted_at": ago(hours=1)},
        "used up": {"max_downloads": 2, "used": 2, "exhausted_at": ago(days=7)},
    }
    for label, values in moments.items():
        make_link(first.file, label=label, **values)


ALL = {
    "active",
    "old and active",
    "limited",
    "ending",
    "expired today",
    "expired",
    "revoked today",
    "revoked",
    "expired, revoked today",
    "used up today",
    "used up",
}
OVER = {"expired", "revoked", "expired, revoked today", "used up"}
OVER_TODAY = {"expired today", "revoked today", "used up today"}


def left() -> set[str]:
    return set(ShareLink.objects.values_list("label", flat=True))


@pytest.mark.usefixtures("links")
def test_job__removes_in_batches_what_has_been_over_for_a_week(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_services, "BATCH_SIZE", 3)
    would = {"links": {"links": 4, "password_attempts": 0}}
    assert json.loads(run(COMMAND, "links", "--dry-run", "--json")[1]) == would
    assert left() == ALL

    status, written = run(COMMAND, "links", verbosity=2)

    assert status == 0
    told = [line.partition(" ")[2] for line in written.splitlines()]
    assert told == ["3 so far", "4 so far", "4 links, 0 password attempts"]
    assert left() == ALL - OVER


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize(
    ("days", "removed"), [(0, OVER | OVER_TODAY), (8, {"expired, revoked today"}), (None, set())]
)
def test_days__are_those_of_the_setting(
    run: Any, settings: Any, days: int | None, removed: set[str]
) -> None:
    settings.ORG_FILES = {"LINK_KEEP_DAYS": days}

    would = run(COMMAND, "links", "--dry-run")[1]
    did = run(COMMAND, "links")[1]

    assert f"{len(removed)} links" in would
    assert f"{len(removed)} links" in did
    assert left() == ALL - removed


def redeem_once(link: ShareLink) -> None:
    redeem(link=link, is_partial=False, address="198.51.100.7", user_agent="")


def moved_back(**duration: int) -> None:
    """Move the last use of the links into the past."""
    ShareLink.objects.update(
        last_used_at=F("last_used_at") - timedelta(**duration),
        exhausted_at=F("exhausted_at") - timedelta(**duration),
    )


def test_used_up_link__is_kept_for_a_week_from_its_last_download(run: Any) -> None:
    link = make_link(max_downloads=2)
    redeem_once(link)
    moved_back(days=30)
    redeem_once(link)

    moved_back(days=6)
    run(COMMAND, "links")
    assert ShareLink.objects.exists()

    moved_back(days=1)
    run(COMMAND, "links")
    assert not ShareLink.objects.exists()


def test_limit_that_is_lowered__keeps_the_link_for_a_week_from_then(run: Any) -> None:
    link = make_link()
    for _ in range(2):
        redeem_once(link)
    moved_back(days=30)

    change_link(link=link, max_downloads=2)
    run(COMMAND, "links")
    assert ShareLink.objects.exists()

    moved_back(days=7)
    run(COMMAND, "links")
    assert not ShareLink.objects.exists()


def test_link_that_was_given_more_downloads__is_kept(run: Any) -> None:
    link = make_link(max_downloads=1)
    redeem_once(link)
    moved_back(days=8)

    change_link(link=link, max_downloads=2)
    moved_back(days=8)
    run(COMMAND, "links")
    assert ShareLink.objects.exists()

    redeem_once(link)
    run(COMMAND, "links")
    assert ShareLink.objects.exists()


def test_ledger__keeps_the_downloads_of_a_link_that_is_removed(run: Any) -> None:
    link = make_link()
    for _ in range(3):
        redeem_once(link)
    ShareLink.objects.update(revoked_at=ago(days=8))

    run(COMMAND, "links")

    assert left() == set()
    assert set(Download.objects.values_list("link", flat=True)) == {link.public_id}
    assert counters.verify().findings == []


def test_wrong_passwords__are_forgotten_an_hour_later(run: Any, settings: Any) -> None:
    settings.ORG_FILES = {"LINK_KEEP_DAYS": None}
    link = make_link(password="hush")
    for address in ("192.0.2.1", "192.0.2.2"):
        opens(link, "wrong", address=address)
    PasswordAttempts.objects.filter(pk=PasswordAttempts.objects.first()).update(
        began_at=ago(hours=1)
    )

    status, as_json = run(COMMAND, "links", "--json")

    assert status == 0
    assert json.loads(as_json) == {"links": {"links": 0, "password_attempts": 1}}
    assert PasswordAttempts.objects.count() == 1
