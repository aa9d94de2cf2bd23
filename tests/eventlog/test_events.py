"""Records of events: actor, address and request."""

import asyncio
import logging
from contextlib import suppress

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from org_files import events
from org_files.eventlog.middleware import event_context
from org_files.events import EVENTS, record, request_context, wanted
from org_files.events.addresses import address_of
from tests.eventlog.conftest import MIDDLEWARE


class Person:
    pk = 7


@pytest.fixture
def request_():
    """A request of a person, by way of two proxies."""
    headers = {"X-Forwarded-For": "10.0.0.1, 10.0.0.2", "X-Request-ID": "mine"}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.3")
    request.user = Person()  # type: ignore[assignment]
    return request


def test_every_event__has_a_logger_below_org_files(heard):
    for event in EVENTS:
        record(event)

    assert [made.event for made in heard.records] == list(EVENTS)
    areas = ("accounts", "files", "links", "organizations", "access", "maintenance")
    assert {made.name for made in heard.records} == {f"org_files.{area}" for area in areas}
    with pytest.raises(KeyError):
        record("something.happened")


def test_events_of_other_apps__are_registered(heard, monkeypatch):
    monkeypatch.setattr(events, "EVENTS", {})
    events.register("invoice.sent", logger="org_files.invoices", object_type="invoice")

    record("invoice.sent", obj=3)

    [made] = heard.records
    assert (made.name, made.object_type) == ("org_files.invoices", "invoice")


def test_without_a_request__user_and_address_are_empty(heard):
    with request_context(None):
        record("file.stored", obj="some-id", organization=3)

    [made] = heard.records
    assert (made.actor, made.address, made.request_id) == ("", "", "")
    assert made.getMessage() == "file.stored ok file=some-id organization=3"


def test_within_a_request__user_and_address_are_known(heard, request_):
    with request_context(request_):
        record("file.stored")
        record("file.trashed", actor=8)
        with request_context(request_):
            record("file.stored")
        with suppress(ZeroDivisionError), request_context(RequestFactory().get("/")):
            record("file.stored")
            raise ZeroDivisionError
        record("file.stored")
    record("file.purged")

    assert [made.actor for made in heard.records] == ["7", "8", "7", "", "7", ""]
    assert heard.records[0].address == "10.0.0.3"
    ids = [made.request_id for made in heard.records]
    assert ids[0] == ids[1] == ids[2] == ids[4] not in ("", "mine", ids[3])
    assert ids[5] == ""


@pytest.mark.parametrize(
    ("proxies", "address"), [(None, "10.0.0.3"), (0, "10.0.0.3"), (1, "10.0.0.2"), (9, "10.0.0.1")]
)
def test_address__is_found_behind_the_proxies_of_the_site(settings, request_, proxies, address):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}

    assert address_of(request_) == address


def test_actor__is_a_user_who_is_loaded(heard):
    def load():
        raise AssertionError

    loaded = SimpleLazyObject(Person)
    assert loaded.pk == 7
    for user in (SimpleLazyObject(load), AnonymousUser(), loaded):
        request = RequestFactory().get("/")
        request.user = user  # type: ignore[assignment]
        with request_context(request):
            record("file.stored")

    assert [made.actor for made in heard.records] == ["", "", "7"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Отчёт.txt", "name=Отчёт.txt"),
        ("a b.txt", "name='a b.txt'"),
        ("x=1", "name='x=1'"),
        ("two\nlines", r"name='two\nlines'"),
        ("\u202etxt.exe", r"name='\u202etxt.exe'"),
        ("\ud800", r"name='\ud800'"),
    ],
)
def test_text_of_clients__stays_within_its_field(heard, name, shown):
    record("file.stored", name=name)

    [made] = heard.records
    assert made.getMessage() == f"file.stored ok {shown}"
    assert made.details == {"name": name}


def test_record_factory_of_the_site__is_no_conflict(heard):
    before = logging.getLogRecordFactory()

    def make(*args, **kwargs):
        made = before(*args, **kwargs)
        made.request_id, made.actor = "theirs", "theirs"
        return made

    logging.setLogRecordFactory(make)
    try:
        record("file.stored", actor=3)
    finally:
        logging.setLogRecordFactory(before)

    assert heard.records[0].actor == "3"


def test_event_that_no_logger_takes__is_not_put_together(heard):
    logger = logging.getLogger("org_files.files")
    logger.setLevel(logging.ERROR)
    try:
        assert not wanted("file.stored")
        # It has no address.
        with request_context(object()):
            record("file.stored")
    finally:
        logger.setLevel(logging.NOTSET)

    assert wanted("file.stored")
    assert heard.records == []


def respond(request):
    record("file.stored")
    return HttpResponse()


async def respond_async(request):
    await asyncio.sleep(0)
    return respond(request)


def test_middleware__gives_views_of_the_site_their_request(heard, request_):
    event_context(respond)(request_)
    record("file.stored")

    within, after = heard.records
    assert (within.actor, within.address, len(within.request_id)) == ("7", "10.0.0.3", 32)
    assert after.request_id == ""


def test_middleware_under_asgi__keeps_requests_apart(heard):
    answer = event_context(respond_async)

    async def answer_all():
        requests = [RequestFactory().get("/", REMOTE_ADDR=f"10.0.0.{n}") for n in range(9)]
        await asyncio.gather(*map(answer, requests))

    asyncio.run(answer_all())

    assert sorted(made.address for made in heard.records) == [f"10.0.0.{n}" for n in range(9)]
    assert len({made.request_id for made in heard.records}) == 9


@pytest.mark.django_db
def test_middleware_and_view__have_one_id_for_a_request(heard, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]

    Client().post("/api/token/", {"email": "a@example.com", "password": "x"})

    failed, denied = heard.of("user.login_failed") + heard.of("access.denied")
    assert failed.request_id == denied.request_id
