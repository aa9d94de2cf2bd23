"""Sums of refusals: one record at once, and one for the others of a minute."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from org_files.events.addresses import network_of
from org_files.events.refusals import MAX_KEYS, PERIOD, Fields, Refusals, refused
from org_files.testing.threads import at_once
from tests.eventlog.conftest import in_forked_process, wait_until
from tests.rest.requests import post_file, signed_in


class Clock:
    """A clock that a test sets."""

    seconds = 6_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def summed(clock):
    return Refusals(clock)


@pytest.fixture
def _one_minute(monkeypatch, clock):
    """No minute ends in the middle of a test."""
    monkeypatch.setattr(refused, "clock", clock)


def fields(**changes):
    details = {"status": 401, "code": "not_authenticated", "path": "/api/files/"}
    details |= changes.pop("details", {})
    empty = dict.fromkeys(("actor", "object_type", "object_id", "organization"), "")
    says = {"event": "access.denied", "outcome": "refused", "address": "192.0.2.1"}
    return empty | says | {"request_id": "some-id", "details": details} | changes


def counts(written):
    return [each["details"].get("count", 1) for each in written]


def test_first_of_a_minute__is_written_as_it_is_and_the_others_as_one(summed, clock):
    written: list[Fields] = []
    for number in range(700):
        summed.add(fields(request_id=str(number), details={"path": f"/{number}"}), written.append)
    assert written == [fields(request_id="0", details={"path": "/0"})]

    clock.seconds += 60
    summed.add(fields(), written.append)
    summed.flush()

    # The single one of the second minute has no sum.
    assert counts(written) == [1, 699, 1]
    details = {"status": 401, "code": "not_authenticated", "count": 699}
    assert written[1] == fields(request_id="") | {"details": details}
    assert written[2] == fields()


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
def test_other_kind__is_summed_apart(summed, other):
    written: list[Fields] = []
    for _ in range(3):
        summed.add(fields(), written.append)
    for _ in range(5):
        summed.add(fields(**other), written.append)

    summed.flush()

    assert counts(written) == [1, 1, 2, 4]


def test_sum__has_the_network_and_what_all_have_in_common(summed):
    written: list[Fields] = []
    for number in range(1, 9):
        same = {"object_type": "user", "object_id": "3", "organization": "5"}
        summed.add(fields(address=f"2001:db8::{number}", **same), written.append)
        summed.add(fields(actor="7", **same | {"object_id": str(number)}), written.append)

    summed.flush()

    assert counts(written) == [1, 1, 7, 7]
    first, _, network, actor = written
    assert (first["address"], network["address"]) == ("2001:db8::1", "2001:db8::/64")
    assert (network["object_id"], network["organization"]) == ("3", "5")
    assert (actor["object_id"], actor["organization"]) == ("", "5")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2::3", "2001:db8:0:1::/64"),
        ("", ""),
    ],
)
def test_network__is_what_one_client_has(address, network):
    assert network_of(address) == network


def test_kinds_beyond_a_number__are_summed_together(summed):
    written: list[Fields] = []
    for number in range(2 * MAX_KEYS):
        address = f"10.0.{number // 256}.{number % 256}"
        summed.add(fields(address=address), written.append)

    summed.flush()

    assert len(written) == MAX_KEYS + 2
    assert sum(counts(written)) == 2 * MAX_KEYS
    assert (written[-1]["address"], written[-1]["details"]["count"]) == ("", MAX_KEYS - 1)


def test_end_of_the_minute__writes_the_sum_without_another_call(summed, clock):
    clock.seconds = PERIOD - 0.05
    written: list[Fields] = []
    for _ in range(9):
        summed.add(fields(), written.append)

    assert wait_until(lambda: len(written) == 2)
    assert counts(written) == [1, 8]


def test_refusals_at_once__are_all_counted(summed):
    written: list[Fields] = []

    def refuse():
        for _ in range(100):
            summed.add(fields(), written.append)

    at_once([refuse] * 16)
    summed.flush()

    assert counts(written) == [1, 1599]


@pytest.mark.usefixtures("_one_minute")
def test_forked_process__writes_its_own_sums_alone():
    written: list[Fields] = []
    for _ in range(5):
        refused.add(fields(), written.append)

    def act():
        for _ in range(3):
            refused.add(fields(), written.append)
        refused.flush()
        return counts(written)

    # The first is the one that the parent wrote before.
    assert in_forked_process(act) == "[1, 1, 2]"

    refused.flush()

    assert counts(written) == [1, 4]


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
