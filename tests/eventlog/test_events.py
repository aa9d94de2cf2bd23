"""Recording itself: who, from where, in which request, and at what price."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from org_files.eventlog.middleware import event_context
from org_files.events import EVENTS, answering, record, wanted
from org_files.events.addresses import address_of
from tests.eventlog.conftest import Heard


class Somebody:
    pk = 7


@pytest.fixture
def request_(settings: Any) -> HttpRequest:
    """A request of somebody, by way of two proxies."""
    headers = {"X-Forwarded-For": "10.0.0.1, 10.0.0.2", "X-Request-ID": "mine"}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.3")
    request.user = Somebody()  # type: ignore[assignment]
    return request


def test_every_event__has_a_logger_below_org_files(heard: Heard) -> None:
    for event in EVENTS:
        record(event)

    assert [made.event for made in heard.records] == list(EVENTS)
    assert {made.name for made in heard.records} == {
        f"org_files.{area}"
        for area in ("accounts", "files", "links", "organizations", "access", "maintenance")
    }


def test_unknown_event__is_a_mistake() -> None:
    with pytest.raises(KeyError):
        record("something.happened")


def test_without_a_request__who_and_where_are_empty(heard: Heard) -> None:
    record("file.stored", obj="some-id", organization=3)

    [made] = heard.records
    assert (made.actor, made.address, made.request_id) == ("", "", "")
    assert made.getMessage() == "file.stored ok file=some-id organization=3"


def test_within_a_request__who_and_where_are_known(heard: Heard, request_: HttpRequest) -> None:
    with answering(request_, address_of):
        record("file.stored")
        record("file.trashed", actor=8)
    record("file.purged")

    stored, trashed, purged = heard.records
    assert (stored.actor, trashed.actor, purged.actor) == ("7", "8", "")
    assert stored.address == "10.0.0.3"
    assert stored.request_id == trashed.request_id != ""
    assert purged.request_id == ""


def test_request_within_a_request__is_one_of_its_own(heard: Heard, request_: HttpRequest) -> None:
    with answering(request_, address_of):
        record("file.stored")
        with answering(request_, address_of):
            record("file.stored")
        with answering(RequestFactory().get("/"), address_of):
            record("file.stored")
        record("file.stored")

    ids = [made.request_id for made in heard.records]
    assert ids[0] == ids[1] == ids[3] != ids[2]


def test_request_that_fails__is_over_all_the_same(heard: Heard, request_: HttpRequest) -> None:
    with pytest.raises(ZeroDivisionError), answering(request_, address_of):
        raise ZeroDivisionError
    record("file.stored")

    assert heard.records[0].request_id == ""


@pytest.mark.parametrize(
    ("proxies", "address"), [(None, "10.0.0.3"), (0, "10.0.0.3"), (1, "10.0.0.2"), (2, "10.0.0.1")]
)
def test_address__is_that_which_the_throttles_count(
    heard: Heard, settings: Any, request_: HttpRequest, proxies: int | None, address: str
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}

    with answering(request_, address_of):
        record("file.stored")

    assert heard.records[0].address == address


def test_request_id__is_never_the_clients(heard: Heard, request_: HttpRequest) -> None:
    with answering(request_, address_of):
        record("file.stored")

    assert heard.records[0].request_id != "mine"


def test_user_whom_nobody_has_looked_up__is_not_looked_up(heard: Heard) -> None:
    def look_up() -> Any:
        raise AssertionError

    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(look_up)
    with answering(request, address_of):
        record("file.stored")

    assert heard.records[0].actor == ""


def test_user_who_was_looked_up__is_the_actor(heard: Heard) -> None:
    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(Somebody)
    assert request.user.pk == 7
    with answering(request, address_of):
        record("file.stored")

    assert heard.records[0].actor == "7"


def test_nobody__is_no_actor(heard: Heard) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with answering(request, address_of):
        record("file.stored")

    assert heard.records[0].actor == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.txt", "name=report.txt"),
        ("Отчёт.txt", "name=Отчёт.txt"),
        ("a b.txt", "name='a b.txt'"),
        ("x actor=1", "name='x actor=1'"),
        ("two\nlines", r"name='two\nlines'"),
        ("\u202etxt.exe", r"name='\u202etxt.exe'"),
        ("\x1b[2J", r"name='\x1b[2J'"),
        ("a\u2028b", r"name='a\u2028b'"),
        ("\ud800", r"name='\ud800'"),
    ],
)
def test_text_of_somebody_else__stays_within_its_line(heard: Heard, name: str, shown: str) -> None:
    record("file.stored", name=name)

    [made] = heard.records
    assert made.getMessage() == f"file.stored ok {shown}"
    assert made.details == {"name": name}


@pytest.fixture
def _own_records() -> Iterator[None]:
    """A site whose own records have some of our names."""
    before = logging.getLogRecordFactory()

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made = before(*args, **kwargs)
        made.request_id, made.actor = "theirs", "theirs"
        return made

    logging.setLogRecordFactory(make)
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.usefixtures("_own_records")
def test_records_that_the_site_makes__do_not_stand_against_ours(heard: Heard) -> None:
    record("file.stored", actor=3)

    assert heard.records[0].actor == "3"


def test_what_nobody_wants__is_not_even_put_together(heard: Heard, request_: HttpRequest) -> None:
    def fail(request: HttpRequest) -> str:
        raise AssertionError

    logging.getLogger("org_files.files").setLevel(logging.ERROR)
    try:
        assert not wanted("file.stored")
        with answering(request_, fail):
            record("file.stored", obj=object())
    finally:
        logging.getLogger("org_files.files").setLevel(logging.NOTSET)

    assert wanted("file.stored")
    assert heard.records == []


def record_and_answer(request: HttpRequest) -> HttpResponse:
    record("file.stored")
    return HttpResponse()


async def record_and_answer_later(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return record_and_answer(request)


def test_middleware__gives_a_sites_own_views_their_request(
    heard: Heard, request_: HttpRequest
) -> None:
    event_context(record_and_answer)(request_)
    record("file.stored")

    within, after = heard.records
    assert (within.actor, within.address, len(within.request_id)) == ("7", "10.0.0.3", 32)
    assert after.request_id == ""


def test_middleware_under_asgi__keeps_requests_at_once_apart(heard: Heard) -> None:
    answer: Callable[[HttpRequest], Any] = event_context(record_and_answer_later)

    async def answer_all() -> None:
        requests = [RequestFactory().get("/", REMOTE_ADDR=f"10.0.0.{n}") for n in range(9)]
        await asyncio.gather(*map(answer, requests))

    asyncio.run(answer_all())

    assert sorted(made.address for made in heard.records) == [f"10.0.0.{n}" for n in range(9)]
    assert len({made.request_id for made in heard.records}) == 9


@pytest.mark.django_db(transaction=True)
def test_site_with_the_middleware__has_one_id_for_a_request(heard: Heard, settings: Any) -> None:
    path = "org_files.eventlog.middleware.event_context"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, path]

    Client().post("/api/token/", {"email": "a@example.com", "password": "x"})

    failed, denied = heard.of("user.login_failed") + heard.of("access.denied")
    assert failed.request_id == denied.request_id
