"""Records of refused calls: one at once, and one for the others of a minute."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from org_files.events.refusals import MAX_KEYS, PERIOD, Fields, Refusals, refused
from org_files.models import AbstractOrganization
from org_files.testing.factories import join, make_stored_file, make_user
from org_files.testing.threads import at_once
from tests.eventlog.conftest import Heard
from tests.rest.requests import post_file, signed_in


class Clock:
    """A time that passes when a test says so."""

    def __init__(self) -> None:
        self.seconds = 6_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def _one_minute(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """No minute ends in the middle of a test."""
    monkeypatch.setattr(refused, "clock", clock)


def fields(**changes: Any) -> Fields:
    details = {"status": 401, "code": "not_authenticated", "path": "/api/files/"}
    return {
        "event": "access.denied",
        "outcome": "refused",
        "actor": "",
        "object_type": "",
        "object_id": "",
        "organization": "",
        "address": "192.0.2.1",
        "request_id": "some-id",
        "details": details | changes.pop("details", {}),
    } | changes


def counts(written: list[Fields]) -> list[int]:
    return [each["details"].get("count", 1) for each in written]


def test_first_of_a_minute__is_written_as_it_is_and_the_others_as_one(clock: Clock) -> None:
    summed, written = Refusals(clock), []
    for number in range(700):
        summed.add(fields(request_id=str(number), details={"path": f"/{number}"}), written.append)
    assert written == [fields(request_id="0", details={"path": "/0"})]

    clock.seconds += 60
    summed.add(fields(), written.append)

    assert counts(written) == [1, 699, 1]
    details = {"count": 699, "status": 401, "code": "not_authenticated"}
    assert written[1] == fields(request_id="") | {"details": details}
    assert written[2] == fields()


def test_single_refusal__has_no_sum(clock: Clock) -> None:
    summed, written = Refusals(clock), []
    summed.add(fields(), written.append)

    summed.flush()

    assert written == [fields()]


@pytest.mark.parametrize(
    "other",
    [
        {"address": "192.0.2.2"},
        {"actor": "7"},
        {"event": "user.login_failed"},
        {"details": {"code": "permission_denied"}},
        {"details": {"status": 403}},
    ],
    ids=str,
)
def test_other_kind__is_summed_apart(clock: Clock, other: dict[str, Any]) -> None:
    summed, written = Refusals(clock), []
    for _ in range(3):
        summed.add(fields(), written.append)
    for _ in range(5):
        summed.add(fields(**other), written.append)

    summed.flush()

    assert counts(written) == [1, 1, 2, 4]


def test_addresses_of_one_network__are_one(clock: Clock) -> None:
    summed, written = Refusals(clock), []
    for number in range(9):
        summed.add(fields(address=f"2001:db8::{number + 1:x}"), written.append)

    summed.flush()

    assert counts(written) == [1, 8]
    assert [each["address"] for each in written] == ["2001:db8::1", "2001:db8::/64"]


def test_object__is_in_the_sum_where_all_refusals_have_it(clock: Clock) -> None:
    summed, written = Refusals(clock), []
    one = {"object_type": "user", "object_id": "3", "organization": "5"}
    for number in range(4):
        summed.add(fields(event="user.login_failed", **one), written.append)
        summed.add(fields(**one | {"object_id": str(number)}), written.append)

    summed.flush()

    assert {name: written[2][name] for name in one} == one
    assert (written[3]["object_id"], written[3]["organization"]) == ("", "5")


def test_addresses_without_bound__are_summed_together_above_a_number(clock: Clock) -> None:
    summed, written = Refusals(clock), []
    for number in range(5 * MAX_KEYS):
        address = f"10.0.{number // 256}.{number % 256}"
        summed.add(fields(address=address), written.append)

    summed.flush()

    assert len(written) == MAX_KEYS + 2
    assert sum(counts(written)) == 5 * MAX_KEYS
    assert (written[-1]["address"], written[-1]["details"]["count"]) == ("", 4 * MAX_KEYS - 1)


def test_end_of_the_minute__writes_the_sum_without_another_call(clock: Clock) -> None:
    clock.seconds = PERIOD - 1
    summed, written = Refusals(clock), []
    for _ in range(9):
        summed.add(fields(), written.append)

    until = time.monotonic() + 30
    while len(written) < 2 and time.monotonic() < until:
        time.sleep(0.01)

    assert counts(written) == [1, 8]


def test_refusals_at_once__are_all_counted(clock: Clock) -> None:
    summed, written = Refusals(clock), []

    def refuse() -> None:
        for _ in range(100):
            summed.add(fields(), written.append)

    at_once([refuse] * 16)
    summed.flush()

    assert counts(written) == [1, 1599]


@pytest.mark.usefixtures("_one_minute")
def test_forked_process__writes_its_own_alone() -> None:
    written: list[Fields] = []
    for _ in range(5):
        refused.add(fields(), written.append)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        for _ in range(3):
            refused.add(fields(), written.append)
        refused.flush()
        os.write(write, str(counts(written)).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        # The first is the one that the parent wrote before.
        assert pipe.read() == "[1, 1, 2]"

    refused.flush()

    assert counts(written) == [1, 4]


def heard_counts(heard: Heard, event: str) -> list[int]:
    return [made.details.get("count", 1) for made in heard.of(event)]


@pytest.mark.django_db
@pytest.mark.usefixtures("_one_minute")
@pytest.mark.parametrize("rate", [None, "60/min"])
def test_700_refused_requests__are_a_handful_of_records(
    heard: Heard, settings: Any, rate: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    cache.clear()
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"org_files_refused": rate}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    client = Client()

    statuses = [client.get(f"/api/files/?name={number}").status_code for number in range(700)]
    refused.flush()

    assert set(statuses) == ({401, 429} if rate else {401})
    assert len(heard.of("access.denied")) == (4 if rate else 2)
    assert sum(heard_counts(heard, "access.denied")) == 700
    by_status = {made.details["status"] for made in heard.of("access.denied")}
    assert by_status == set(statuses)
    assert "django.request" not in {record.name for record in caplog.records}


@pytest.mark.usefixtures("_one_minute")
def test_people_at_one_address__are_told_apart(
    heard: Heard, organization: AbstractOrganization, user: Any
) -> None:
    file = make_stored_file(organization, user)
    viewers = [make_user(), make_user()]
    for viewer in viewers:
        join(organization, viewer, "viewer")
        for _ in range(4):
            client = signed_in(viewer)
            assert client.delete(f"/api/files/{file.public_id}/").status_code == 403

    refused.flush()

    told = [(made.actor, made.details.get("count", 1)) for made in heard.of("access.denied")]
    first, second = (str(viewer.pk) for viewer in viewers)
    assert told == [(first, 1), (second, 1), (first, 3), (second, 3)]
    assert {made.object_id for made in heard.of("access.denied")} == {str(file.public_id)}


@pytest.mark.usefixtures("_one_minute")
def test_refused_logins_and_uploads__are_summed_up_too(
    heard: Heard, settings: Any, user: Any
) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 1}
    body = {"email": user.email, "password": "wrong"}
    for _ in range(5):
        Client().post("/api/auth/login/", body, content_type="application/json")
        assert post_file(signed_in(user)).status_code == 413

    refused.flush()

    for event in ("user.login_failed", "quota.refused"):
        assert heard_counts(heard, event) == [1, 4]
    assert heard.of("user.login_failed")[1].object_id == str(user.pk)
    assert heard.of("user.login_failed")[1].details == {"count": 4}


@pytest.mark.django_db
def test_odd_credentials__are_recorded_as_a_refusal_alone(heard: Heard) -> None:
    for _ in range(3):
        client = Client(headers={"Authorization": "Token a\0b"})
        assert client.get("/api/files/").status_code == 401

    assert {made.name for made in heard.records} == {"org_files.access"}
