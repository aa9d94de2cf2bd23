"""Share links in commands: ``org_files_verify`` counts them, the job ``links`` removes them."""

import json
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from org_files import counters
from org_files.links import change_link, opens, redeem, verification
from org_files.links import services as link_services
from org_files.models import Download, PasswordAttempts, ShareLink
from org_files.testing.factories import make_link

pytestmark = pytest.mark.django_db

VERIFY = ("org_files_verify", "--only", "links")
JOB = ("org_files_maintenance", "links")


def use_once(link):
    redeem(link=link, is_partial=False, address="192.0.2.1", user_agent="curl")


@pytest.fixture
def link():
    """A link with two downloads, of a file that others download too."""
    link = make_link(max_downloads=5)
    for _ in range(2):
        use_once(link)
    counters.record_download(file=link.file, user=link.created_by)
    use_once(make_link(link.file, link.created_by))
    return link


@pytest.mark.parametrize("counted", [0, 3])
def test_wrong_count__is_found_and_repaired_alone(link, run, counted):
    assert run(*VERIFY) == (0, "links: 2 links verified\n")
    rows = ShareLink.objects.order_by("pk")
    ShareLink.objects.filter(pk=link.pk).update(used=counted)
    unused = make_link(used=4)

    status, written = run(*VERIFY)

    assert status == 1
    said = f"link {link.public_id}: the ledger has 2 downloads, counted were {counted}"
    assert f"{said}\n" in written
    assert "links: 2 findings in 3 links" in written
    assert list(rows.values_list("used", flat=True)) == [counted, 1, 4]

    report = json.loads(run(*VERIFY, "--repair", "--json")[1])["links"]
    assert report["checked"] == {"links": 3}
    assert report["findings"] == [
        {"link": str(link.public_id), "ledger": 2, "counted": counted, "repaired": True},
        {"link": str(unused.public_id), "ledger": 0, "counted": 4, "repaired": True},
    ]
    assert list(rows.values_list("used", flat=True)) == [2, 1, 0]
    assert run(*VERIFY)[0] == 0


def test_link_that_is_used_while_it_is_looked_at__is_no_finding(link, run, monkeypatch):
    def differing():
        # As read before other requests changed them; one is gone by now.
        return [*ShareLink.objects.values_list("pk", flat=True), 0]

    monkeypatch.setattr(verification, "_differing", differing)

    assert run(*VERIFY, "--repair") == (0, "links: 2 links verified\n")


# The job.


def ago(**duration):
    return timezone.now() - timedelta(**duration)


@pytest.fixture
def links(db):
    """Links at every time of their life, by their labels."""
    first = make_link(label="active")
    moments = {
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
    return {"active", *moments}


OVER = {"expired", "revoked", "expired, revoked today", "used up"}
OVER_TODAY = {"expired today", "revoked today", "used up today"}


def left():
    return set(ShareLink.objects.values_list("label", flat=True))


def test_job__removes_in_batches_what_has_been_over_for_a_week(links, run, monkeypatch):
    monkeypatch.setattr(link_services, "BATCH_SIZE", 3)
    would = {"links": {"links": 4, "password_attempts": 0}}
    assert json.loads(run(*JOB, "--dry-run", "--json")[1]) == would
    assert left() == links

    status, written = run(*JOB, verbosity=2)

    assert status == 0
    told = [line.partition(" ")[2] for line in written.splitlines()]
    assert told == ["3 so far", "4 so far", "4 links, 0 password attempts"]
    assert left() == links - OVER


@pytest.mark.parametrize(
    ("days", "removed"), [(0, OVER | OVER_TODAY), (8, {"expired, revoked today"}), (None, set())]
)
def test_days__are_those_of_the_setting(links, run, settings, days, removed):
    settings.ORG_FILES = {"LINK_KEEP_DAYS": days}

    for options in (["--dry-run"], []):
        assert f"{len(removed)} links" in run(*JOB, *options)[1]
    assert left() == links - removed


def pass_days(number):
    """Move the last use of the links into the past."""
    days = timedelta(days=number)
    moved = {"last_used_at": F("last_used_at") - days, "exhausted_at": F("exhausted_at") - days}
    ShareLink.objects.update(**moved)


@pytest.mark.parametrize("lowered", [False, True])
def test_used_up_link__is_kept_for_a_week_from_its_end(run, lowered):
    link = make_link(max_downloads=1)
    use_once(link)
    pass_days(8)
    # One that is given more downloads is kept.
    change_link(link=link, max_downloads=3)
    pass_days(30)
    run(*JOB)
    assert ShareLink.objects.exists()

    use_once(link)
    pass_days(30)
    if lowered:
        change_link(link=link, max_downloads=2)
    else:
        use_once(link)
    pass_days(6)
    run(*JOB)
    assert ShareLink.objects.exists()
    pass_days(1)
    run(*JOB)
    assert not ShareLink.objects.exists()
    # The ledger keeps the downloads.
    assert set(Download.objects.values_list("link", flat=True)) == {link.public_id}
    assert counters.verify().findings == []
    assert run(*VERIFY) == (0, "links: 0 links verified\n")


def test_wrong_passwords__are_forgotten_an_hour_later(run, settings):
    settings.ORG_FILES = {"LINK_KEEP_DAYS": None}
    link = make_link(password="hush")
    for address in ("192.0.2.1", "192.0.2.2"):
        opens(link, "wrong", address=address)
    PasswordAttempts.objects.filter(pk=PasswordAttempts.objects.first()).update(
        began_at=ago(hours=1)
    )

    status, as_json = run(*JOB, "--json")

    assert status == 0
    assert json.loads(as_json) == {"links": {"links": 0, "password_attempts": 1}}
    assert PasswordAttempts.objects.count() == 1
