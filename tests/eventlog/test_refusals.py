"""Sums of refusals: one record at once, and one for the others of a minute."""

import pytest
from django.core.cache import cache
from django.test import Client

from org_files.events.addresses import network_of
from org_files.events.refusals import MAX_KEYS, PERIOD, Refusals, refused
from org_files.testing.threads import at_once
from tests.eventlog.conftest import in_forked_process, wait_until
from tests.rest.requests import post_file, signed_in


class Clock:
    """A clock that a test sets."""

    seconds = 6_000.0

    def __call__(self):
        return self.seconds


class Sums:
    """Refusals by a clock, and the fields that were written of them."""

    def __init__(self):
        self.clock = Clock()
        self.refusals = Refusals(self.clock)
        self.written = []

    def add(self, times=1, **changes):
        for _ in range(times):
            self.refusals.add(fields(**changes), self.written.append)

    def counts(self):
        """Write the sums; return how many refusals each record stands for."""
        self.refusals.flush()
        return [each["details"].get("count", 1) for each in self.written]


@pytest.fixture
def sums():
    return Sums()


@pytest.fixture
def _one_minute(monkeypatch):
    """No minute ends in the middle of a test."""
    monkeypatch.setattr(refused, "clock", Clock())


def fields(**changes):
    details = {"status": 401, "code": "not_authenticated", "path": "/api/files/"}
    details |= changes.pop("details", {})
    empty = dict.fromkeys(("actor", "object_type", "object_id", "organization"), "")
    says = {"event": "access.denied", "outcome": "refused", "address": "192.0.2.1"}
    return empty | says | {"request_id": "some-id", "details": details} | changes


def test_first_of_a_minute__is_written_as_it_is_and_the_others_as_one(sums):
    for number in range(700):
        sums.add(request_id=str(number), details={"path": f"/{number}"})
    assert sums.written == [fields(request_id="0", details={"path": "/0"})]

    sums.clock.seconds += 60
    sums.add()

    # The single one of the second minute has no sum.
    assert sums.counts() == [1, 699, 1]
    details = {"status": 401, "code": "not_authenticated", "count": 699}
    assert sums.written[1:] == [fields(request_id="") | {"details": details}, fields()]


@pytest.mark.parametrize(
    "other",
    [
        {"address": "192.0.2.2"},
        {"actor": "7"},
        {"event": "user.login_failed"},
        {"details": {"code": "permission_denied"}},
    ],
    ids=str,
)
def test_other_kind__is_summed_apart(sums, other):
    sums.add(3)
    sums.add(5, **other)

    assert sums.counts() == [1, 1, 2, 4]


def test_sum__has_the_network_and_what_all_have_in_common(sums):
    for number in range(1, 9):
        same = {"object_type": "user", "object_id": "3", "organization": "5"}
        sums.add(address=f"2001:db8::{number}", **same)
        sums.add(actor="7", **same | {"object_id": str(number)})

    assert sums.counts() == [1, 1, 7, 7]
    first, _, network, actor = sums.written
    assert (first["address"], network["address"]) == ("2001:db8::1", "2001:db8::/64")
    assert (network["object_id"], network["organization"]) == ("3", "5")
    assert (actor["object_id"], actor["organization"]) == ("", "5")


def test_network__is_what_one_client_has():
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8:0:1:2::3") == "2001:db8:0:1::/64"
    assert network_of("") == ""


def test_kinds_beyond_a_number__are_summed_together(sums):
    for number in range(2 * MAX_KEYS):
        sums.add(address=f"10.0.{number // 256}.{number % 256}")

    counts = sums.counts()
    assert (len(counts), sum(counts)) == (MAX_KEYS + 2, 2 * MAX_KEYS)
    assert (sums.written[-1]["address"], counts[-1]) == ("", MAX_KEYS - 1)


def test_end_of_the_minute__writes_the_sum_without_another_call(sums):
    sums.clock.seconds = PERIOD - 0.05
    sums.add(9)

    assert wait_until(lambda: len(sums.written) == 2)
    assert sums.counts() == [1, 8]


def test_refusals_at_once__are_all_counted(sums):
    at_once([lambda: sums.add(100)] * 16)

    assert sums.counts() == [1, 1599]


@pytest.mark.usefixtures("_one_minute")
def test_forked_process__writes_its_own_sums_alone(sums):
    # The refusals of the process, which start anew in a fork.
    sums.refusals = refused
    sums.add(5)

    def act():
        sums.add(3)
        return sums.counts()

    # The first is the one that the parent wrote before.
    assert in_forked_process(act) == "[1, 1, 2]"
    assert sums.counts() == [1, 4]


@pytest.mark.django_db
@pytest.mark.usefixtures("_one_minute")
def test_refused_requests__are_a_record_of_each_status_and_its_sum(heard, settings, caplog):
    cache.clear()
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"org_files_refused": "20/min"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    client = Client()

    statuses = [client.get(f"/api/files/?name={number}").status_code for number in range(50)]
    refused.flush()

    assert set(statuses) == {401, 429}
    denied = heard.of("access.denied")
    assert [made.details["status"] for made in denied] == [401, 429, 401, 429]
    assert sum(made.details.get("count", 1) for made in denied) == 50
    assert "django.request" not in {record.name for record in caplog.records}


@pytest.mark.django_db
@pytest.mark.usefixtures("_one_minute")
def test_refused_logins_and_uploads__are_summed_by_user(heard, settings, user, viewer, file):
    settings.ORG_FILES = {"QUOTA_BYTES": 1}
    body = {"email": user.email, "password": "wrong"}
    for _ in range(3):
        Client().post("/api/auth/login/", body, content_type="application/json")
        assert post_file(signed_in(user)).status_code == 413
        assert signed_in(viewer).delete(f"/api/files/{file.public_id}/").status_code == 403

    refused.flush()

    login, quota, denied = (
        heard.of(event)[1] for event in ("user.login_failed", "quota.refused", "access.denied")
    )
    assert (login.object_id, login.details) == (str(user.pk), {"count": 2})
    assert (quota.actor, quota.details) == (str(user.pk), {"count": 2})
    assert (denied.actor, denied.object_id) == (str(viewer.pk), str(file.public_id))


@pytest.mark.django_db
def test_odd_credentials__are_recorded_as_a_refusal_alone(heard):
    client = Client(headers={"Authorization": "Token a\0b"})
    assert client.get("/api/files/").status_code == 401

    assert {made.name for made in heard.records} == {"org_files.access"}
