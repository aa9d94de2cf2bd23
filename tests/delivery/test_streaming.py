"""StreamDelivery under WSGI and ASGI, down to the calls that a server makes."""

import asyncio
from pathlib import Path
from wsgiref.util import FileWrapper

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import InMemoryStorage
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import AsyncRequestFactory, RequestFactory
from django.urls import path

from org_files.delivery import StreamDelivery
from org_files.delivery.base import BLOCK_SIZE
from org_files.testing.factories import make_deliverable
from org_files.testing.storages import WatchedStorage

MIB = 1024 * 1024

#: What the site of these tests delivers: the last.
items = []


def view(request):
    return StreamDelivery().deliver(request, items[-1], items[-1].plan(request))


urlpatterns = [path("", view)]


@pytest.fixture(autouse=True)
def one_view(settings):
    """The site of one view."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    yield
    items.clear()


@pytest.fixture
def storage(tmp_path):
    return WatchedStorage(str(tmp_path))


def sparse(storage, size):
    with (Path(storage.location) / "large").open("wb") as file:
        file.truncate(size)
    return make_deliverable(storage=storage, key="large", size=size)


class Wrapper(FileWrapper):
    """A server's ``wsgi.file_wrapper`` (PEP 3333), which would use the descriptor."""


def ask_wsgi(*, wrapper=None, **headers):
    """Return the status line and the iterable that a WSGI server gets."""
    environ = RequestFactory().get("/", headers=headers).environ
    if wrapper is not None:
        environ["wsgi.file_wrapper"] = wrapper
    statuses = []
    body = WSGIHandler()(environ, lambda status, headers: statuses.append(status))
    return statuses[0], body


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-"}])
def test_whole_content__is_handed_over_as_the_file_itself(storage, headers):
    items.append(make_deliverable(storage=storage))

    status, body = ask_wsgi(wrapper=Wrapper, **headers)

    assert status == ("206 Partial Content" if headers else "200 OK")
    assert isinstance(body, Wrapper)
    assert body.filelike.fileno() == storage.opened[0].fileno()
    assert body.filelike.tell() == 0
    assert b"".join(body) == b"0123456789"
    body.close()
    assert storage.all_closed


@pytest.mark.parametrize("wrapper", [Wrapper, None])
def test_part__does_not_leak_beyond_its_end(storage, wrapper):
    items.append(make_deliverable(storage=storage))

    status, body = ask_wsgi(wrapper=wrapper, Range="bytes=3-6")

    assert status == "206 Partial Content"
    if wrapper:
        # With a descriptor a server would send everything behind the beginning.
        assert not hasattr(body.filelike, "fileno")
    assert b"".join(body) == b"3456"
    body.close()
    assert storage.all_closed


@pytest.mark.parametrize("wrapper", [Wrapper, None])
def test_client_that_goes_away__leaves_no_open_file(storage, wrapper):
    items.append(sparse(storage, 3 * BLOCK_SIZE))
    _status, body = ask_wsgi(wrapper=wrapper, Range="bytes=1-")

    next(iter(body))
    body.close()  # what a server does in every case (PEP 3333)

    assert storage.all_closed


def test_storage_without_descriptors__is_streamed_all_the_same():
    items.append(make_deliverable(storage=InMemoryStorage()))

    for headers, expected in (({}, b"0123456789"), ({"Range": "bytes=-3"}, b"789")):
        _status, body = ask_wsgi(**headers)
        assert b"".join(body) == expected
        body.close()


async def ask_asgi(*, gone_after=None, **headers):
    """Return status, headers and blocks as an ASGI server gets them.

    The client disconnects after ``gone_after`` blocks.
    """
    scope = AsyncRequestFactory().get("/", headers=headers).scope | {"type": "http"}
    gone = asyncio.Event()
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    start = {}
    blocks = []

    async def receive():
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            start.update(message)
            return
        if message.get("body"):
            blocks.append(message["body"])
        if gone_after is not None and len(blocks) >= gone_after:
            gone.set()
            # A server without a client waits until it is told to stop.
            await asyncio.sleep(60)

    await asyncio.wait_for(ASGIHandler()(scope, receive, send), 30)
    return start["status"], dict(start["headers"]), blocks


def test_under_asgi__bytes_are_the_same(storage):
    items.append(make_deliverable(storage=storage))

    for headers, status, expected in (
        ({}, 200, b"0123456789"),
        ({"Range": "bytes=3-6"}, 206, b"3456"),
        ({"If-None-Match": "*"}, 304, b""),
    ):
        answered, fields, blocks = async_to_sync(ask_asgi)(**headers)

        assert answered == status
        assert b"".join(blocks) == expected
        if expected:
            assert fields[b"Content-Length"] == str(len(expected)).encode()
        assert storage.all_closed


def test_under_asgi__blocks_come_one_at_a_time(storage):
    items.append(sparse(storage, 3 * BLOCK_SIZE + 1))

    _status, _headers, blocks = async_to_sync(ask_asgi)()

    assert sum(map(len, blocks)) == 3 * BLOCK_SIZE + 1
    # Django cuts what it is given once more.
    assert max(map(len, blocks)) <= BLOCK_SIZE
    assert storage.all_closed


def test_under_asgi__client_that_goes_away_leaves_no_open_file(storage):
    items.append(sparse(storage, 64 * MIB))

    _status, _headers, blocks = async_to_sync(ask_asgi)(gone_after=2)

    assert len(blocks) == 2
    assert storage.all_closed
