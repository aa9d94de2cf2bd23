"""The rest of a refused body: what is read of it, under WSGI and by ``org_files.http.asgi``."""

import asyncio
import socket
from contextvars import ContextVar
from io import BytesIO
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.wsgi import WSGIRequest
from django.test import AsyncRequestFactory

from org_files.http import draining
from org_files.http.asgi import LateBodyHandler, _LateBody
from tests.rest.requests import MULTIPART, UPLOAD

MIB = 1024 * 1024
CONTEXT = ContextVar("context", default="request")


class Endless:
    """A body of which each block of 64 KiB takes a second on the clock, and no time in truth."""

    def __init__(self):
        self.received = 0
        self.seconds = 0

    def read(self, size):
        self.seconds += 1
        self.received += size
        return bytes(size)

    readline = read

    def monotonic(self):
        return self.seconds


def request_of(stream, **environ):
    variables = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(10**12)}
    return WSGIRequest(variables | {"wsgi.input": stream} | environ)


def test_rest_of_a_body__is_read_for_ten_seconds(monkeypatch):
    stream = Endless()
    monkeypatch.setattr(draining, "time", stream)

    draining.drain(request_of(stream))

    assert stream.seconds == 10


def test_rest_of_a_body__is_read_up_to_64_mib(monkeypatch):
    stream = Endless()
    monkeypatch.setattr(draining, "time", SimpleNamespace(monotonic=lambda: 0))
    request = request_of(stream)
    request.read(1000)

    draining.drain(request)

    assert stream.received == 1000 + 64 * MIB


@pytest.mark.parametrize(
    ("environ", "is_read"),
    [
        ({"HTTP_EXPECT": "100-Continue"}, False),
        ({"HTTP_EXPECT": "100-continue", "SERVER_SOFTWARE": "gunicorn/23.0.0"}, True),
        ({"HTTP_EXPECT": "something else"}, True),
        # In chunks: not every server says where they end.
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, False),
        ({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}, True),
    ],
)
def test_body_that_may_never_come__is_not_waited_for(environ, is_read):
    body = BytesIO(b"some bytes")

    draining.drain(request_of(body, **environ))

    assert (body.tell() > 0) == is_read


def test_client_that_expected_100_and_has_begun_to_send__is_read_to_the_end():
    body = BytesIO(b"some bytes")
    request = request_of(body, HTTP_EXPECT="100-continue")
    request.read(1)

    draining.drain(request)

    assert body.tell() == 10


def test_read_of_gunicorn_that_blocks__is_cut_off(monkeypatch):
    monkeypatch.setattr(draining, "MAX_SECONDS", 0.05)
    client, server = socket.socketpair()
    with client, server, server.makefile("rb") as stream:
        client.sendall(b"a little")

        # It would block for ever.
        draining.drain(
            request_of(stream, **{"gunicorn.socket": server, "SERVER_PROTOCOL": "HTTP/1.1"})
        )

        server.sendall(b"An answer can still be sent.")


def test_connection_that_breaks__is_no_error():
    class Broken(Endless):
        def read(self, size):
            raise ConnectionResetError

    draining.drain(request_of(Broken()))


# org_files.http.asgi


def ask(path, receive, query=b"", **headers):
    """Return what is sent to a client without valid credentials, by ``org_files.http.asgi``."""
    headers = {"Authorization": "Bearer none", "Content-Type": MULTIPART} | headers
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    scope = AsyncRequestFactory().post(path, headers=headers).scope | {"type": "http"}
    scope["query_string"] = query
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"content-length"] + [
        (b"content-length", headers.get("Content-Length", "10").encode())
    ]
    sent = []

    async def send(message):
        sent.append(message)

    async_to_sync(LateBodyHandler())(scope, receive, send)
    return sent


class Sender:
    """A client that sends blocks of one MiB, ``size`` of them."""

    def __init__(self, size):
        self.size = size
        self.received = 0

    async def receive(self):
        if self.received == self.size:
            await asyncio.sleep(60)
        self.received += 1
        more = self.received < self.size
        return {"type": "http.request", "body": bytes(MIB), "more_body": more}


@pytest.mark.django_db(transaction=True)
def test_under_asgi__upload_that_expects_100_is_refused_unread():
    sender = Sender(5)

    start, *_body = ask(UPLOAD, sender.receive, Expect="100-continue")

    assert (start["status"], sender.received) == (401, 0)


@pytest.mark.django_db(transaction=True)
def test_under_asgi__large_upload_is_refused_before_it_is_received(monkeypatch):
    monkeypatch.setattr(draining, "MAX_BYTES", 8 * MIB)
    for size, received in ((5, 5), (20, 8)):
        sender = Sender(size)

        start, body, end = ask(UPLOAD, sender.receive, Content_Length=str(size * MIB))

        # The answer is whole before the rest is discarded.
        assert (start["status"], body["more_body"], sender.received) == (401, True, received)
        headers = dict(start["headers"])
        assert headers[b"Content-Length"] == str(len(body["body"])).encode()
        # Otherwise the server would go on reading after the last message.
        assert headers[b"Connection"] == b"close"
        assert not end.get("body")
        assert not end.get("more_body")


def test_under_asgi__few_blocks_wait_to_be_read():
    received = 0

    async def receive():
        nonlocal received
        received += 1
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def read():
        body = _LateBody(receive, {"headers": []})
        return await asyncio.to_thread(body.read, 10)

    assert asyncio.run(read()) == b"x"
    assert received <= 2 * _LateBody.MAX_BLOCKS


def test_under_asgi__body_is_received_in_the_context_of_the_request():
    """Requests that follow on the connection may begin in the context of the last receiver."""
    found = []

    async def receive():
        found.append(CONTEXT.get())
        return {"type": "http.request", "body": b"x"}

    def read(body):
        CONTEXT.set("reader")
        return body.read(1)

    async def receive_body():
        return await asyncio.to_thread(read, _LateBody(receive, {"headers": []}))

    assert asyncio.run(receive_body()) == b"x"
    assert found == ["request"]


@pytest.mark.django_db(transaction=True)
def test_under_asgi__slow_body_is_given_up(monkeypatch):
    monkeypatch.setattr(draining, "MAX_SECONDS", 0.2)
    monkeypatch.setattr(_LateBody, "MAX_WAIT", 0.01)
    received = 0

    async def receive():
        nonlocal received
        await asyncio.sleep(0.02)
        received += 1
        return {"type": "http.request", "body": b"x", "more_body": received < 100}

    start, _body, _end = ask(UPLOAD, receive, Content_Length=str(5 * MIB))

    assert start["status"] == 401
    assert received < 50


@pytest.mark.django_db(transaction=True)
def test_under_asgi__query_of_other_bytes_is_refused_by_the_name_of_the_field():
    for query, code in ((b"name=\xef", b"invalid_utf8"), ("name=\u043f".encode(), b"token_not")):
        _start, answer = ask(UPLOAD, Sender(1).receive, query)
        assert code in answer["body"]


@pytest.mark.django_db(transaction=True)
def test_under_asgi__other_requests_are_received_by_django():
    for path, headers in (
        ("/no-view-of-ours/", {"Expect": "100-continue", "Content_Length": str(2 * MIB)}),
        (UPLOAD, {"Content_Length": str(2 * MIB)}),
    ):
        sender = Sender(2)
        assert len(ask(path, sender.receive, **headers)) == 2
        assert sender.received == 2
